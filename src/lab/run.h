/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `klab run`: a new guest, and a command or shell in it.  Everything that can go wrong is
 * in the verdict.
 */
#ifndef KLAB_LAB_RUN_H
#define KLAB_LAB_RUN_H

#include "lab/plan.h"
#include "lab/verdict.h"

/* How the one who prints sees it; every member may be NULL. */
struct run_ui {
	struct plan_ui plan;
	/* The plan is made and the guest about to start. */
	void (*planned)(const struct plan *plan, const char *name, void *argument);
	/* Now and then while it boots. */
	void (*booting)(void *argument);
	/* The guest is up: what was shown while it booted may go. */
	void (*ready)(void *argument);
	/* A sentence for the user. */
	void (*note)(const char *text, void *argument);
	void *argument;
};

struct run_options {
	const struct guest_options *guest;
	const struct strv *command;   /* empty: a shell */
	const struct strv *evals;     /* --eval: lines for the shell; may be NULL */
	const char *const *arguments; /* klab's own, for the manifest */
	uint64_t started_us;	      /* clock_us() when klab started */
	const struct run_ui *ui;
};

/* On this process's stdin, stdout, stderr until the command has ended. */
void run_foreground(const struct run_options *options, struct verdict *ret);
/* The guest stays, in a process of its own; returns when it is up (its name is in
 * *ret_name) or has failed (*ret_name is NULL). */
void run_detached(const struct run_options *options, char **ret_name,
		  struct verdict *ret);

#endif
