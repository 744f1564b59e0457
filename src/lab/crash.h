/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches a guest's console for crash text: panics, oopses, warnings.  It finds where a
 * report begins and ends and gives it a title; it decodes nothing.
 */
#ifndef KLAB_LAB_CRASH_H
#define KLAB_LAB_CRASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* In order of gravity. */
enum crash_kind { CRASH_NONE, CRASH_WARNING, CRASH_OOPS, CRASH_PANIC };

struct crash_watch {
	enum crash_kind worst;
	char *title;	  /* of the first report of the worst kind; NULL: none */
	struct text text; /* the reports, without time stamps cut off; bounded */

	/* Each line of a report as it comes, for the user's eyes; may be NULL. */
	void (*on_line)(const char *line, size_t size, void *argument);
	void *argument;

	/* Inner state. */
	struct text line;
	unsigned int report_left; /* lines that may still belong to the report */
};

void crash_watch_deinit(struct crash_watch *watch);
void crash_watch_feed(struct crash_watch *watch, const void *data, size_t size);
/* The console has ended: what stands without a newline counts too. */
void crash_watch_finish(struct crash_watch *watch);
const char *crash_kind_name(enum crash_kind kind); /* "oops" */

/* A console line without escape sequences, "<4>", "[    1.234567]", "[   T42]" in front.
 * Borrowed from line. */
const char *console_line_message(const char *line);

#endif
