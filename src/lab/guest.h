/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's life in this process, from a plan to a verdict: the keeper under it, its
 * console watched for crashes, its deadlines, and why it ended.  What runs in it is the
 * business of run.c.
 */
#ifndef KLAB_LAB_GUEST_H
#define KLAB_LAB_GUEST_H

#include "agent/client.h"
#include "lab/plan.h"
#include "lab/rundir.h"
#include "lab/verdict.h"
#include "os/loop.h"
#include "vm/keeper.h"

struct guest;

struct guest_handlers {
	void (*booting)(void *argument); /* now and then until it is ready; may be NULL */
	void (*ready)(void *argument);	 /* the agent is there (again, after a reboot) */
	void (*reset)(void *argument);	 /* the guest reboots */
	void (*panicked)(void *argument); /* and stands still: PLAN_STAY, PLAN_DEBUG */
	void (*ended)(void *argument);	  /* last; the verdict is decided */
	/* A line of crash text, for the user's eyes. */
	void (*crash_line)(const char *line, size_t size, void *argument);
	void *argument;
};

struct guest_start_options {
	const struct plan *plan; /* these three are borrowed for the guest's life */
	const struct guest_options *options;
	const struct rundir *rundir;
	enum plan_purpose purpose;
	const char *name;
	uint64_t started_us; /* when klab started: --timeout counts from there */
	struct guest_handlers handlers;
};

struct error *guest_start(struct loop *loop, const struct guest_start_options *options,
			  struct guest **ret) _must_check_;
void guest_free(struct guest *guest); /* kills it if it still runs */
DEFINE_CLEANUP(struct guest *, guest_free)

struct keeper *guest_keeper(struct guest *guest);
bool guest_is_ready(const struct guest *guest);
bool guest_has_ended(const struct guest *guest);
/* Nobody waits any longer for what the command had to say: timeout, signal. */
bool guest_is_given_up(const struct guest *guest);

/* The command in it has ended so: the guest goes too. */
void guest_command_ended(struct guest *guest, const struct session_end *end);
/* End it for this reason; the first reason counts. */
void guest_finish(struct guest *guest, enum ended ended, int status);
/* After ended(): hand over what is known. */
void guest_take_verdict(struct guest *guest, struct verdict *ret);

#endif
