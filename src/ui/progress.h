/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress of what takes long: fetching, unpacking, building.  On a terminal one line that
 * is redrawn and disappears at the end; where somebody asked for it without a terminal one
 * line a stage; else nothing.  A bar is not shown for what is done within half a second.
 */
#ifndef KLAB_UI_PROGRESS_H
#define KLAB_UI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#define PROGRESS_DELAY_MS 500
#define PROGRESS_REDRAW_MS 100

enum progress_mode {
	PROGRESS_SILENT,
	PROGRESS_LINES, /* one at the start of each stage */
	PROGRESS_BAR,
};

struct progress_options {
	enum progress_mode mode;
	int fd;		  /* where to draw; borrowed */
	const char *unit; /* what is counted: "steps"; NULL: bytes */
	/* Width of the terminal, asked at each redraw; NULL: 80. */
	unsigned short (*columns)(int fd);
	/* A monotonic clock in milliseconds: clock_ms(). */
	uint64_t (*now_ms)(void);
};

struct progress;

/* The bar on a terminal, lines if the user insists (-v, --progress), else nothing. */
enum progress_mode progress_mode_for(int fd, bool insisted);
struct progress *progress_new(const struct progress_options *options);
/* How far it is: any number of times, as often as one likes.  Another stage than last
 * time starts that one.  total 0: not known; done 0 too: nothing is counted. */
void progress_update(struct progress *progress, const char *stage, uint64_t done,
		     uint64_t total);
/* Take the line away so that something else can be printed; it returns by itself. */
void progress_hide(struct progress *progress);
/* It is over: takes the line away. */
void progress_free(struct progress *progress);
DEFINE_CLEANUP(struct progress *, progress_free)

#endif
