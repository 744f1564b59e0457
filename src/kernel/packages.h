/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single programs for guests, out of Debian's packages: the static busybox. */
#ifndef KLAB_KERNEL_PACKAGES_H
#define KLAB_KERNEL_PACKAGES_H

#include "kernel/fetch.h"

struct package_file_options {
	const char *package; /* "busybox-static" */
	const char *file;    /* inside: "bin/busybox"; also found under usr/ */
	const char *host; /* taken instead where it fits: "/bin/busybox"; may be NULL */
	const struct arch *arch; /* of the guest */
	/* From which archive; NULL: not at all, ERROR_MISSING with a hint. */
	const struct fetch_options *fetch;
};

/* A static program for the guest's architecture: the host's own if it is just that, else
 * the newest stored one, else fetched.  The caller frees *ret; a stored file stays as long
 * as the store is open. */
struct error *package_file(struct store *store,
			   const struct package_file_options *options,
			   char **ret) _must_check_;
/* An ELF program for this architecture that needs no loader? */
bool program_is_static(const char *path, const struct arch *arch);

#endif
