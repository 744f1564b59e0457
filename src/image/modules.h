/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel modules of an image, with what insmod (a list in load order) and modprobe
 * (modules.dep, modules.alias, for kmod's also modules.*.bin) need in the guest.
 */
#ifndef KLAB_IMAGE_MODULES_H
#define KLAB_IMAGE_MODULES_H

#include "base/text.h"
#include "image/plan.h"
#include "kernel/kernel.h"
#include "store/store.h"

/* Below /lib, absolute guest paths of the modules one a line, in load order. */
#define MODULES_LOAD_PATH "/lib/klab/modules.load"

/* The modules that `wanted` needs, from the kernel or, if nothing has changed since they
 * were last asked for, from a note in the store.  ret_missing: see kernel.h. */
struct error *modules_add(struct plan *plan, struct store *store,
			  const struct kernel *kernel, const char *const *wanted,
			  struct strv *ret_missing) _must_check_;

#endif
