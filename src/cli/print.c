// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors, notes and JSON objects on their way to the user. */
#include "cli/print.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "format/json.h"
#include "os/file.h"
#include "ui/colour.h"

/* Paths and words of guests and strangers are in messages: no control sequences. */
static void print_line(const char *label, enum colour colour, const char *sentence)
{
	_cleanup_text_ struct text line = {};
	bool wanted = colour_wanted(STDERR_FILENO);

	text_append_harmless(&line, sentence, strlen(sentence));
	fflush(stdout);
	fprintf(stderr, "%sklab:%s%s %s\n", colour_on(wanted, colour), label,
		colour_off(wanted, colour), text_str(&line));
}

void print_error(const struct error *err)
{
	print_line("", COLOUR_BAD, error_sentence(err));
	if (error_hint_text(err))
		print_line(" try:", COLOUR_STRONG, error_hint_text(err));
}

void print_note(const char *fmt, ...)
{
	_cleanup_free_ char *sentence = NULL;
	va_list args;
	int length;

	if (!log_enabled(LOG_LEVEL_NORMAL))
		return;
	va_start(args, fmt);
	length = vasprintf(&sentence, fmt, args);
	va_end(args);
	if (length < 0) {
		sentence = NULL;
		return;
	}
	print_line("", COLOUR_STRONG, sentence);
}

struct error *print_json_line(const char *json, const char *where)
{
	_cleanup_free_ char *line = NULL;
	const char *number = after_prefix(where, "fd:");
	uint64_t fd = STDERR_FILENO;

	if (asprintf(&line, "%s\n", json) < 0) {
		line = NULL;
		return error_os(ENOMEM, "writing JSON");
	}
	if (*where && !number)
		return file_write(where, line, strlen(line), 0666);
	if (number)
		TRY_WRAP(parse_u64(number, 0, INT_MAX, &fd), "--json=%s", where);
	fflush(stdout);
	return fd_write_all((int)fd, line, strlen(line));
}

void print_error_json(const struct error *err, int status, const char *where)
{
	_cleanup_json_ struct json_object *object = json_new_object();
	_cleanup_free_ char *line = NULL;
	_cleanup_error_ struct error *failed = NULL;

	json_add_string(object, "ended", "error");
	json_add_i64(object, "status", status);
	json_add_string(object, "message", error_sentence(err));
	json_add_string(object, "hint", error_hint_text(err));
	line = json_line(object);
	failed = print_json_line(line, where);
	if (failed)
		print_error(failed);
}

struct error *print_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return NULL;
	return error_os(errno ? errno : EIO, "writing to stdout");
}
