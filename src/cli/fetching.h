/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fetch as the user sees it: on a terminal one line on stderr that moves (what, how much
 * of how much, how fast, how long still), else one line for each stage.
 */
#ifndef KLAB_CLI_FETCHING_H
#define KLAB_CLI_FETCHING_H

#include "kernel/fetch.h"

struct fetching {
	struct fetch_progress progress; /* to hand to whoever may fetch */
	char *stage;
	uint64_t stage_started_ms;
	uint64_t shown_ms;
	bool terminal;
	bool line_open; /* the moving line is on the screen */
};

/* The object stays where it is: progress points to it. */
void fetching_init(struct fetching *fetching);
/* Takes the moving line away. */
void fetching_done(struct fetching *fetching);
#define _cleanup_fetching_ _cleanup_(fetching_done)

#endif
