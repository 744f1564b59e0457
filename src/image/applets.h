/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which applets a busybox has, read out of the binary: one of a foreign architecture
 * cannot be asked. */
#ifndef KLAB_IMAGE_APPLETS_H
#define KLAB_IMAGE_APPLETS_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Appends the names in order.  ERROR_UNSUPPORTED if there is no table in these bytes. */
struct error *applets_find(const void *data, size_t size, struct strv *ret) _must_check_;

#endif
