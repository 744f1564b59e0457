/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host can do, what klab would choose, and why.  The checks use what a run
 * uses (the same resolver, the same image builder, the same choice of accelerator), so
 * that doctor and run cannot disagree.
 */
#ifndef KLAB_LAB_DOCTOR_H
#define KLAB_LAB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/arch.h"
#include "lab/settings.h"
#include "store/store.h"

enum doctor_status {
	DOCTOR_OK,
	DOCTOR_LIMIT, /* a default run works, something else does not */
	DOCTOR_BAD,   /* a default run does not work */
};

struct doctor_check {
	const char *area; /* "QEMU", "kernel", "settings"... */
	char *subject;	  /* "qemu-system-aarch64" */
	enum doctor_status status;
	char *value; /* what was found or chosen; NULL: nothing */
	char *why;   /* NULL: speaks for itself */
	char *fix;   /* what to do, where possible a command; NULL: nothing to do */
};

struct doctor {
	struct doctor_check *checks;
	size_t count, capacity;
	struct settings settings;
	struct store *store;	 /* NULL: it cannot be opened */
	const struct arch *arch; /* of a default run; NULL: klab does not know the host */
	char *qemu;		 /* of a default run; NULL: none */
};

/* Never fails: what is wrong is in the checks. */
void doctor_examine(struct doctor *doctor);
void doctor_deinit(struct doctor *doctor);
/* Would a default run work? */
bool doctor_is_well(const struct doctor *doctor);
const char *doctor_status_name(enum doctor_status status); /* "ok", "limit", "bad" */

/* For the files with checks. */
struct doctor_check *doctor_add(struct doctor *doctor, const char *area,
				const char *subject);
/* What the error says becomes why, its hint the fix.  Takes err. */
void doctor_fail(struct doctor_check *check, enum doctor_status status,
		 struct error *err);
void doctor_check_host(struct doctor *doctor);
void doctor_check_guest(struct doctor *doctor);

#endif
