/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as the bytes of an ext4 file system. */
#ifndef KLAB_IMAGE_DISK_PACK_H
#define KLAB_IMAGE_DISK_PACK_H

#include "image/plan.h"

/* path is an empty file, fd is it.  size 0: content, a quarter, and 1 GiB.  The bytes
 * depend on key, size, the plan and the contents alone; key gives the UUID.  ERROR_REFUSED:
 * it does not fit. */
struct error *disk_pack(struct plan *plan, const char *path, int fd, const char *key,
			uint64_t size) _must_check_;

#endif
