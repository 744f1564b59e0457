/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive of a root file system into a plan. */
#ifndef KLAB_IMAGE_ARCHIVE_H
#define KLAB_IMAGE_ARCHIVE_H

#include "image/plan.h"

/* What the members of one archive may come to: more is taken for a trap. */
#define ARCHIVE_BYTES_MAX (UINT64_C(256) << 30)
#define ARCHIVE_MEMBERS_MAX 4000000u

/* Changes when the same archive comes to another plan. */
#define ARCHIVE_VERSION "klab archive 2"

struct unpack_options {
	const char *spool; /* directory for what is unpacked, on the image's disk */
	/* Called now and then with the bytes read and those of the file; an error ends it.
	 * NULL: nobody wants to know. */
	struct error *(*progress)(uint64_t done, uint64_t total, void *argument);
	void *argument;
};

/* All that is in a tar (in any compression) or in a Debian package (its data), over /:
 * owners, modes, times, device nodes, hard links, extended attributes and ACLs as they are
 * there, later wins.  Links of the plan are followed within the plan, so nothing leads out
 * of it; a name that tries to is ERROR_CORRUPT, like a broken archive. */
struct error *plan_add_archive(struct plan *plan, const char *path,
			       const struct unpack_options *options) _must_check_;

#endif
