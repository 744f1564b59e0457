/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the foreground (run.c), detached (detach.c) and debugged (debug.c) runs share. */
#ifndef KLAB_LAB_RUN_INTERNAL_H
#define KLAB_LAB_RUN_INTERNAL_H

#include "lab/command.h"
#include "lab/guest.h"
#include "lab/run.h"

struct run {
	const struct run_options *options;
	struct plan plan;
	struct rundir rundir;
	char *name;
	struct loop *loop;
	struct guest *guest;
	struct client *client;
	struct command *command;
	bool rebooted;
	struct loop_source *restart;
	struct error *failed; /* in a handler that can't return it */
};

void run_deinit(struct run *run);
/* Plan, run directory, name. */
struct error *run_prepare(struct run *run, enum plan_purpose purpose) _must_check_;
/* Loop and guest. */
struct error *run_start_guest(struct run *run, enum plan_purpose purpose,
			      const struct guest_handlers *handlers) _must_check_;
/* The verdict, from the guest or from err (which is taken), and its record. */
void run_conclude(struct run *run, struct error *err, struct verdict *ret);

#endif
