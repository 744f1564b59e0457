/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file system is on a disk, by its first bytes. */
#ifndef KLAB_FORMAT_FILESYSTEM_H
#define KLAB_FORMAT_FILESYSTEM_H

#include <stddef.h>

/* Enough of a disk's beginning to tell. */
#define FILESYSTEM_LOOK_SIZE ((size_t)68 * 1024)

/* The module of Linux that mounts it: "ext4"; NULL: unknown (perhaps partitions). */
const char *filesystem_module(const void *data, size_t size);

#endif
