/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a guest did not come up, or died: one sentence and what to do, out of a table of
 * rules over what is known of the run.
 */
#ifndef KLAB_LAB_EXPLAIN_H
#define KLAB_LAB_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "lab/verdict.h"

/* What the rules look at. */
struct explain_facts {
	const char *console; /* its last part, as text */
	bool console_silent; /* not one byte came */
	bool agent_was_ready;
	enum ended ended;
	const char *qemu_stderr;	    /* "" if none */
	const struct strv *missing_modules; /* of klab's devices; may be NULL */
	bool user_initramfs;		    /* not klab's own image */
	const char *arch;
	const struct strv *qemu_options; /* the user's own; may be NULL */
};

/* False if no rule fits.  The strings are the caller's. */
bool explain(const struct explain_facts *facts, char **ret_sentence, char **ret_hint);

/* Does the agent say, in the last new_size bytes, that it can never serve? */
bool console_is_hopeless(const char *console, size_t new_size);

/* The last n lines of a console, made harmless, for the user's eyes. */
char *console_tail(const char *console, size_t size, unsigned int lines);

#endif
