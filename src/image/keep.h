/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file of the host brings along beside its content: owner, time, attributes. */
#ifndef KLAB_IMAGE_KEEP_H
#define KLAB_IMAGE_KEEP_H

#include "image/plan.h"

/* An ordinary user can own files only himself, and means root's: what belongs to him (or
 * his group) becomes root's.  All else keeps its owner.  (uint32_t)-1: nobody is he. */
struct keep_options {
	uint32_t uid, gid;
};

/* For who runs klab: nobody, if that is root. */
struct keep_options keep_for_me(void);
/* For the entry that was added to the plan last. */
struct error *keep_attributes(struct plan *plan, const struct keep_options *options,
			      const char *source, const struct stat *st) _must_check_;

#endif
