// SPDX-License-Identifier: GPL-2.0-or-later
/* The progress of a fetch on stderr. */
#include "cli/fetching.h"

#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/print.h"
#include "os/clock.h"
#include "os/tty.h"

#define REDRAW_MS 100
/* Before that a rate is a guess. */
#define RATE_AFTER_MS 1000

static void clear_line(struct fetching *fetching)
{
	if (fetching->line_open)
		fputs("\r\033[K", stderr);
	fetching->line_open = false;
}

/* ", 3.2 MiB/s, 12 s left" */
static void append_rate(const struct fetching *fetching, uint64_t done, uint64_t total,
			struct text *line)
{
	uint64_t ms = clock_ms() - fetching->stage_started_ms;
	_cleanup_free_ char *rate = NULL;

	if (ms < RATE_AFTER_MS || !done || done > total)
		return;
	rate = format_size(done * 1000 / ms);
	text_appendf(line, ", %s/s, %llu s left", rate,
		     (unsigned long long)((total - done) * ms / done / 1000));
}

static void show_line(struct fetching *fetching, uint64_t done, uint64_t total)
{
	_cleanup_text_ struct text line = {};
	unsigned short rows, columns;

	text_append(&line, "klab: ");
	text_append_harmless(&line, fetching->stage, strlen(fetching->stage));
	if (total) {
		_cleanup_free_ char *have = format_size(done);
		_cleanup_free_ char *whole = format_size(total);

		text_appendf(&line, ": %llu %%, %s of %s",
			     (unsigned long long)(done * 100 / total), have, whole);
		append_rate(fetching, done, total, &line);
	}
	/* A line that wraps could not be taken back. */
	if (tty_size(STDERR_FILENO, &rows, &columns) && columns && line.length >= columns)
		text_truncate(&line, columns - 1u);
	clear_line(fetching);
	fputs(text_str(&line), stderr);
	fetching->line_open = true;
}

static struct error *update(const char *stage, uint64_t done, uint64_t total,
			    void *argument)
{
	struct fetching *fetching = argument;
	bool is_new = !fetching->stage || !streq(fetching->stage, stage);
	uint64_t now = clock_ms();

	if (!log_enabled(LOG_LEVEL_NORMAL))
		return NULL;
	if (is_new) {
		free(fetching->stage);
		fetching->stage = xstrdup(stage);
		fetching->stage_started_ms = now;
		if (!fetching->terminal)
			print_note("%s", stage);
	}
	if (fetching->terminal && (is_new || now - fetching->shown_ms >= REDRAW_MS)) {
		show_line(fetching, done, total);
		fetching->shown_ms = now;
	}
	return NULL;
}

void fetching_init(struct fetching *fetching)
{
	const char *term = getenv("TERM");

	*fetching = (struct fetching){
		.progress = { .update = update, .argument = fetching },
		.terminal = isatty(STDERR_FILENO) && term && !streq(term, "dumb"),
	};
}

void fetching_done(struct fetching *fetching)
{
	clear_line(fetching);
	free(fetching->stage);
	fetching->stage = NULL;
}
