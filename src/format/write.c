// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/write.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

struct error *write_whole(int fd, const void *bytes, size_t size, const char *what)
{
	const uint8_t *at = bytes;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "%s", what);
		at += n;
		size -= (size_t)n;
	}
	return NULL;
}
