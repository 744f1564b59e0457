// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole files into memory: mapped where they cannot shrink under us, else copied. */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define READ_CHUNK 65536
#define LINE_MAX_SIZE 65536

void bytes_deinit(struct bytes *bytes)
{
	/* Both release functions want a pointer to non-const; the bytes are ours. */
	void *data = (void *)(uintptr_t)bytes->data;

	if (bytes->mapped)
		(void)munmap(data, bytes->size); /* a range that we mapped: cannot fail */
	else
		free(data);
	*bytes = (struct bytes){ 0 };
}

struct error *file_map(const char *path, struct bytes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(errno, "reading %s", path);
	if (S_ISDIR(st.st_mode))
		return error_os(EISDIR, "reading %s", path);
	if (!S_ISREG(st.st_mode))
		return error_new(ERROR_UNSUPPORTED, "%s is not a regular file", path);
	if (st.st_size == 0) {
		*ret = (struct bytes){ 0 };
		return NULL;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return error_os(errno, "mapping %s", path);
	*ret = (struct bytes){
		.data = data,
		.size = (size_t)st.st_size,
		.mapped = true,
	};
	return NULL;
}

/* How much to read at once: the whole of a regular file and one byte, to see its end. */
static size_t first_chunk(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return READ_CHUNK;
	return MIN((size_t)st.st_size, max) + 1;
}

struct error *fd_read_all(int fd, size_t max, struct bytes *ret)
{
	size_t capacity = first_chunk(fd, max);
	_cleanup_free_ uint8_t *data = xcalloc(1, capacity + 1);
	size_t size = 0;

	for (;;) {
		ssize_t n = read(fd, data + size, capacity - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "read");
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > max)
			return error_new(ERROR_UNSUPPORTED, "more than %zu bytes", max);
		if (size == capacity) {
			capacity += MAX(capacity / 2, (size_t)READ_CHUNK);
			data = xreallocarray(data, 1, capacity + 1);
		}
	}
	if (size)
		data[size] = 0;
	*ret = (struct bytes){ .data = size ? take_ptr(data) : NULL, .size = size };
	return NULL;
}

struct error *file_read(const char *path, size_t max, struct bytes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_os(errno, "reading %s", path);
	TRY_WRAP(fd_read_all(fd, max, ret), "reading %s", path);
	return NULL;
}

struct error *file_read_line(const char *path, char **ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	size_t size;

	TRY(file_read(path, LINE_MAX_SIZE, &bytes));
	size = bytes.size;
	if (size && bytes.data[size - 1] == '\n')
		size--;
	*ret = xstrndup(size ? (const char *)bytes.data : "", size);
	return NULL;
}
