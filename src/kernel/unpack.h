/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files out of a Debian package, without dpkg. */
#ifndef KLAB_KERNEL_UNPACK_H
#define KLAB_KERNEL_UNPACK_H

#include "kernel/fetch.h"

/* One rule: what begins with `from` goes to `to` and what follows. */
struct unpack_rule {
	const char *from; /* "usr/lib/modules/"; a whole name for one file */
	const char *to;	  /* "lib/modules/" */
};

/* Regular files of the package that a rule takes go under `directory`; nothing else of it
 * does.  ERROR_CORRUPT where it is no package or a name in it leads elsewhere. */
struct error *package_unpack(const char *deb, const struct unpack_rule *rules,
			     size_t rule_count, const char *directory,
			     const struct fetch_progress *progress) _must_check_;

#endif
