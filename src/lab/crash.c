// SPDX-License-Identifier: GPL-2.0-or-later
/* Crash text on a console: where a report begins, what it is called, where it ends. */
#include "lab/crash.h"

#include <ctype.h>

#include "base/mem.h"

#define LINE_MAX_SIZE 1024
#define TEXT_MAX_SIZE (64u * 1024)
#define REPORT_LINES 120

/* How reports begin, after the time stamp.  The first row that fits decides. */
static const struct {
	const char *start;
	const char *also; /* must stand somewhere in the line; NULL: nothing */
	enum crash_kind kind;
} beginnings[] = {
	{ "Kernel panic - not syncing", NULL, CRASH_PANIC },
	{ "watchdog: BUG: soft lockup", NULL, CRASH_OOPS },
	{ "watchdog: Watchdog detected hard LOCKUP", NULL, CRASH_OOPS },
	{ "BUG: ", NULL, CRASH_OOPS },
	{ "kernel BUG at ", NULL, CRASH_OOPS },
	{ "Oops", NULL, CRASH_OOPS },
	{ "Internal error: ", NULL, CRASH_OOPS },
	{ "Unable to handle kernel", NULL, CRASH_OOPS },
	{ "general protection fault", NULL, CRASH_OOPS },
	{ "double fault: ", NULL, CRASH_OOPS },
	{ "invalid opcode: ", NULL, CRASH_OOPS },
	{ "divide error: ", NULL, CRASH_OOPS },
	{ "KASAN: ", NULL, CRASH_OOPS },
	{ "WARNING: ", NULL, CRASH_WARNING },
	{ "UBSAN: ", NULL, CRASH_WARNING },
	{ "INFO: task ", "blocked for more than", CRASH_WARNING },
	{ "INFO: rcu", "stall", CRASH_WARNING },
	{ "rcu: INFO: ", "stall", CRASH_WARNING },
};

static const char *skip_escape(const char *s)
{
	if (s[0] != '\033' || s[1] != '[')
		return s;
	s += 2;
	while (*s && !isalpha((unsigned char)*s))
		s++;
	return *s ? s + 1 : s;
}

const char *console_line_message(const char *line)
{
	const char *s = line, *before;

	do {
		before = s;
		while (*s == '\r' || *s == ' ')
			s++;
		s = skip_escape(s);
		if (*s == '<' && isdigit((unsigned char)s[1])) { /* level */
			const char *end = strchr(s, '>');

			if (end && end - s <= 4)
				s = end + 1;
		}
		if (*s == '[') { /* time stamp or caller */
			size_t n = strspn(s + 1, " .0123456789TC");

			if (n && s[n + 1] == ']')
				s += n + 2;
		}
	} while (s != before);
	return s;
}

static enum crash_kind classify(const char *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		if (!has_prefix(message, beginnings[i].start))
			continue;
		if (!beginnings[i].also || strstr(message, beginnings[i].also))
			return beginnings[i].kind;
	}
	return CRASH_NONE;
}

static void report_line(struct crash_watch *watch)
{
	if (watch->text.length + watch->line.length < TEXT_MAX_SIZE) {
		text_append_bytes(&watch->text, watch->line.data, watch->line.length);
		text_append_char(&watch->text, '\n');
	}
	if (watch->on_line)
		watch->on_line(watch->line.data, watch->line.length, watch->argument);
}

static void line_done(struct crash_watch *watch)
{
	const char *message;
	enum crash_kind kind;

	while (watch->line.length && watch->line.data[watch->line.length - 1] == '\r')
		text_truncate(&watch->line, watch->line.length - 1);
	message = console_line_message(text_str(&watch->line));
	kind = classify(message);
	if (kind != CRASH_NONE)
		watch->report_left = REPORT_LINES;
	if (kind > watch->worst) {
		_cleanup_text_ struct text title = { 0 };

		text_append_harmless(&title, message, strlen(message));
		watch->worst = kind;
		free(watch->title);
		watch->title = text_take(&title);
	}
	if (watch->report_left) {
		watch->report_left--;
		report_line(watch);
		if (has_prefix(message, "---[ end"))
			watch->report_left = 0;
	}
	text_truncate(&watch->line, 0);
}

void crash_watch_feed(struct crash_watch *watch, const void *data, size_t size)
{
	const char *s = data;

	for (size_t i = 0; i < size; i++) {
		if (s[i] == '\n')
			line_done(watch);
		else if (s[i] && watch->line.length < LINE_MAX_SIZE)
			text_append_char(&watch->line, s[i]);
	}
}

void crash_watch_finish(struct crash_watch *watch)
{
	if (watch->line.length)
		line_done(watch);
	watch->report_left = 0;
}

void crash_watch_deinit(struct crash_watch *watch)
{
	free(watch->title);
	text_deinit(&watch->text);
	text_deinit(&watch->line);
	*watch = (struct crash_watch){ 0 };
}

const char *crash_kind_name(enum crash_kind kind)
{
	static const char *const names[] = {
		[CRASH_NONE] = "none",
		[CRASH_WARNING] = "warning",
		[CRASH_OOPS] = "oops",
		[CRASH_PANIC] = "panic",
	};

	return names[kind];
}
