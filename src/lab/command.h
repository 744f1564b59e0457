/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command in a guest on this process's own stdin, stdout and stderr: as a filter, or on
 * a terminal.  `run`, `exec`, `shell` and `console` differ only in what is around it.
 */
#ifndef KLAB_LAB_COMMAND_H
#define KLAB_LAB_COMMAND_H

#include "agent/client.h"
#include "lab/options.h"
#include "lab/verdict.h"
#include "os/loop.h"

struct command;

struct command_options {
	const struct guest_options *guest; /* environment, cwd, user, tty, shell line */
	const char *directory;	  /* where that has no cwd; NULL: the guest's default */
	const char *service;	  /* NULL: "exec", or "shell" for a line */
	const struct strv *evals; /* lines that a shell runs first; may be NULL */
	const struct strv *words; /* empty: a shell */
	bool monitor;		  /* Ctrl-a c is offered */
};

struct command_handlers {
	/* Exactly once; the command is still there. */
	struct error *(*ended)(const struct session_end *end, void *argument);
	/* The user wants to leave (Ctrl-a x), or a signal came and its time of grace is
	 * over.  May be NULL. */
	void (*leave)(void *argument);
	void *argument;
};

/* Starts it (the guest need not be up yet).  Takes the terminal if it is to have one. */
struct error *command_start(struct loop *loop, struct client *client,
			    const struct command_options *options,
			    const struct command_handlers *handlers,
			    struct command **ret) _must_check_;
/* Gives the terminal back. */
void command_free(struct command *command);
DEFINE_CLEANUP(struct command *, command_free)

bool command_has_ended(const struct command *command);
/* The signal that klab got and handed on; 0: none. */
int command_signal(const struct command *command);
/* Adds to the verdict what its output said of tests, once. */
void command_judge_tests(struct command *command, struct verdict *verdict);
bool command_has_terminal(const struct command *command);
/* Text for the user while the command may have the terminal: to stderr. */
void command_note(struct command *command, const char *text, size_t size);

#endif
