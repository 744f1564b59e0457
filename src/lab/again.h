/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same guest once more, by the manifest of its run: after its kernel has crashed. */
#ifndef KLAB_LAB_AGAIN_H
#define KLAB_LAB_AGAIN_H

#include "lab/rundir.h"

struct again {
	char *name;
	struct recalled run; /* only one of run -d can be started by another */
};
void again_deinit(struct again *again);
#define _cleanup_again_ _cleanup_(again_deinit)

/* While the guest (NULL: the only one) runs. */
struct error *again_prepare(const char *guest_name, struct again *ret) _must_check_;
/* Has it ended, or panicked? */
bool again_is_down(const struct again *again);
/* Ends what is left of it, starts it, and returns when it is up; what that run says goes to
 * stderr. */
struct error *again_start(const struct again *again) _must_check_;

#endif
