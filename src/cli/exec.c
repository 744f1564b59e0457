// SPDX-License-Identifier: GPL-2.0-or-later
/* klab exec, shell, console: something of a running guest on this terminal. */
#include "cli/command.h"
#include "cli/print.h"
#include "cli/verdict.h"
#include "lab/attach.h"

static void say_halted(const char *guest_name, void *argument)
{
	print_note(
		"the guest %s is halted, by a debugger or the monitor: this waits until "
		"it goes on",
		guest_name);
}

static struct error *attach(struct call *call, const char *service)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	struct attach_command command = {
		.guest_name = call->words.count ? call->words.items[0] : NULL,
		.options = call->guest,
		.service = service,
		.words = &call->guest->command,
		.on_halted = service ? NULL : say_halted,
	};

	attach_run(&command, &verdict);
	return report_verdict(call, &verdict);
}

static struct error *exec_run(struct call *call)
{
	return attach(call, NULL);
}

static struct error *console_run(struct call *call)
{
	return attach(call, "console");
}

static const struct command_example exec_examples[] = {
	{ "klab exec vm -- dmesg", "its output here" },
	{ "klab exec -- sh -c 'exit 7'", "in the only guest that runs; status 7" },
	{ NULL, NULL },
};

const struct command command_exec = {
	.name = "exec",
	.group = COMMAND_GUESTS,
	.summary = "run a command in a running guest",
	.arguments = "[GUEST] -- CMD...",
	.description =
		"Runs CMD in the guest, or in the only one that runs, with this "
		"command's stdin, stdout and stderr; the exit status is CMD's own.",
	.examples = exec_examples,
	.traits = COMMAND_TAKES_CMD | COMMAND_NEEDS_CMD | COMMAND_RUNS,
	.shared = OPTIONS_SESSION | OPTIONS_LIMITS,
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = exec_run,
};

const struct command command_shell = {
	.name = "shell",
	.group = COMMAND_GUESTS,
	.summary = "a shell in a running guest",
	.arguments = "[GUEST]",
	.description = "A further shell in the guest, or in the only one that runs. "
		       "Ctrl-d or Ctrl-a x leaves it; the guest goes on.",
	.traits = COMMAND_RUNS,
	.shared = OPTIONS_SESSION | OPTIONS_LIMITS,
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = exec_run,
};

const struct command command_console = {
	.name = "console",
	.group = COMMAND_GUESTS,
	.summary = "the serial console of a running guest",
	.arguments = "[GUEST]",
	.description = "What the guest's serial console says from now on, and what you "
		       "type goes to it. Ctrl-a x leaves it; the guest goes on. For what "
		       "it has said so far see klab logs.",
	.traits = COMMAND_RUNS,
	.shared = OPTIONS_LIMITS,
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = console_run,
};
