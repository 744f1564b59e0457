// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

size_t file_read(char *buffer, size_t size, const char *path_fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t n = -1;
	int fd;

	va_start(args, path_fmt);
	(void)vsnprintf(path, sizeof(path), path_fmt, args);
	va_end(args);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buffer, size - 1);
		close(fd);
	}
	if (n > 0 && buffer[n - 1] == '\n')
		n--;
	buffer[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}
