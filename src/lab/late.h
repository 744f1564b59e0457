/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --eval-late: lines that the guest runs by itself at the end of its start. */
#ifndef KLAB_LAB_LATE_H
#define KLAB_LAB_LATE_H

#include <stdbool.h>

#include "lab/options.h"

/* The orders for them (guest/setup.h).  has_agent: klab's agent is in the guest, in an
 * initramfs that klab makes. */
struct error *late_plan(const struct guest_options *options, bool has_agent,
			struct text *setup) _must_check_;

#endif
