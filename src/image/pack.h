/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as the bytes of an initramfs. */
#ifndef KLAB_IMAGE_PACK_H
#define KLAB_IMAGE_PACK_H

#include "image/plan.h"

/* Writes at the offset of fd, which is a file.  The bytes depend on the plan and the
 * contents alone. */
struct error *pack_write(struct plan *plan, int fd, uint64_t *ret_size) _must_check_;

#endif
