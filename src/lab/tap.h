/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tap devices: making one is the only step of klab's networks that takes privilege, and
 * klab leaves it to the user.  What is checked here says which step is missing.
 */
#ifndef KLAB_LAB_TAP_H
#define KLAB_LAB_TAP_H

#include "base/error.h"

/* That the device is there, up, and ours to use; the hint is the command that helps. */
struct error *tap_check(const char *name) _must_check_;

#endif
