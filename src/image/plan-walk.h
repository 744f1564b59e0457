/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside plan.c: from a path to the entry of it. */
#ifndef KLAB_IMAGE_PLAN_WALK_H
#define KLAB_IMAGE_PLAN_WALK_H

#include "image/plan.h"

/* The entry of a path, its last component not followed.  If there is none, *ret is NULL,
 * or with make a new empty directory (that may be made something else). */
struct error *plan_walk_entry(struct plan_entry *root, const char *path, bool make,
			      struct plan_entry **ret) _must_check_;
/* The directory that a path leads to, all links followed. */
struct error *plan_walk_directory(struct plan_entry *root, const char *path, bool make,
				  struct plan_entry **ret) _must_check_;
/* "/usr/bin/x" of an entry, for messages. */
char *plan_entry_path(const struct plan_entry *entry);

#endif
