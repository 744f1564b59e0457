/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where Debian's packages come from on this host: found in the host's own apt sources, so
 * that its mirror, its proxies and its trust hold for klab too.  klab itself knows the
 * name of no mirror.
 */
#ifndef KLAB_KERNEL_SOURCES_H
#define KLAB_KERNEL_SOURCES_H

#include "base/error.h"

struct repository {
	char *uri;
	char *suite;
	char *signed_by; /* as in Signed-By:, perhaps a whole key; NULL: what apt trusts */
};

void repository_deinit(struct repository *repository);
#define _cleanup_repository_ _cleanup_(repository_deinit)

struct repository_options {
	const char *apt;     /* where apt's sources are; NULL: /etc/apt */
	const char *suite;   /* NULL: the host's own */
	const char *mirror;  /* URL instead of the host's; NULL: the host's */
	const char *keyring; /* file that verifies the mirror; NULL: see below */
};

/* An entry of the host for just this suite, else its entry for the Debian archive with the
 * suite replaced.  A mirror that the user names is verified by the host's Debian entry's
 * keys, or else by those of the package debian-archive-keyring. */
struct error *repository_find(const struct repository_options *options,
			      struct repository *ret) _must_check_;

#endif
