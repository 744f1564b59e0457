// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program: finds the command, has its words parsed, runs it, and is the only place
 * that prints errors and chooses the exit status.
 */
#include <argp.h>
#include <ctype.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/mistake.h"
#include "cli/parse.h"
#include "cli/print.h"
#include "os/file.h"
#include "os/clock.h"

/* ARCH=arm64 as the first word belongs to run. */
static bool is_variable(const char *word)
{
	size_t length = 0;

	while (isupper((unsigned char)word[length]) || word[length] == '_')
		length++;
	return length > 0 && word[length] == '=';
}

/* Which command is it, and how many of argv's words are before its own? */
static struct error *find_command(int argc, char **argv, struct call *call, int *ret_skip)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	*ret_skip = 1;
	if (!word || *word == '-' || is_variable(word)) {
		call->implicit = true;
		*ret_skip = 0;
		word = "run";
	}
	/* `klab --help run` is `klab help run`. */
	if (argc > 1 && (streq(argv[1], "-h") || streq(argv[1], "--help"))) {
		*ret_skip = 1;
		word = "help";
	}
	call->command = command_find(word);
	return call->command ? NULL : mistake_command(word);
}

static void call_init(struct call *call)
{
	const struct command *command = call->command;

	settings_init(&call->settings);
	call->guest = &call->settings.guest;
	if (command && command->options_size)
		call->options = xcalloc(1, command->options_size);
	if (command && command->options_defaults)
		memcpy(call->options, command->options_defaults, command->options_size);
}

static void call_deinit(struct call *call)
{
	if (call->options)
		option_rows_deinit(call->command->options, call->options);
	free(call->options);
	strv_deinit(&call->words);
	settings_deinit(&call->settings);
}

static enum log_level wanted_level(const struct common_options *common)
{
	if (common->quiet)
		return LOG_LEVEL_QUIET;
	return MIN(common->verbose, (unsigned int)LOG_LEVEL_TRACE);
}

static struct error *call_run(struct call *call, struct parse *parse, int argc,
			      char **argv)
{
	if (call->command->traits & COMMAND_RAW) {
		strv_push_all(&call->words, (const char *const *)argv + 1);
		return call->command->run(call);
	}
	TRY(parse_words(parse, argc, argv));
	if (call->common.help) {
		parse_print_help(parse, stdout);
		return NULL;
	}
	TRY(parse_apply(parse));
	log_set_level(wanted_level(&call->common));
	for (size_t i = 0; i < call->settings.notes.count; i++)
		print_note("%s", call->settings.notes.items[i]);
	return call->command->run(call);
}

static int error_status(const struct error *err, const struct call *call)
{
	if (error_is(err, ERROR_USAGE))
		return STATUS_USAGE;
	if (error_is(err, ERROR_INTERRUPTED))
		return STATUS_SIGNAL + (error_signal(err) ? error_signal(err) : SIGINT);
	if (call->command && call->command->traits & COMMAND_RUNS)
		return STATUS_CANNOT_RUN;
	return STATUS_FAILED;
}

static int fail(const struct error *err, const struct call *call, const char *json)
{
	int status = error_status(err, call);

	/* The JSON behind it: it is the last line of stderr. */
	print_error(err);
	if (json)
		print_error_json(err, status, json);
	return status;
}

static int run_command(int argc, char **argv)
{
	_cleanup_parse_ struct parse parse = {};
	_cleanup_error_ struct error *err = NULL;
	_cleanup_(call_deinit) struct call call = { .argv = argv,
						    .started_us = clock_us() };
	int skip;

	err = find_command(argc, argv, &call, &skip);
	call_init(&call);
	if (err)
		return fail(err, &call, NULL);
	parse_init(&parse, &call);
	err = call_run(&call, &parse, argc - skip, argv + skip);
	if (!err)
		err = print_finish();
	return err ? fail(err, &call, parse_json(&parse)) : call.status;
}

int main(int argc, char **argv)
{
	struct error *err;

	argp_err_exit_status = STATUS_USAGE;
	/* A reader that goes away, a file that may not grow: errors of write(). */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, ""); /* tables cut and pad by characters */
	err = fd_fill_standard();
	if (err) {
		error_free(err); /* there is nowhere to report it */
		return STATUS_CANNOT_RUN;
	}
	if (argc == 2 && (streq(argv[1], "--version") || streq(argv[1], "-V"))) {
		puts("klab " KLAB_VERSION);
		return STATUS_OK;
	}
	return run_command(argc, argv);
}
