// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors, notes and JSON objects on their way to the user. */
#include "cli/print.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "os/file.h"

static bool has_colour(void)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !(no_color && *no_color) && term &&
	       !streq(term, "dumb");
}

/* Paths and words of guests and strangers are in messages: no control sequences. */
static void print_line(const char *label, const char *sgr, const char *sentence)
{
	_cleanup_text_ struct text line = {};
	bool colour = has_colour();

	text_append_harmless(&line, sentence, strlen(sentence));
	fflush(stdout);
	fprintf(stderr, "%sklab:%s%s %s\n", colour ? sgr : "", label,
		colour ? "\033[0m" : "", text_str(&line));
}

void print_error(const struct error *err)
{
	print_line("", "\033[1;31m", error_message(err));
	if (error_hint_text(err))
		print_line(" try:", "\033[1m", error_hint_text(err));
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
	print_line("", "\033[1m", sentence);
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
	struct json_object *object = json_object_new_object();
	const char *hint = error_hint_text(err);
	struct error *failed;

	json_object_object_add(object, "ended", json_object_new_string("error"));
	json_object_object_add(object, "status", json_object_new_int(status));
	json_object_object_add(object, "error",
			       json_object_new_string(error_message(err)));
	if (hint)
		json_object_object_add(object, "hint", json_object_new_string(hint));
	failed = print_json_line(json_object_to_json_string_ext(
					 object, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE),
				 where);
	json_object_put(object);
	/* The place for the JSON cannot be written: then both errors as text. */
	if (failed) {
		print_error(err);
		print_error(failed);
		error_free(failed);
	}
}

struct error *print_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return NULL;
	return error_os(errno ? errno : EIO, "writing to stdout");
}
