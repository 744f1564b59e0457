/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a guest's life share: guest.c is its life, guest-end.c its end. */
#ifndef KLAB_LAB_GUEST_INTERNAL_H
#define KLAB_LAB_GUEST_INTERNAL_H

#include "lab/crash.h"
#include "lab/deadline.h"
#include "lab/guest.h"

struct guest {
	struct loop *loop;
	const struct plan *plan;
	const struct guest_options *options;
	const struct rundir *rundir;
	enum plan_purpose purpose;
	struct guest_handlers handlers;

	struct keeper *keeper;
	struct crash_watch crash;
	struct text console; /* its last part */
	bool console_silent;
	bool ready;	/* now */
	bool was_ready; /* ever */
	bool ended;

	bool finishing; /* somebody has decided how it ends: in verdict */
	struct verdict verdict;
	struct deadline timeout, boot_timeout, grace;
	uint64_t mark_us; /* when the current phase began */
	enum phase phase;
};

/* guest-end.c */
/* Was it, by --fail-on, bad enough to fail whatever the command says? */
bool guest_must_fail(const struct guest *guest);
/* The crash is how it ended. */
void guest_set_crash(struct guest *guest);
/* QEMU has gone: completes the verdict. */
void guest_decide_end(struct guest *guest, const struct keeper_end *end);
/* A sentence, a hint and the console's last lines, where they help. */
void guest_explain_end(struct guest *guest, const struct keeper_end *end);

#endif
