/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside plan.c: its stations that are files of their own. */
#ifndef KLAB_LAB_PLAN_INTERNAL_H
#define KLAB_LAB_PLAN_INTERNAL_H

#include "lab/plan.h"

/* --root none: QEMU gets the kernel alone. */
bool plan_has_no_root(const struct guest_options *options);
/* The recipe, who is PID 1, and what that means for the run's terminal. */
struct error *plan_choose_init(const struct guest_options *options,
			       struct plan *plan) _must_check_;

#endif
