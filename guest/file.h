/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files: the image's lists, attributes in /sys and /proc. */
#ifndef KLAB_GUEST_FILE_H
#define KLAB_GUEST_FILE_H

#include <stddef.h>

/* What the file says, without the newline at its end, as a string; returns its length.
 * "" if it can't be read; what does not fit into size is left out. */
size_t file_read(char *buffer, size_t size, const char *path_fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
