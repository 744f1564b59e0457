/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a kernel, to be built and changed: Debian's linux-source, unpacked. */
#ifndef KLAB_KERNEL_FETCH_SOURCE_H
#define KLAB_KERNEL_FETCH_SOURCE_H

#include "kernel/fetch.h"

/* The newest one of the suite becomes the directory (NULL: called as the package, here),
 * which must not be there yet: all of it, or nothing.  The caller frees *ret_directory. */
struct error *kernel_fetch_source(struct store *store,
				  const struct fetch_options *options,
				  const char *directory,
				  char **ret_directory) _must_check_;

#endif
