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

/* Everything of klab's that a configuration lacks, what is needed first.  The caller frees
 * the array; its strings are klab's own. */
struct need_lacking {
	const char *option;
	char value;	  /* 'm' or 'n' */
	const char *lack; /* what is missing without it */
	bool optional;	  /* commands can be run without it */
};
void needs_lacking(const struct arch *arch, const char *config, size_t size,
		   struct need_lacking **ret, size_t *ret_count);

#endif
