/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The busybox of an image: a static one of the guest's architecture, and its applets. */
#ifndef KLAB_IMAGE_BUSYBOX_H
#define KLAB_IMAGE_BUSYBOX_H

#include "image/image.h"
#include "image/plan.h"

/* The host's own if it fits, else the one of the distribution's package.  The applets are
 * symlinks to it in /bin. */
struct error *busybox_add(struct plan *plan, struct store *store,
			  const struct image_options *options) _must_check_;

#endif
