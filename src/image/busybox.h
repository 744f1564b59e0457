/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The busybox of an image: a static one of the guest's architecture, and its applets. */
#ifndef KLAB_IMAGE_BUSYBOX_H
#define KLAB_IMAGE_BUSYBOX_H

#include "image/plan.h"
#include "kernel/fetch.h"
#include "store/store.h"

struct busybox_options {
	const char *path;	 /* in the image */
	const struct arch *arch; /* of the guest */
	const struct fetch_options *fetch;
	bool applets;	/* links to it beside it, one for each applet */
	bool has_agent; /* which adds modprobe when it is up */
};

/* The host's own if it fits, else the one of the distribution's package. */
struct error *busybox_add(struct plan *plan, struct store *store,
			  const struct busybox_options *options) _must_check_;

#endif
