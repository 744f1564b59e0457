/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A C program made for the guest: compiled once, kept in the store. */
#ifndef KLAB_IMAGE_PROGRAM_H
#define KLAB_IMAGE_PROGRAM_H

#include "arch/arch.h"
#include "store/store.h"

struct program_options {
	const char *source;	    /* path of the C file */
	const char *const *options; /* of the compiler, behind klab's own; may be NULL */
	const struct arch *arch;
	const char *cross_compile; /* the user's; NULL: not said */
};

/* The path of the static program in the store, which stays while the store is open.  A
 * source that does not compile is ERROR_CORRUPT with the compiler's first complaint. */
struct error *program_make(struct store *store, const struct program_options *options,
			   char **ret_path) _must_check_;

#endif
