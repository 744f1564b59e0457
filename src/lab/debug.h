/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdb on a guest: a new one, halted before its first instruction, or one that runs.  gdb
 * talks to the guest's keeper through `klab gdb --stdio`, which the keeper passes on to
 * QEMU's stub.
 */
#ifndef KLAB_LAB_DEBUG_H
#define KLAB_LAB_DEBUG_H

#include "lab/run.h"

struct gdb_options {
	const char *program;	      /* NULL: the gdb that knows the architecture */
	const char *break_at;	      /* a symbol to run to at once; NULL: none */
	bool batch;		      /* a break_at that is not found ends it */
	const struct strv *arguments; /* gdb's own, at the end */
};

/* run->command is not used.  The verdict's status is gdb's. */
void debug_new_guest(const struct run_options *run, const struct gdb_options *gdb,
		     struct verdict *ret);
/* Attach; the guest goes on when gdb leaves it.  *ret_status: gdb's. */
struct error *debug_attach(const char *guest_name, const struct gdb_options *gdb,
			   const struct run_ui *ui, int *ret_status) _must_check_;

#endif
