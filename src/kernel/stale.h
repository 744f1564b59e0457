/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a tree newer than the kernel that was built in it?  make knows, after seconds; this
 * looks, in milliseconds, at what most edits touch: each C and assembler file against its
 * object, the configuration, and whether what was compiled was also linked.  It does not see
 * changed headers, Makefiles and tools, nor anything in a kernel before 6.1, whose objects are
 * not listed in one place.
 */
#ifndef KLAB_KERNEL_STALE_H
#define KLAB_KERNEL_STALE_H

#include "kernel/kernel.h"

/* "kernel/fork.c has changed", or NULL; the caller frees. */
char *kernel_stale(const struct kernel *kernel);

#endif
