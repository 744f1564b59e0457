/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the host run before the user's eyes, as a compiler is: what it says goes to
 * stderr as it is, it hears Ctrl-C itself, and klab waits until it has put its work in
 * order.
 */
#ifndef KLAB_LAB_FOREGROUND_H
#define KLAB_LAB_FOREGROUND_H

#include "base/error.h"
#include "os/spawn.h"

struct foreground {
	char *const *argv;
	char *const *environment; /* NULL: ours */
	const char *directory;	  /* NULL: ours */
	bool terminal;		  /* it has our terminal: stdin and stdout are ours too */
};

/* *ret_status: the exit status, 128+N if signal N ended it.  ERROR_INTERRUPTED if klab was
 * told to stop meanwhile; then, too, the program has ended. */
struct error *foreground_run(const struct foreground *program,
			     int *ret_status) _must_check_;

#endif
