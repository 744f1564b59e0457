/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own files into a plan: --add, --overlay, and whole root file systems. */
#ifndef KLAB_IMAGE_COLLECT_H
#define KLAB_IMAGE_COLLECT_H

#include "image/image.h"
#include "image/keep.h"
#include "image/plan.h"

/* Modes are kept, the owner becomes root.  A symlink named by the source itself is
 * followed, those found in a directory are kept as they are; sockets in a directory are
 * left out, one named by the source is refused. */
struct error *collect_add(struct plan *plan, const struct image_add *add) _must_check_;
/* The content of a directory over /. */
struct error *collect_overlay(struct plan *plan, const char *directory) _must_check_;
/* A root file system, into an empty plan: owners, times, extended attributes and hard links
 * are kept, as far as `keep` says.  Other file systems mounted below stay empty
 * directories. */
struct error *collect_tree(struct plan *plan, const char *directory,
			   const struct keep_options *keep) _must_check_;

#endif
