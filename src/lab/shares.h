/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --rodir and --rwdir: directories of the host in the guest, by 9p over virtio.  The
 * words are resolved before anything is built, so that a mistake is told at once.
 */
#ifndef KLAB_LAB_SHARES_H
#define KLAB_LAB_SHARES_H

#include "image/image.h"
#include "lab/options.h"

struct share {
	char *guest; /* normal: absolute, no "." or "..", no slash at the end */
	char *host;  /* absolute; it is a directory */
	bool read_only;
};

/* In the order of the guest's paths, so that what is below another comes after it. */
struct shares {
	struct share *items;
	size_t count;
	size_t capacity;
};

void shares_deinit(struct shares *shares);
#define _cleanup_shares_ _cleanup_(shares_deinit)
/* has_agent: klab's agent is in the guest, in an initramfs that klab makes. */
struct error *shares_parse(const struct guest_options *options, bool has_agent,
			   struct shares *ret) _must_check_;
/* Give them to the machine, and the orders to mount them to the agent. */
void shares_add(const struct shares *shares, struct machine *machine, struct text *setup);
/* Whether the kernel has what mounts them, as far as its modules tell. */
struct error *shares_check_kernel(const struct shares *shares,
				  const struct kernel *kernel,
				  const struct image *image) _must_check_;

#endif
