// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The newc writer.  Small files are read straight into one large buffer, large ones are
 * copied by the kernel, so that what remains is the cost of opening the files.
 */
#include "format/cpio.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/write.h"

#define BUFFER_SIZE ((size_t)1 << 20)
/* From here on copy_file_range() is cheaper than flushing what is in the buffer. */
#define COPY_MIN ((size_t)512 << 10)
#define HEADER_SIZE 110
#define ARCHIVE_BLOCK 512
#define TRAILER "TRAILER!!!"

struct cpio_writer {
	int fd;
	uint32_t inode;
	struct cpio_inode next; /* all zero: nothing was said */
	uint64_t size;		/* of all, with what is still in the buffer */
	size_t used;
	uint8_t buffer[BUFFER_SIZE];
};

struct cpio_writer *cpio_writer_new(int fd)
{
	/* Not zeroed: that would cost as much as a small archive. */
	struct cpio_writer *writer = xreallocarray(NULL, 1, sizeof(*writer));

	writer->fd = fd;
	writer->inode = 0;
	writer->next = (struct cpio_inode){ 0 };
	writer->size = 0;
	writer->used = 0;
	return writer;
}

void cpio_writer_free(struct cpio_writer *writer)
{
	free(writer);
}

uint64_t cpio_writer_size(const struct cpio_writer *writer)
{
	return writer->size;
}

void cpio_next(struct cpio_writer *writer, const struct cpio_inode *inode)
{
	writer->next = *inode;
}

static struct error *flush(struct cpio_writer *writer)
{
	size_t used = writer->used;

	writer->used = 0;
	return write_whole(writer->fd, writer->buffer, used, "writing the archive");
}

static struct error *put(struct cpio_writer *writer, const void *bytes, size_t size)
{
	if (size > BUFFER_SIZE - writer->used)
		TRY(flush(writer));
	writer->size += size;
	if (size > BUFFER_SIZE)
		return write_whole(writer->fd, bytes, size, "writing the archive");
	if (size)
		memcpy(writer->buffer + writer->used, bytes, size);
	writer->used += size;
	return NULL;
}

/* Zeros up to a multiple of alignment, which is at most a block. */
static struct error *put_padding(struct cpio_writer *writer, size_t alignment)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];

	return put(writer, zeros, -writer->size & (alignment - 1));
}

struct header {
	const char *name;
	mode_t mode;
	uint32_t links;
	uint64_t size;
	unsigned int major, minor;
};

static struct error *put_header(struct cpio_writer *writer, const struct header *h)
{
	const char *name = h->name + strspn(h->name, "/");
	size_t name_size = strlen(name) + 1;
	/* inode, mode, uid, gid, links, mtime, size, device (2), device itself (2), length
	 * of the name, checksum */
	const struct cpio_inode *next = &writer->next;
	uint32_t fields[13] = { 0 };
	char text[HEADER_SIZE + 1] = "070701";

	if (name_size > PATH_MAX || name_size == 1)
		return error_new(ERROR_UNSUPPORTED,
				 "\"%s\" cannot be a path in an initramfs", h->name);
	if (h->size > UINT32_MAX)
		return error_new(ERROR_UNSUPPORTED,
				 "%s is too large for an initramfs: %" PRIu64
				 " bytes, 4 GiB is its limit for a file",
				 h->name, h->size);
	fields[0] = next->number ? next->number : ++writer->inode;
	fields[1] = h->mode;
	fields[2] = next->uid;
	fields[3] = next->gid;
	fields[4] = next->links ? next->links : h->links;
	fields[5] = next->mtime;
	fields[6] = (uint32_t)h->size;
	fields[9] = h->major;
	fields[10] = h->minor;
	fields[11] = (uint32_t)name_size;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		snprintf(text + 6 + 8 * i, 9, "%08" PRIx32, fields[i]);
	writer->next = (struct cpio_inode){ 0 };
	TRY(put(writer, text, HEADER_SIZE));
	TRY(put(writer, name, name_size));
	return put_padding(writer, 4);
}

struct error *cpio_add_directory(struct cpio_writer *writer, const char *path,
				 mode_t mode)
{
	return put_header(writer, &(struct header){
					  .name = path,
					  .mode = S_IFDIR | (mode & 07777),
					  .links = 2,
				  });
}

struct error *cpio_add_file(struct cpio_writer *writer, const char *path, mode_t mode,
			    const void *data, size_t size)
{
	TRY(put_header(writer, &(struct header){
				       .name = path,
				       .mode = S_IFREG | (mode & 07777),
				       .links = 1,
				       .size = size,
			       }));
	TRY(put(writer, data, size));
	return put_padding(writer, 4);
}

struct error *cpio_add_symlink(struct cpio_writer *writer, const char *path,
			       const char *target)
{
	size_t size = strlen(target);

	if (size == 0 || size >= PATH_MAX)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: its target is %zu bytes long, 1 to %d are possible",
				 path, size, PATH_MAX - 1);
	TRY(put_header(writer, &(struct header){
				       .name = path,
				       .mode = S_IFLNK | 0777,
				       .links = 1,
				       .size = size,
			       }));
	TRY(put(writer, target, size));
	return put_padding(writer, 4);
}

struct error *cpio_add_device(struct cpio_writer *writer, const char *path, mode_t mode,
			      unsigned int major, unsigned int minor)
{
	return put_header(writer, &(struct header){
					  .name = path,
					  .mode = mode,
					  .links = 1,
					  .major = major,
					  .minor = minor,
				  });
}

/* In the kernel; *done is how far it came, which is 0 where that is impossible (another
 * kind of file system, a pipe). */
static struct error *copy_in_kernel(struct cpio_writer *writer, int fd, uint64_t offset,
				    uint64_t size, uint64_t *done)
{
	off_t at = (off_t)offset;
	off_t end = at + (off_t)size;

	TRY(flush(writer));
	while (at < end) {
		ssize_t n =
			copy_file_range(fd, &at, writer->fd, NULL, (size_t)(end - at), 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* What is wrong, if anything, copying by hand will tell. */
		if (n <= 0)
			break;
	}
	*done = (uint64_t)at - offset;
	writer->size += *done;
	return NULL;
}

/* What is left of it: size bytes at offset. */
static struct error *copy_by_hand(struct cpio_writer *writer, const char *path, int fd,
				  uint64_t offset, uint64_t size)
{
	while (size) {
		ssize_t n;

		if (writer->used == BUFFER_SIZE)
			TRY(flush(writer));
		n = pread(fd, writer->buffer + writer->used,
			  MIN(size, BUFFER_SIZE - writer->used), (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "reading what becomes %s", path);
		if (n == 0)
			return error_new(ERROR_FAILED,
					 "what becomes %s got shorter while it was read",
					 path);
		writer->used += (size_t)n;
		writer->size += (uint64_t)n;
		offset += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return NULL;
}

struct error *cpio_add_file_from(struct cpio_writer *writer, const char *path,
				 mode_t mode, int fd, uint64_t offset, uint64_t size)
{
	uint64_t done = 0;

	TRY(put_header(writer, &(struct header){
				       .name = path,
				       .mode = S_IFREG | (mode & 07777),
				       .links = 1,
				       .size = size,
			       }));
	if (size >= COPY_MIN)
		TRY(copy_in_kernel(writer, fd, offset, size, &done));
	TRY(copy_by_hand(writer, path, fd, offset + done, size - done));
	return put_padding(writer, 4);
}

struct error *cpio_writer_finish(struct cpio_writer *writer)
{
	writer->inode = UINT32_MAX; /* the trailer has inode 0 */
	TRY(put_header(writer, &(struct header){ .name = TRAILER, .links = 1 }));
	TRY(put_padding(writer, ARCHIVE_BLOCK));
	return flush(writer);
}
