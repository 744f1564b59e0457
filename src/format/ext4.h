/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing an ext4 file system into a file, through libext2fs, without a kernel's help and
 * without root.  Everything is written once, in one pass, by a caller who numbers the inodes
 * beforehand; the bytes depend on nothing but what is given.  What is not written are holes
 * of the file.
 *
 * libext2fs keeps the books (groups, bitmaps, checksums, the journal, extent trees,
 * attributes).  Where content goes is decided here, so that it lies in one piece and is
 * copied in large ones, and directories are made whole, with their hash trees.
 */
#ifndef KLAB_FORMAT_EXT4_H
#define KLAB_FORMAT_EXT4_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

#define EXT4_BLOCK 4096u
#define EXT4_ROOT 2u   /* inode of the root directory, which the caller writes */
#define EXT4_FIRST 11u /* the first free inode: the caller numbers from here */
#define EXT4_LINKS_MAX 65000u

struct ext4_options {
	uint64_t size;	 /* of the file system, in bytes; a multiple of EXT4_BLOCK */
	uint32_t inodes; /* at least the highest number */
	uint8_t uuid[16];
	uint32_t time;	   /* when it was made; not 0 */
	const char *label; /* at most 16 bytes; NULL: none */
};

struct ext4_xattr {
	const char *name; /* "user.x" */
	const void *value;
	size_t size;
};

struct ext4_attributes {
	uint32_t number;
	mode_t mode; /* with the type */
	uint32_t uid, gid;
	uint32_t links; /* at most EXT4_LINKS_MAX */
	int64_t mtime;	/* seconds since 1970; all its times */
	uint32_t mtime_ns;
	const struct ext4_xattr *xattrs;
	size_t xattr_count;
};

struct ext4_content {
	const void *data; /* all of it; else NULL */
	int fd;		  /* a regular file; holes stay holes */
	uint64_t offset;
	uint64_t size;
};

struct ext4_name {
	const char *name; /* at most 255 bytes, no slash */
	uint32_t number;
	mode_t mode;
};

struct ext4_writer;

/* path is an empty file; fd is it, open for writing, borrowed. */
struct error *ext4_writer_new(const char *path, int fd,
			      const struct ext4_options *options,
			      struct ext4_writer **ret) _must_check_;
void ext4_writer_free(struct ext4_writer *writer);
DEFINE_CLEANUP(struct ext4_writer *, ext4_writer_free)

/* Each inode once.  ERROR_REFUSED: it does not fit into the file system. */
struct error *ext4_put_file(struct ext4_writer *writer,
			    const struct ext4_attributes *attributes,
			    const struct ext4_content *content) _must_check_;
struct error *ext4_put_symlink(struct ext4_writer *writer,
			       const struct ext4_attributes *attributes,
			       const char *target) _must_check_;
struct error *ext4_put_node(struct ext4_writer *writer,
			    const struct ext4_attributes *attributes, unsigned int major,
			    unsigned int minor) _must_check_;
/* names: all but "." and "..", which leads to parent.  e2fsck asks for a lost+found. */
struct error *ext4_put_directory(struct ext4_writer *writer,
				 const struct ext4_attributes *attributes,
				 uint32_t parent, const struct ext4_name *names,
				 size_t count) _must_check_;
/* Writes the rest. */
struct error *ext4_writer_finish(struct ext4_writer *writer) _must_check_;

/* Blocks that a directory of so many names with so many bytes in all can take at most. */
uint64_t ext4_directory_blocks(uint64_t names, uint64_t bytes);
/* The smallest file system for so many blocks of content and so many inodes, in bytes. */
uint64_t ext4_size_for(uint64_t blocks, uint64_t inodes);

#endif
