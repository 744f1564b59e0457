/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio "newc", what the kernel unpacks as its initramfs (Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst).  A writer whose bytes
 * depend on nothing but what it is given, and a bounded reader.
 */
#ifndef KLAB_FORMAT_CPIO_H
#define KLAB_FORMAT_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/reader.h"

/* Everything belongs to root, is from 1970 and has one name, and inodes are counted from
 * 1, unless cpio_next() says something else of a member.  Paths are relative to the root, a slash in front is dropped.  The kernel makes no parents: the
 * caller adds directories first, and sorts.  After an error only freeing makes sense. */
struct cpio_writer;

/* Writes at fd's current offset, in large pieces; fd is borrowed. */
struct cpio_writer *cpio_writer_new(int fd);
void cpio_writer_free(struct cpio_writer *writer);
DEFINE_CLEANUP(struct cpio_writer *, cpio_writer_free)

/* Of a member: whose, and which inode.  Several files with one inode and links > 1 are one
 * file; the first has the content, the others none. */
struct cpio_inode {
	uint32_t number;
	uint32_t links; /* 0: as is usual for its kind */
	uint32_t uid, gid;
	uint32_t mtime;
};
/* For the next member alone. */
void cpio_next(struct cpio_writer *writer, const struct cpio_inode *inode);

/* mode: permission bits only. */
struct error *cpio_add_directory(struct cpio_writer *writer, const char *path,
				 mode_t mode) _must_check_;
struct error *cpio_add_file(struct cpio_writer *writer, const char *path, mode_t mode,
			    const void *data, size_t size) _must_check_;
/* size bytes at offset of a regular file; fewer are an error. */
struct error *cpio_add_file_from(struct cpio_writer *writer, const char *path,
				 mode_t mode, int fd, uint64_t offset,
				 uint64_t size) _must_check_;
struct error *cpio_add_symlink(struct cpio_writer *writer, const char *path,
			       const char *target) _must_check_;
/* mode with S_IFCHR or S_IFBLK. */
struct error *cpio_add_device(struct cpio_writer *writer, const char *path, mode_t mode,
			      unsigned int major, unsigned int minor) _must_check_;
/* The trailer, zeros up to a multiple of 512, and everything is written. */
struct error *cpio_writer_finish(struct cpio_writer *writer) _must_check_;
/* Bytes so far. */
uint64_t cpio_writer_size(const struct cpio_writer *writer);

/* One member; name and data are borrowed from the archive. */
struct cpio_item {
	const char *name;
	uint32_t mode; /* with the type, S_IFMT */
	uint32_t inode;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t mtime;
	uint32_t major, minor; /* of a device */
	const uint8_t *data;   /* a symlink's target has no NUL */
	size_t size;
};

struct cpio_reader {
	struct reader bytes;
};

struct cpio_reader cpio_reader_of(const void *data, size_t size);
/* The next member, also of further archives that follow with zeros between, as the kernel
 * takes them.  *ret_end: there is none; then cpio_reader_rest() is what follows, as a
 * compressed archive behind one with microcode. */
struct error *cpio_read(struct cpio_reader *reader, struct cpio_item *ret,
			bool *ret_end) _must_check_;
const uint8_t *cpio_reader_rest(const struct cpio_reader *reader, size_t *ret_size);

#endif
