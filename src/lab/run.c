// SPDX-License-Identifier: GPL-2.0-or-later
/* A new guest in the foreground: plan, guest, command, verdict. */
#include "lab/run.h"

#include "base/mem.h"
#include "lab/command.h"
#include "lab/guest.h"
#include "lab/run-internal.h"
#include "os/spawn.h"

static void note(struct run *run, const char *text)
{
	const struct run_ui *ui = run->options->ui;

	if (ui->note)
		ui->note(text, ui->argument);
}

static struct error *on_command_ended(const struct session_end *end, void *argument)
{
	struct run *run = argument;
	int signal = command_signal(run->command);

	if (guest_has_ended(run->guest))
		loop_exit(run->loop); /* what it had said has been written */
	else if (signal)
		guest_finish(run->guest, ENDED_INTERRUPTED, STATUS_SIGNAL + signal);
	else if (!end->lost && (!run->plan.on_console || end->output_error))
		guest_command_ended(run->guest, end);
	/* A lost session's guest reboots or has ended, a console's has ended: what that
	 * means is decided there. */
	return NULL;
}

static void on_leave(void *argument)
{
	struct run *run = argument;
	int signal = command_signal(run->command);

	if (guest_has_ended(run->guest))
		loop_exit(run->loop);
	else if (signal)
		guest_finish(run->guest, ENDED_INTERRUPTED, STATUS_SIGNAL + signal);
	else
		guest_finish(run->guest, ENDED_EXITED, STATUS_OK);
}

static struct error *start_command(struct run *run)
{
	_cleanup_free_ char *directory = root_directory(run->plan.root);
	struct command_options options = {
		.guest = run->options->guest,
		.directory = directory,
		.words = run->options->command,
		.evals = run->options->evals,
		.service = run->plan.on_console ? "console" : NULL,
		.monitor = true,
	};
	struct command_handlers handlers = {
		.ended = on_command_ended,
		.leave = on_leave,
		.argument = run,
	};

	return command_start(run->loop, run->client, &options, &handlers, &run->command);
}

/* A shell comes back after a reboot; a command does not get that far. */
static struct error *restart_command(void *argument)
{
	struct run *run = argument;

	loop_source_free(run->restart);
	run->restart = NULL;
	command_free(run->command);
	run->command = NULL;
	return start_command(run);
}

static void on_booting(void *argument)
{
	struct run *run = argument;
	const struct run_ui *ui = run->options->ui;

	/* On the console the kernel tells it itself, and nobody says when it is up. */
	if (ui->booting && !run->plan.on_console)
		ui->booting(ui->argument);
}

static void on_ready(void *argument)
{
	struct run *run = argument;
	const struct run_ui *ui = run->options->ui;

	if (ui->ready)
		ui->ready(ui->argument);
	if (run->rebooted && !run->restart)
		run->failed =
			loop_add_deferred(run->loop, restart_command, run, &run->restart);
	run->rebooted = false;
	if (run->failed)
		loop_exit(run->loop);
}

static void on_reset(void *argument)
{
	struct run *run = argument;

	run->rebooted = true;
	note(run, "the guest reboots");
}

static void on_panicked(void *argument)
{
	note(argument, "the guest has panicked and stands still; "
		       "\"klab gdb\" looks at it, Ctrl-a x ends it");
}

/* The last of the command's output may still be on its way to a slow reader. */
static void on_ended(void *argument)
{
	struct run *run = argument;

	if (command_has_ended(run->command) || guest_is_given_up(run->guest))
		loop_exit(run->loop);
}

static void on_crash_line(const char *line, size_t size, void *argument)
{
	struct run *run = argument;
	_cleanup_text_ struct text harmless = { 0 };

	text_append_harmless(&harmless, line, size);
	text_append_char(&harmless, '\n');
	command_note(run->command, harmless.data, harmless.length);
}

/* What the guest is for, by how klab was called. */
static enum plan_purpose purpose_of(const struct run_options *options)
{
	return options->command->count || !isatty(STDIN_FILENO) ? PLAN_COMMAND
								: PLAN_STAY;
}

/* Short enough to type; the tail of the run's id is random. */
static char *guest_name(const struct run *run)
{
	const char *wanted = run->options->guest->name;
	const char *random = strrchr(run->rundir.id, '-') + 1;

	return wanted ? xstrdup(wanted) : xasprintf("g%s", random);
}

/* What has no shell of klab's has nobody to give them to. */
static struct error *check_evals(const struct run *run)
{
	const struct strv *evals = run->options->evals;

	if (!run->plan.on_console || !evals || !evals->count)
		return NULL;
	return error_hint(error_new(ERROR_USAGE,
				    "--eval is for klab's shell, and this run is on the "
				    "console of the guest's own init"),
			  "--eval-late LINE: the guest runs it when its services are up");
}

struct error *run_prepare(struct run *run, enum plan_purpose purpose)
{
	const struct run_options *options = run->options;
	const struct run_ui *ui = options->ui;

	TRY(plan_make(options->guest, purpose, &ui->plan, &run->plan));
	TRY(check_evals(run));
	TRY(rundir_new(&run->rundir));
	run->rundir.detached = options->guest->detach;
	TRY(rundir_write_manifest(&run->rundir, &run->plan, options->arguments, NULL));
	run->name = guest_name(run);
	if (ui->planned)
		ui->planned(&run->plan, run->name, ui->argument);
	return NULL;
}

struct error *run_start_guest(struct run *run, enum plan_purpose purpose,
			      const struct guest_handlers *handlers)
{
	struct guest_start_options start = {
		.plan = &run->plan,
		.options = run->options->guest,
		.rundir = &run->rundir,
		.purpose = purpose,
		.name = run->name,
		.started_us = run->options->started_us,
		.handlers = *handlers,
	};

	TRY(loop_new(&run->loop));
	return guest_start(run->loop, &start, &run->guest);
}

void run_conclude(struct run *run, struct error *err, struct verdict *ret)
{
	if (run->guest && guest_has_ended(run->guest))
		guest_take_verdict(run->guest, ret);
	if (err)
		verdict_set_error(ret, err);
	error_free(err);
	command_judge_tests(run->command, ret);
	if (!run->rundir.path)
		return;
	err = rundir_write_manifest(&run->rundir, run->plan.kernel ? &run->plan : NULL,
				    run->options->arguments, ret);
	/* The run itself matters more than its record. */
	error_ignore(err);
}

void run_deinit(struct run *run)
{
	loop_source_free(run->restart);
	command_free(run->command);
	client_free(run->client);
	guest_free(run->guest);
	loop_free(run->loop);
	error_free(run->failed);
	rundir_deinit(&run->rundir);
	plan_deinit(&run->plan);
	free(run->name);
}

static struct error *run_to_end(struct run *run)
{
	struct guest_handlers handlers = {
		.booting = on_booting,
		.ready = on_ready,
		.reset = on_reset,
		.panicked = on_panicked,
		.ended = on_ended,
		.crash_line = on_crash_line,
		.argument = run,
	};
	enum plan_purpose purpose = purpose_of(run->options);
	int fd;

	TRY(run_prepare(run, purpose));
	TRY(run_start_guest(run, purpose, &handlers));
	TRY(keeper_connect(guest_keeper(run->guest), &fd));
	TRY(client_new(run->loop, fd, NULL, NULL, &run->client));
	TRY(start_command(run));
	TRY(loop_run(run->loop));
	return take_ptr(run->failed);
}

void run_foreground(const struct run_options *options, struct verdict *ret)
{
	_cleanup_(run_deinit) struct run run = {
		.options = options,
		.rundir = { .lock_fd = -1 },
	};

	*ret = (struct verdict){ 0 };
	run_conclude(&run, run_to_end(&run), ret);
}
