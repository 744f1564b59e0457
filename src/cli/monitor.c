// SPDX-License-Identifier: GPL-2.0-or-later
/* klab monitor: QEMU's monitor of a running guest. */
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/print.h"
#include "lab/attach.h"
#include "lab/verdict.h"
#include "cli/verdict.h"

struct monitor_options {
	bool qmp;
};

static const struct option_row monitor_rows[] = {
	{ .name = "qmp",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct monitor_options, qmp),
	  .help = "The words are QMP commands, the answers JSON" },
	OPTION_ROWS_END,
};

/* `klab monitor GUEST -- info registers`: the words behind "--" are one line. */
static struct error *monitor_run(struct call *call)
{
	const struct monitor_options *options = call->options;
	const char *guest = call->words.count ? call->words.items[0] : NULL;
	_cleanup_free_ char *line = strv_join(&call->guest->command, " ");
	_cleanup_free_ char *answer = NULL;
	_cleanup_verdict_ struct verdict verdict = { 0 };
	const char *argv[3] = { 0 };
	size_t n = 0;

	if (options->qmp)
		argv[n++] = "--qmp";
	if (call->guest->command.count) {
		argv[n++] = line;
		TRY(attach_ask(guest, "monitor", argv, &answer));
		fputs(answer, stdout);
		return NULL;
	}
	/* A line is edited by the terminal itself and ends as it ends one. */
	call->guest->tty = TTY_NO;
	if (isatty(STDIN_FILENO))
		print_note("QEMU's monitor, a command a line; Ctrl-d leaves");
	attach_run(
		&(struct attach_command){
			.guest_name = guest,
			.options = call->guest,
			.service = "monitor",
			.words = &(struct strv){ .items = (char **)argv, .count = n },
		},
		&verdict);
	return report_verdict(call, &verdict);
}

static const struct command_example examples[] = {
	{ "klab monitor vm -- info registers", "one line of HMP" },
	{ "echo 'info qtree' | klab monitor vm", "lines from stdin" },
	{ "klab monitor --qmp vm -- '{\"execute\": \"query-status\"}'", "QMP" },
	{ NULL, NULL },
};

const struct command command_monitor = {
	.name = "monitor",
	.group = COMMAND_GUESTS,
	.summary = "QEMU's monitor of a running guest",
	.arguments = "[GUEST] [-- LINE]",
	.description =
		"Gives the words behind -- to QEMU's monitor and prints the answer; "
		"without words each line of stdin.",
	.examples = examples,
	.traits = COMMAND_TAKES_CMD,
	.shared = OPTIONS_LIMITS,
	.options = monitor_rows,
	.options_size = sizeof(struct monitor_options),
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = monitor_run,
};
