// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs klab, reads what dpkg says of its progress, and keeps the last line. */
#include "lab/second-stage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "kernel/apt.h"
#include "os/dirs.h"
#include "os/spawn.h"

#define TICK_MS 200
#define LINE_MAX_BYTES 4096
/* TCG on a busy host takes minutes. */
#define TIMEOUT "7200"
/* For the guest to be shut down. */
#define STOP_MS 30000

struct staging {
	const struct second_stage *stage;
	struct process process;
	int output; /* -1: its end */
	struct text line, last, reason;
	unsigned int steps;
};

static void staging_deinit(struct staging *staging)
{
	process_deinit(&staging->process);
	close_fd(staging->output);
	text_deinit(&staging->line);
	text_deinit(&staging->last);
	text_deinit(&staging->reason);
}

static struct error *words(const struct second_stage *stage, struct strv *ret)
{
	char *self;

	TRY(dirs_self(&self));
	strv_push_take(ret, self);
	strv_push(ret, "run");
	if (stage->kernel)
		strv_pushf(ret, "--kernel=%s", stage->kernel);
	if (stage->qemu)
		strv_pushf(ret, "--qemu=%s", stage->qemu);
	strv_pushf(ret, "--arch=%s", stage->arch->name);
	strv_pushf(ret, "--root=%s,format=raw", stage->disk);
	strv_push(ret, "--rw");
	strv_push(ret, "--init=klab");
	strv_push(ret, "--no-tty");
	/* One unpacks while the other writes. */
	strv_push(ret, "--cpus=2");
	strv_push(ret, "--timeout=" TIMEOUT);
	if (stage->share)
		strv_pushf(ret, "--rodir=%s=%s", stage->guest, stage->share);
	strv_push(ret, "--");
	strv_push(ret, stage->program);
	return NULL;
}

static struct error *start(struct staging *staging)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_close_ int end = -1;
	int ends[2];

	TRY(words(staging->stage, &argv));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_os(errno, "making a pipe");
	staging->output = ends[0];
	end = ends[1];
	return process_spawn(
		&(struct spawn_options){
			.argv = strv_argv(&argv),
			.standard_output = &end,
			.standard_error = &end,
			.die_with_parent = true,
			.new_process_group = true,
		},
		&staging->process);
}

static void keep(struct text *text, const char *line)
{
	text_truncate(text, 0);
	text_append_harmless(text, line, strlen(line));
}

/* What dpkg says of each package, once when it unpacks and once when it configures. */
static void take_line(struct staging *staging)
{
	static const char *const reasons[] = { "dpkg: error ", "klab: ", "/bin/sh: " };
	const char *line = text_str(&staging->line);

	if (has_prefix(line, "Unpacking ") || has_prefix(line, "Setting up "))
		staging->steps++;
	log_debug("second stage: %s", line);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (has_prefix(line, reasons[i]) && !staging->reason.length)
			keep(&staging->reason, line);
	if (*line)
		keep(&staging->last, line);
	text_truncate(&staging->line, 0);
}

static void take(struct staging *staging, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			take_line(staging);
		else if (bytes[i] != '\r' && staging->line.length < LINE_MAX_BYTES)
			text_append_char(&staging->line, bytes[i]);
	}
}

/* By the bytes of packages, since that is what the user has been shown of them. */
static uint64_t progress(const struct staging *staging)
{
	unsigned int steps = 2 * staging->stage->packages;

	return steps ? staging->stage->bytes * MIN(staging->steps, steps) / steps : 0;
}

static struct error *follow(struct staging *staging)
{
	const struct second_stage *stage = staging->stage;

	for (;;) {
		struct pollfd p = { .fd = staging->output, .events = POLLIN };
		char buffer[8192];
		ssize_t n;

		TRY(progress_report(stage->progress, "installing in a guest",
				    progress(staging), stage->bytes));
		if (poll(&p, 1, TICK_MS) <= 0)
			continue;
		n = read(staging->output, buffer, sizeof(buffer));
		if (n == 0)
			return NULL;
		if (n > 0)
			take(staging, buffer, (size_t)n);
	}
}

/* klab ends its guest at this signal, so that nothing is left. */
static void stop(struct staging *staging)
{
	int status;

	if (staging->process.pid <= 0)
		return;
	process_kill(&staging->process, SIGTERM);
	/* It is killed with its guard then. */
	error_ignore(process_wait(&staging->process, clock_ms() + STOP_MS, &status));
}

struct error *second_stage_run(const struct second_stage *stage)
{
	_cleanup_(staging_deinit) struct staging staging = {
		.stage = stage,
		.process = PROCESS_NONE,
		.output = -1,
	};
	struct error *err;
	int status;

	err = start(&staging);
	if (!err)
		err = follow(&staging);
	if (err) {
		stop(&staging);
		return err;
	}
	TRY(process_wait(&staging.process, 0, &status));
	take_line(&staging);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NULL;
	return error_hint(error_new(ERROR_FAILED, "%s failed in the guest: %s",
				    stage->program,
				    text_str(staging.reason.length ? &staging.reason
								   : &staging.last)),
			  "run again with -v to see all that it says");
}
