/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second stage of a root file system: a program of its own makes it whole, in a guest
 * that has it as its root.  The guest is a klab run like any other, in a process of its
 * own, since this one is busy making the guest that the user has asked for.
 */
#ifndef KLAB_LAB_SECOND_STAGE_H
#define KLAB_LAB_SECOND_STAGE_H

#include "kernel/fetch.h"
#include "lab/options.h"

struct second_stage {
	const char *disk;    /* a raw image, which is written to */
	const char *program; /* in it */
	const char *share;   /* of the host, there read-only as guest; NULL: none */
	const char *guest;
	const char *kernel; /* spec; NULL: what klab run takes */
	const struct arch *arch;
	const char *qemu;      /* NULL: the architecture's */
	unsigned int packages; /* that it installs, and their size, for the progress */
	uint64_t bytes;
	const struct fetch_progress *progress;
};

/* If it does not end with 0, what it said of that is the error's message. */
struct error *second_stage_run(const struct second_stage *stage) _must_check_;

#endif
