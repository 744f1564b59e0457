/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where modules for a kernel are built: the directory for make's -C.  A tree has it
 * itself, an installed kernel has a link; for a stored one Debian's linux-headers packages
 * come into the store beside it, whatever architecture it is of.
 */
#ifndef KLAB_KERNEL_HEADERS_H
#define KLAB_KERNEL_HEADERS_H

#include "kernel/fetch.h"

/* options: mirror, keyring and progress; suite and architecture are the kernel's own.  The
 * caller frees *ret; a directory in the store stays as long as the store is open. */
struct error *kernel_build_directory(struct store *store, const struct kernel *kernel,
				     const struct fetch_options *options,
				     char **ret) _must_check_;

#endif
