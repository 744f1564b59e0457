// SPDX-License-Identifier: GPL-2.0-or-later
/* klab logs: what a guest's console has said. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/verdict.h"
#include "lab/attach.h"
#include "lab/rundir.h"
#include "os/file.h"

#define LOG_MAX (1u << 30)

struct logs_options {
	bool follow;
};

static const struct option_row logs_rows[] = {
	{ .name = "follow",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct logs_options, follow),
	  .help = "Go on with what a running guest says" },
	OPTION_ROWS_END,
};

/* Bytes as they are into a file or pipe, harmless on a terminal. */
static struct error *print_log(const char *path)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_text_ struct text text = { 0 };

	TRY(file_read(path, LOG_MAX, &bytes));
	if (!isatty(STDOUT_FILENO))
		return fd_write_all(STDOUT_FILENO, bytes.data, bytes.size);
	for (size_t i = 0; i < bytes.size;) {
		const uint8_t *end = memchr(bytes.data + i, '\n', bytes.size - i);
		size_t length = end ? (size_t)(end - bytes.data) - i : bytes.size - i;
		size_t shown = length && bytes.data[i + length - 1] == '\r' ? length - 1
									    : length;

		text_append_harmless(&text, (const char *)bytes.data + i, shown);
		text_append_char(&text, '\n');
		i += length + 1;
	}
	return fd_write_all(STDOUT_FILENO, text_str(&text), text.length);
}

/* A running guest by its name; NULL if there is none of that name. */
static char *running_log(const char *name)
{
	_cleanup_free_ char *status = NULL;
	struct json_object *json, *log;
	char *path = NULL;
	struct error *err = attach_ask(name, "status", NULL, &status);

	/* Then it is the name of a run that has ended, which says so itself. */
	if (err) {
		error_ignore(err);
		return NULL;
	}
	json = json_tokener_parse(status);
	if (json && json_object_object_get_ex(json, "log", &log))
		path = xstrdup(json_object_get_string(log));
	json_object_put(json);
	return path;
}

static struct error *follow(struct call *call, const char *name)
{
	static char *words[] = { (char *)"--history", NULL };
	_cleanup_verdict_ struct verdict verdict = { 0 };

	call->guest->tty = TTY_NO;
	attach_run(&(struct attach_command){ .guest_name = name,
					     .options = call->guest,
					     .service = "console",
					     .words = &(struct strv){ .items = words,
								      .count = 1 } },
		   &verdict);
	if (verdict.ended == ENDED_RESET) /* the guest has ended: so has its log */
		verdict_set(&verdict, ENDED_EXITED, STATUS_OK);
	return report_verdict(call, &verdict);
}

static struct error *logs_run(struct call *call)
{
	const struct logs_options *options = call->options;
	const char *word = call->words.count ? call->words.items[0] : NULL;
	_cleanup_free_ char *path = NULL;

	if (options->follow)
		return follow(call, word);
	path = running_log(word);
	if (!path)
		TRY(rundir_find_console(word, &path));
	return print_log(path);
}

const struct command command_logs = {
	.name = "logs",
	.group = COMMAND_GUESTS,
	.summary = "what a guest's console has said",
	.arguments = "[GUEST|ID]",
	.description =
		"The whole console of a running guest, or of an earlier run by its "
		"ID (see --json); without a word that of the only guest that runs, "
		"else of the latest run.",
	.options = logs_rows,
	.options_size = sizeof(struct logs_options),
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = logs_run,
};
