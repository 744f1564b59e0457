/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source of a kernel, to be built and changed: Debian's linux-source, or a tarball by its
 * URL, unpacked.  The directory, which must not be there yet, appears whole or not at all.
 */
#ifndef KLAB_KERNEL_FETCH_SOURCE_H
#define KLAB_KERNEL_FETCH_SOURCE_H

#include "kernel/fetch.h"

/* The newest one of the suite becomes the directory (NULL: called as the package, here).
 * The caller frees *ret_directory. */
struct error *kernel_fetch_source(struct store *store,
				  const struct fetch_options *options,
				  const char *directory,
				  char **ret_directory) _must_check_;

struct tarball_options {
	const char *url;       /* http or https */
	const char *sha256;    /* of the tarball; NULL is refused, with a hint */
	const char *directory; /* NULL: called as the tarball, here */
	const struct fetch_progress *progress;
};

/* ERROR_USAGE, before anything is fetched, for words that cannot be. */
struct error *kernel_fetch_tarball(struct store *store,
				   const struct tarball_options *options,
				   char **ret_directory) _must_check_;

#endif
