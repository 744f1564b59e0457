// SPDX-License-Identifier: GPL-2.0-or-later
/* klab debug and klab gdb. */
#include "lab/debug.h"

#include "cli/building.h"
#include "cli/command.h"
#include "cli/guest-ui.h"
#include "cli/print.h"
#include "cli/verdict.h"
#include "lab/attach.h"

struct debug_options {
	char *break_at;
	char *program;
	bool batch;
	struct strv commands; /* -ex */
	struct strv scripts;  /* -x */
	bool stdio;
};

/* The first is of klab gdb alone. */
static const struct option_row rows[] = {
	{ .name = "stdio",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct debug_options, stdio),
	  .help = "No gdb: its remote protocol on stdin and stdout" },
	{ .kind = OPTION_TITLE, .help = "gdb:" },
	{ .name = "break",
	  .letter = 'b',
	  .argument = "SYMBOL",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct debug_options, break_at),
	  .help = "Run to this function at once" },
	{ .name = "batch",
	  .traits = OPTION_ONE_DASH,
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct debug_options, batch),
	  .help = "Leave gdb when its commands are done" },
	{ .name = "ex",
	  .traits = OPTION_ONE_DASH,
	  .argument = "COMMAND",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct debug_options, commands),
	  .help = "Run a command of gdb" },
	{ .name = "x",
	  .traits = OPTION_ONE_DASH,
	  .argument = "FILE",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct debug_options, scripts),
	  .values = OPTION_VALUES_FILES,
	  .help = "Run a script of gdb" },
	{ .name = "gdb",
	  .argument = "PROGRAM",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct debug_options, program),
	  .help = "Which gdb (gdb, or gdb-multiarch)" },
	OPTION_ROWS_END,
};

static void gdb_arguments(const struct call *call, struct strv *ret)
{
	const struct debug_options *options = call->options;

	if (options->batch)
		strv_push(ret, "-batch");
	for (size_t i = 0; i < options->commands.count; i++) {
		strv_push(ret, "-ex");
		strv_push(ret, options->commands.items[i]);
	}
	for (size_t i = 0; i < options->scripts.count; i++) {
		strv_push(ret, "-x");
		strv_push(ret, options->scripts.items[i]);
	}
	strv_push_all(ret, (const char *const *)call->guest->command.items);
}

static struct error *debug_run(struct call *call)
{
	const struct debug_options *options = call->options;
	_cleanup_strv_ struct strv arguments = { 0 };
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	struct gdb_options gdb = {
		.program = options->program,
		.break_at = options->break_at,
		.batch = options->batch,
		.arguments = &arguments,
	};
	struct run_options run = {
		.guest = call->guest,
		.command = &call->guest->command,
		.arguments = (const char *const *)call->argv + 1,
		.started_us = call->started_us,
		.ui = &ui.run,
	};

	TRY(building_before_run(call));
	run.started_us = call->started_us;
	guest_ui_init(&ui, call);
	gdb_arguments(call, &arguments);
	debug_new_guest(&run, &gdb, &verdict);
	return report_verdict(call, &verdict);
}

/* gdb's end of the connection.  Out of the terminal's foreground group: a Ctrl-C there is
 * gdb's, which then asks for a stop over the connection. */
static struct error *gdb_stdio(struct call *call, const char *guest)
{
	static const struct strv nothing;
	_cleanup_verdict_ struct verdict verdict = { 0 };

	(void)setpgid(0, 0); /* a session leader has left it already */
	call->guest->tty = TTY_NO;
	attach_run(&(struct attach_command){ .guest_name = guest,
					     .options = call->guest,
					     .service = "gdb",
					     .words = &nothing },
		   &verdict);
	return report_verdict(call, &verdict);
}

static struct error *gdb_run(struct call *call)
{
	const struct debug_options *options = call->options;
	const char *guest = call->words.count ? call->words.items[0] : NULL;
	_cleanup_strv_ struct strv arguments = { 0 };
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	struct gdb_options gdb = {
		.program = options->program,
		.break_at = options->break_at,
		.batch = options->batch,
		.arguments = &arguments,
	};

	if (options->stdio)
		return gdb_stdio(call, guest);
	guest_ui_init(&ui, call);
	gdb_arguments(call, &arguments);
	return debug_attach(guest, &gdb, &ui.run, &call->status);
}

static const struct command_example debug_examples[] = {
	{ "klab debug", "halted at the first instruction" },
	{ "klab debug -b start_kernel", "halted in a function" },
	{ "klab debug --batch -b start_kernel -ex bt", "for scripts" },
	{ NULL, NULL },
};

const struct command command_debug = {
	.name = "debug",
	.group = COMMAND_DEBUGGING,
	.summary = "start a guest under gdb",
	.arguments = "[-- GDB-WORD...]",
	.description =
		"Starts a guest that is halted before its first instruction, and gdb on "
		"it with the kernel's symbols and source if it has any. KASLR is off. What "
		"follows -- goes to gdb. The guest ends with gdb.",
	.examples = debug_examples,
	.traits = COMMAND_TAKES_CMD | COMMAND_RUNS,
	.shared = OPTIONS_GUEST,
	.options = rows + 1,
	.options_size = sizeof(struct debug_options),
	.run = debug_run,
};

static const struct command_example gdb_examples[] = {
	{ "klab gdb vm", "look at a running guest; it stands still meanwhile" },
	{ "klab gdb --batch -ex 'info registers' vm", "for scripts" },
	{ NULL, NULL },
};

const struct command command_gdb = {
	.name = "gdb",
	.group = COMMAND_DEBUGGING,
	.summary = "attach gdb to a running guest",
	.arguments = "[GUEST] [-- GDB-WORD...]",
	.description =
		"Attaches gdb to the guest, or to the only one that runs, however "
		"it was started. It stands still until gdb lets it go on, and goes "
		"on when gdb leaves. What follows -- goes to gdb.",
	.examples = gdb_examples,
	.traits = COMMAND_TAKES_CMD | COMMAND_RUNS,
	.options = rows,
	.options_size = sizeof(struct debug_options),
	.words_max = 1,
	.words_are = OPTION_VALUES_GUESTS,
	.run = gdb_run,
};
