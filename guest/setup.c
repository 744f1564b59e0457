// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's orders: a table of words, each with the one who carries it out. */
#include "setup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "host.h"
#include "late.h"
#include "net.h"
#include "note.h"
#include "ready.h"
#include "root.h"
#include "screen.h"
#include "share.h"

static const struct {
	const char *word;
	void (*apply)(char *rest);
	enum setup_phase phase;
} orders[] = {
	{ "root", root_apply, SETUP_ROOT },   { "host", host_apply, SETUP_ROOT },
	{ "late", late_apply, SETUP_REST },   { "net", net_apply, SETUP_REST },
	{ "ready", ready_apply, SETUP_REST }, { "screen", screen_apply, SETUP_REST },
	{ "share", share_apply, SETUP_REST },
};

static char list[16384];
static char trouble[400];

bool setup_read(void)
{
	return file_read(list, sizeof(list), SETUP_LIST) > 0;
}

void setup_fail(const char *fmt, ...)
{
	char text[sizeof(trouble)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note_fault("%s", text);
	if (!trouble[0])
		memcpy(trouble, text, sizeof(trouble));
}

const char *setup_trouble(void)
{
	return trouble[0] ? trouble : NULL;
}

static void apply_line(char *line, enum setup_phase phase)
{
	const char *word = strsep(&line, " ");

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (strcmp(word, orders[i].word) == 0) {
			if (orders[i].phase == phase)
				orders[i].apply(line);
			return;
		}
	setup_fail("this agent cannot do what klab orders: %s", word);
}

void setup_apply(enum setup_phase phase)
{
	static char copy[sizeof(list)]; /* the other phase needs it whole */
	char *rest = copy, *line;

	memcpy(copy, list, sizeof(copy));
	while ((line = strsep(&rest, "\n")))
		if (*line)
			apply_line(line, phase);
}
