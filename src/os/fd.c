// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes between descriptors of any kind: files, pipes, sockets, terminals. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"

#define COPY_CHUNK ((size_t)128 * 1024)
#define COPY_IN_KERNEL_MAX ((size_t)1 << 30) /* a call; the offset type bounds it */

/* The descriptor was made non-blocking by somebody; the caller wants all of it written. */
static struct error *await_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	if (poll(&room, 1, -1) < 0 && errno != EINTR)
		return error_os(errno, "poll");
	return NULL;
}

struct error *fd_write_all(int fd, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EAGAIN) {
			TRY(await_room(fd));
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "write");
		bytes += n;
		size -= (size_t)n;
	}
	return NULL;
}

/* What copy_file_range(2) refuses is copied by hand; what is really wrong shows there
 * again.  Returns what is left. */
static uint64_t copy_in_kernel(int from, int to, uint64_t size)
{
	while (size > 0) {
		ssize_t n = copy_file_range(from, NULL, to, NULL,
					    MIN(size, (uint64_t)COPY_IN_KERNEL_MAX), 0);

		/* 0 is the end, but also what files in /proc say. */
		if (n <= 0)
			break;
		size -= (uint64_t)n;
	}
	return size;
}

struct error *fd_copy(int from, int to, uint64_t size)
{
	_cleanup_free_ uint8_t *chunk = NULL;

	size = copy_in_kernel(from, to, size);
	if (size)
		chunk = xcalloc(1, COPY_CHUNK);
	while (size > 0) {
		ssize_t n = read(from, chunk, MIN(size, (uint64_t)COPY_CHUNK));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "read");
		if (n == 0)
			return error_new(ERROR_CORRUPT, "it ends %llu bytes too early",
					 (unsigned long long)size);
		TRY(fd_write_all(to, chunk, (size_t)n));
		size -= (uint64_t)n;
	}
	return NULL;
}

struct error *fd_set_nonblock(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);
	int wanted = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;

	if (flags < 0 || (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0))
		return error_os(errno, "making descriptor %d %sblocking", fd,
				nonblock ? "non-" : "");
	return NULL;
}

struct error *fd_fill_standard(void)
{
	int fd;

	/* open() gives the lowest free number. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return error_os(errno, "opening /dev/null");
	close(fd);
	return NULL;
}
