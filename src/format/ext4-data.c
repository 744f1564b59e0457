// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where content goes, and its way there.  Blocks are handed out in order, so small files
 * of one another's neighbourhood become one large write; large ones are copied by the
 * kernel.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "format/ext4-internal.h"

/* From here on copy_file_range() is cheaper than going through the buffer. */
#define COPY_MIN ((uint64_t)512 << 10)
/* Smaller files are not asked for holes: that would cost more than writing them. */
#define HOLES_MIN ((uint64_t)64 << 10)
/* EXT_INIT_MAX_LEN: blocks of one extent. */
#define RUN_MAX (UINT64_C(1) << 15)
/* Blocks of one file: ext4's logical block numbers have 32 bits. */
#define FILE_BLOCKS_MAX ((UINT64_C(1) << 32) - 2)

static struct error *write_at(int fd, const uint8_t *data, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "writing the file system");
		data += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return NULL;
}

struct error *ext4_flush(struct ext4_writer *writer)
{
	size_t used = writer->used;

	writer->used = 0;
	return write_at(writer->fd, writer->buffer, used, writer->at);
}

/* Room in the buffer for what belongs at this place. */
static struct error *buffer_seek(struct ext4_writer *writer, uint64_t at)
{
	if (writer->at + writer->used != at || writer->used == BUFFER_SIZE)
		TRY(ext4_flush(writer));
	if (!writer->used)
		writer->at = at;
	return NULL;
}

struct error *ext4_write(struct ext4_writer *writer, uint64_t at, const void *data,
			 size_t size)
{
	const uint8_t *from = data;

	while (size) {
		size_t n;

		TRY(buffer_seek(writer, at));
		n = MIN(size, BUFFER_SIZE - writer->used);
		memcpy(writer->buffer + writer->used, from, n);
		writer->used += n;
		from += n;
		at += n;
		size -= n;
	}
	return NULL;
}

struct error *ext4_run_next(struct ext4_writer *writer, struct ext4_inode *inode,
			    uint64_t logical, uint64_t count, struct ext4_run *ret)
{
	struct ext2fs_extent extent = { .e_lblk = logical };
	ext2_filsys fs = writer->fs;
	blk64_t block, length;

	TRY(ext4_error(ext2fs_new_range(fs, 0, writer->goal, MIN(count, RUN_MAX), NULL,
					&block, &length),
		       "writing content"));
	length = MIN(length, MIN(count, RUN_MAX));
	ext2fs_block_alloc_stats_range(fs, block, (blk_t)length, +1);
	extent.e_pblk = block;
	extent.e_len = (uint32_t)length;
	extent.e_flags = EXT2_EXTENT_FLAGS_LEAF;
	TRY(ext4_error(ext2fs_extent_insert(inode->extents, EXT2_EXTENT_INSERT_AFTER,
					    &extent),
		       "writing content"));
	TRY(ext4_error(ext2fs_iblk_add_blocks(fs, &inode->small, length),
		       "writing content"));
	writer->goal = block + length;
	*ret = (struct ext4_run){ .block = block, .count = length };
	return NULL;
}

/* In the kernel; *done is how far it came, which is 0 where that is impossible. */
static struct error *copy_in_kernel(struct ext4_writer *writer, uint64_t to, int fd,
				    uint64_t offset, uint64_t size, uint64_t *done)
{
	off_t in = (off_t)offset, out = (off_t)to;
	off_t end = in + (off_t)size;

	TRY(ext4_flush(writer));
	while (in < end) {
		ssize_t n =
			copy_file_range(fd, &in, writer->fd, &out, (size_t)(end - in), 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* What is wrong, if anything, copying by hand will tell. */
		if (n <= 0)
			break;
	}
	*done = (uint64_t)in - offset;
	return NULL;
}

static struct error *copy_by_hand(struct ext4_writer *writer, uint64_t to, int fd,
				  uint64_t offset, uint64_t size)
{
	while (size) {
		ssize_t n;

		TRY(buffer_seek(writer, to));
		n = pread(fd, writer->buffer + writer->used,
			  MIN(size, BUFFER_SIZE - writer->used), (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "reading");
		if (n == 0)
			return error_new(ERROR_BUSY, "it got shorter while it was read");
		writer->used += (size_t)n;
		to += (uint64_t)n;
		offset += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return NULL;
}

/* size bytes at this place of the content to this place of the file system. */
static struct error *put_bytes(struct ext4_writer *writer, uint64_t to,
			       const struct ext4_content *content, uint64_t from,
			       uint64_t size)
{
	uint64_t done = 0;

	if (content->data)
		return ext4_write(writer, to, (const uint8_t *)content->data + from,
				  size);
	from += content->offset;
	if (size >= COPY_MIN)
		TRY(copy_in_kernel(writer, to, content->fd, from, size, &done));
	return copy_by_hand(writer, to + done, content->fd, from + done, size - done);
}

/* From begin, a block's, to end, a block's or the content's. */
static struct error *put_stretch(struct ext4_writer *writer, struct ext4_inode *inode,
				 const struct ext4_content *content, uint64_t begin,
				 uint64_t end)
{
	static const uint8_t zeros[EXT4_BLOCK];

	while (begin < end) {
		uint64_t blocks = (end - begin + EXT4_BLOCK - 1) / EXT4_BLOCK, size;
		struct ext4_run run;

		TRY(ext4_run_next(writer, inode, begin / EXT4_BLOCK, blocks, &run));
		size = MIN(run.count * EXT4_BLOCK, end - begin);
		TRY(put_bytes(writer, run.block * EXT4_BLOCK, content, begin, size));
		TRY(ext4_write(writer, run.block * EXT4_BLOCK + size, zeros,
			       (size_t)(-size & (EXT4_BLOCK - 1))));
		begin += size;
	}
	return NULL;
}

/* The next stretch at or behind *begin that is no hole. */
static bool find_data(const struct ext4_content *content, uint64_t *begin, uint64_t *end)
{
	off_t data, hole;

	*end = content->size;
	if (*begin >= content->size)
		return false;
	if (content->data || content->size < HOLES_MIN)
		return true;
	data = lseek(content->fd, (off_t)(content->offset + *begin), SEEK_DATA);
	if (data < 0) /* only holes follow; or nobody can tell */
		return errno != ENXIO;
	hole = lseek(content->fd, data, SEEK_HOLE);
	*begin = MAX(*begin, ((uint64_t)data - content->offset) & -(uint64_t)EXT4_BLOCK);
	if (hole >= 0)
		*end = MIN(*end, ((uint64_t)hole - content->offset + EXT4_BLOCK - 1) &
					 -(uint64_t)EXT4_BLOCK);
	return *begin < content->size;
}

struct error *ext4_put_file(struct ext4_writer *writer,
			    const struct ext4_attributes *attributes,
			    const struct ext4_content *content)
{
	_cleanup_(ext4_inode_deinit) struct ext4_inode inode;
	uint64_t begin = 0, end;

	ext4_inode_init(&inode, attributes);
	if (content->size / EXT4_BLOCK >= FILE_BLOCKS_MAX)
		return error_new(ERROR_UNSUPPORTED, "it is too large for ext4");
	inode.large.i_size = (uint32_t)content->size;
	inode.large.i_size_high = (uint32_t)(content->size >> 32);
	TRY(ext4_inode_open(writer, &inode));
	for (; find_data(content, &begin, &end); begin = end)
		TRY(put_stretch(writer, &inode, content, begin, end));
	return ext4_inode_put(writer, &inode, attributes);
}
