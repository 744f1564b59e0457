/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fetch as the user sees it (ui/progress): on a terminal one line on stderr that moves,
 * else one line for each stage, with -q nothing.
 */
#ifndef KLAB_CLI_FETCHING_H
#define KLAB_CLI_FETCHING_H

#include "cli/command.h"
#include "kernel/fetch.h"

struct progress;

struct fetching {
	struct fetch_options options; /* to hand to whoever may fetch */
	struct fetch_progress progress;
	struct progress *shown;
};

/* From where, by the settings; what they point to stays the call's. */
void fetching_init(struct fetching *fetching, const struct call *call);
/* From now on SIGINT and its like end a fetch in order, by an error of its progress; for a
 * command that does nothing else.  The second one kills, as ever. */
void fetching_catch_signals(void);
/* Takes the moving line away. */
void fetching_done(struct fetching *fetching);
#define _cleanup_fetching_ _cleanup_(fetching_done)

#endif
