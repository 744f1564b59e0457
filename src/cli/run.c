// SPDX-License-Identifier: GPL-2.0-or-later
/* klab run: a new guest. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/building.h"
#include "cli/command.h"
#include "cli/explain-cmdline.h"
#include "cli/guest-ui.h"
#include "cli/print.h"
#include "cli/verdict.h"
#include "lab/run.h"

struct own_options {
	struct strv evals;
	bool explain_cmdline;
};

static struct error *dry_run(struct call *call)
{
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	_cleanup_plan_ struct plan plan = { 0 };
	_cleanup_strv_ struct strv command = { 0 };
	_cleanup_free_ char *line = NULL;
	enum plan_purpose purpose = call->guest->command.count ? PLAN_COMMAND : PLAN_STAY;

	guest_ui_init(&ui, call);
	TRY(plan_make(call->guest, purpose, &ui.run.plan, &plan));
	TRY(qemu_command(&plan.machine, NULL, &command));
	line = strv_shell(&command);
	puts(line);
	return NULL;
}

static struct error *detached(struct call *call, const struct run_options *options)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_free_ char *name = NULL;

	if (call->guest->command.count)
		return error_hint(error_new(ERROR_USAGE, "-d takes no command"),
				  "start the guest with klab run -d --name NAME, then "
				  "klab exec NAME -- CMD");
	run_detached(options, &name, &verdict);
	if (!name)
		return report_verdict(call, &verdict);
	puts(name);
	print_note("running; its console: %s", verdict.console);
	return NULL;
}

static struct error *run_run(struct call *call)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	const struct own_options *own = call->options;
	struct run_options options = {
		.guest = call->guest,
		.command = &call->guest->command,
		.evals = &own->evals,
		.arguments = (const char *const *)call->argv + 1,
		.started_us = call->started_us,
		.ui = &ui.run,
	};

	if (own->evals.count &&
	    (call->guest->command.count || call->guest->detach || call->guest->no_agent))
		return error_hint(error_new(ERROR_USAGE, "--eval is for a shell"),
				  "put the line before the command: --sh -- 'LINE; CMD'; "
				  "or let the guest run it by itself: --eval-late LINE");
	if (own->explain_cmdline)
		return explain_cmdline(call);
	if (call->guest->dry_run)
		return dry_run(call);
	TRY(building_before_run(call));
	options.started_us = call->started_us;
	guest_ui_init(&ui, call);
	if (call->guest->detach)
		return detached(call, &options);
	run_foreground(&options, &verdict);
	guest_ui_deinit(&ui);
	return report_verdict(call, &verdict);
}

static const struct option_row options[] = {
	{ .name = "eval",
	  .argument = "LINE",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct own_options, evals),
	  .help = "A line that the guest's shell runs before it takes its input" },
	{ .name = "explain-cmdline",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, explain_cmdline),
	  .help = "Say what the kernel would do with each word of its command line, and start nothing" },
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab run", "a shell in a guest" },
	{ "klab run -- uname -r", "one command; its output, its exit status" },
	{ "klab run -k ~/linux --add t.sh -- /t.sh",
	  "a script, on the kernel built in ~/linux" },
	{ "git bisect run klab run --build -k . -- true",
	  "the commit from which on it does not boot" },
	{ "klab run --arch aarch64", "another architecture" },
	{ "klab run -d --name vm", "a guest that stays; then klab exec vm -- CMD" },
	{ NULL, NULL },
};

const struct command command_run = {
	.name = "run",
	.group = COMMAND_GUESTS,
	.summary = "start a guest: a shell, or one command",
	.arguments = "[-- CMD...]",
	.description =
		"Starts a guest with the given kernel and runs CMD in it with this "
		"command's stdin, stdout and stderr; without CMD a shell. The exit status "
		"is CMD's own, or says what became of the guest (see klab(1)).\n\n"
		"Without -k the kernel is the tree that you stand in if it is built, else "
		"the newest stored Debian kernel, else that is fetched.\n\n"
		"On a terminal Ctrl-a x ends the guest, Ctrl-a c is QEMU's monitor, "
		"Ctrl-a h tells the rest.",
	.examples = examples,
	.traits = COMMAND_TAKES_CMD | COMMAND_RUNS,
	.shared = OPTIONS_GUEST,
	.options = options,
	.options_size = sizeof(struct own_options),
	.run = run_run,
};
