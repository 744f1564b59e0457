/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names in a thin archive of ar, as kbuild makes of the objects of a kernel. */
#ifndef KLAB_FORMAT_THIN_ARCHIVE_H
#define KLAB_FORMAT_THIN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The paths one by one: *position is 0 at first, and false is the end, or that these bytes
 * are no thin archive.  The name is borrowed from the data and not terminated. */
bool thin_archive_next(const uint8_t *data, size_t size, size_t *position,
		       const char **ret_name, size_t *ret_length);

#endif
