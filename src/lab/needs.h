/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel must have for klab's image and agent, asked before the start of one whose
 * configuration is known: an answer at once instead of a guest that never comes up.
 */
#ifndef KLAB_LAB_NEEDS_H
#define KLAB_LAB_NEEDS_H

#include "image/image.h"
#include "kernel/kernel.h"

/* The error names every option that is missing, and the command that sets them. */
struct error *needs_check(const struct kernel *kernel,
			  const struct image *image) _must_check_;

#endif
