/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside ext4*.c. */
#ifndef KLAB_FORMAT_EXT4_INTERNAL_H
#define KLAB_FORMAT_EXT4_INTERNAL_H

#include <ext2fs/ext2fs.h>

#include "format/ext4.h"

#define INODE_SIZE 256u
/* Content is gathered into writes of this size. */
#define BUFFER_SIZE ((size_t)1 << 20)

struct ext4_writer {
	ext2_filsys fs;
	int fd;	       /* the same file: content goes past libext2fs */
	uint64_t goal; /* block where the next content would best begin */
	uint64_t at;   /* where in the file the buffer belongs */
	size_t used;   /* of the buffer */
	uint8_t *buffer;
	uint8_t *block; /* for directories */
};

/* An inode being written.  The tree of extents lives in it. */
struct ext4_inode {
	union {
		struct ext2_inode_large large;
		struct ext2_inode small;
		uint8_t bytes[INODE_SIZE];
	};
	ext2_ino_t number;
	ext2_extent_handle_t extents; /* NULL: it has none */
};

void ext4_inode_deinit(struct ext4_inode *inode);
/* NULL if code is 0. */
struct error *ext4_error(errcode_t code, const char *what) _must_check_;

void ext4_inode_init(struct ext4_inode *inode, const struct ext4_attributes *attributes);
/* From now on it has blocks. */
struct error *ext4_inode_open(struct ext4_writer *writer,
			      struct ext4_inode *inode) _must_check_;
/* Into the table, with its attributes, and counted. */
struct error *ext4_inode_put(struct ext4_writer *writer, struct ext4_inode *inode,
			     const struct ext4_attributes *attributes) _must_check_;

/* Blocks that lie together. */
struct ext4_run {
	uint64_t block;
	uint64_t count;
};
/* Room for content from this block of the file on: as much of count as there is in one
 * place. */
struct error *ext4_run_next(struct ext4_writer *writer, struct ext4_inode *inode,
			    uint64_t logical, uint64_t count,
			    struct ext4_run *ret) _must_check_;

/* Content at an offset of the file system, which goes up from call to call, mostly. */
struct error *ext4_write(struct ext4_writer *writer, uint64_t at, const void *data,
			 size_t size) _must_check_;
struct error *ext4_flush(struct ext4_writer *writer) _must_check_;

#endif
