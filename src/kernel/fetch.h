/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels from Debian's archive: apt in a private root, so that it needs no privilege,
 * touches nothing of the host's own package state, and verifies every signature.
 */
#ifndef KLAB_KERNEL_FETCH_H
#define KLAB_KERNEL_FETCH_H

#include "kernel/kernel.h"

/* How far a fetch is; called at least twice a second. */
struct fetch_progress {
	/* stage: "package lists", "linux-image-6.1.0-49-amd64", "unpacking"; bytes 0/0 if
	 * not known.  An error (of a signal, say) stops the fetch and is returned. */
	struct error *(*update)(const char *stage, uint64_t done, uint64_t total,
				void *argument);
	void *argument;
};

struct fetch_options {
	const char *suite;	 /* "bookworm"; NULL: the host's own, else the default */
	const char *flavour;	 /* "amd64", "cloud-amd64", "rt-amd64"; NULL: default */
	const struct arch *arch; /* NULL: the host's */
	const char *mirror;	 /* URL; NULL: the one that the host's own apt uses */
	const char *
		keyring; /* file that verifies the mirror; NULL: the host's Debian keys */
	uint64_t store_budget; /* what the store may hold afterwards; 0: the default */
	bool debug;	       /* also the package with the debug information */
	bool again;	       /* ask the archive even if a kernel is stored */
	const struct fetch_progress *progress; /* may be NULL */
};

/* Fetches (unless it is stored and the archive has nothing newer) and resolves. */
struct error *kernel_fetch(struct store *store, const struct fetch_options *options,
			   struct kernel **ret) _must_check_;

#endif
