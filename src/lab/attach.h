/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work with a guest that runs already: each call is a client of its keeper.  The guest is
 * named, or the only one that runs (NULL).
 */
#ifndef KLAB_LAB_ATTACH_H
#define KLAB_LAB_ATTACH_H

#include "lab/options.h"
#include "lab/verdict.h"

/* A command (or a keeper's service such as "console") on this process's own streams. */
struct attach_command {
	const char *guest_name;
	const struct guest_options *options;
	const char *service; /* NULL: a command or shell */
	const struct strv *words;
	/* The guest is halted, so the command waits. May be NULL. */
	void (*on_halted)(const char *guest_name, void *argument);
	void *argument;
};
void attach_run(const struct attach_command *command, struct verdict *ret);

/* Ask a service and take what it says; a refusal is an error.  *ret_output is text that
 * the guest may have a part in. */
struct error *attach_ask(const char *guest_name, const char *service,
			 const char *const *argv, char **ret_output) _must_check_;

/* Run a command in the guest and take what it says; a status other than 0 is an error. The
 * user can interrupt it, and after timeout_ms it is an error: ERROR_TIMEOUT. */
struct error *attach_output(const char *guest_name, const char *const *argv,
			    uint64_t timeout_ms, char **ret_output) _must_check_;

/* Copy a file or tree, as docker cp does. */
struct attach_copy {
	const char *guest_name;
	bool to_guest;
	const char *from, *to;
	/* A line about something that was left out; harmless text. May be NULL. */
	void (*remark)(const char *text, void *argument);
};
struct error *attach_copy(const struct attach_copy *copy) _must_check_;
#endif
