/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The C compiler of this host that makes code for an architecture. */
#ifndef KLAB_KERNEL_COMPILER_H
#define KLAB_KERNEL_COMPILER_H

#include "arch/arch.h"

/* What stands before "gcc": cross_compile (of the user; NULL: not said), else nothing on
 * a host of this architecture, else the architecture's own. */
const char *compiler_prefix(const struct arch *arch, const char *cross_compile);
/* The path of PREFIXgcc; ERROR_MISSING with the package that brings it. */
struct error *compiler_find(const char *prefix, char **ret_path) _must_check_;

#endif
