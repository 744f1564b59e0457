// SPDX-License-Identifier: GPL-2.0-or-later
/* `run -d`: a process of its own keeps the guest; this one waits until it is up. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json_tokener.h>
#include <poll.h>
#include <signal.h>

#include "base/mem.h"
#include "format/json.h"
#include "lab/explain.h"
#include "lab/run-internal.h"
#include "os/file.h"
#include "os/spawn.h"

#define REPORT_MAX (128u * 1024)
#define CONSOLE_MAX (16u << 20)
#define CONSOLE_TAIL_LINES 12

/* In the keeper's process: one line to the parent, "ready" or why not. */
struct detached {
	struct run run;
	int report_fd;
};

static void report(struct detached *detached, const char *text)
{
	if (detached->report_fd < 0)
		return;
	/* A parent that was killed does not hear it; the guest stays all the same. */
	error_ignore(fd_write_all(detached->report_fd, text, strlen(text)));
	close_fd(detached->report_fd);
}

static void on_ready(void *argument)
{
	report(argument, "ready\n");
}

static void on_nothing(void *argument)
{
}

static void on_ended(void *argument)
{
	struct detached *detached = argument;

	loop_exit(detached->run.loop);
}

static void on_crash_line(const char *line, size_t size, void *argument)
{
}

static struct error *on_signal(int signal, void *argument)
{
	struct detached *detached = argument;

	guest_finish(detached->run.guest, ENDED_INTERRUPTED, STATUS_SIGNAL + signal);
	return NULL;
}

static struct error *keep(struct detached *detached)
{
	struct guest_handlers handlers = {
		.ready = on_ready,
		.reset = on_nothing,
		.panicked = on_nothing,
		.ended = on_ended,
		.crash_line = on_crash_line,
		.argument = detached,
	};
	_cleanup_(loop_source_freep) struct loop_source *term = NULL, *interrupt = NULL;

	TRY(run_start_guest(&detached->run, PLAN_STAY, &handlers));
	TRY(loop_add_signal(detached->run.loop, SIGTERM, on_signal, detached, &term));
	TRY(loop_add_signal(detached->run.loop, SIGINT, on_signal, detached, &interrupt));
	if (!detached->run.plan.machine.agent)
		report(detached, "ready\n");
	return loop_run(detached->run.loop);
}

/* Away from the terminal and from whatever waits for our output. */
static struct error *leave_terminal(const char *run_path)
{
	_cleanup_free_ char *path = path_join(run_path, "klab.log");
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int log =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (null < 0 || log < 0)
		return error_os(errno, "opening %s", null < 0 ? "/dev/null" : path);
	if (setsid() < 0)
		return error_os(errno, "starting a session");
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		return error_os(errno, "leaving the terminal");
	return NULL;
}

static _noreturn_ void keeper_process(struct detached *detached)
{
	struct verdict verdict = { 0 };
	struct error *err = leave_terminal(detached->run.rundir.path);

	if (!err)
		err = keep(detached);
	run_conclude(&detached->run, err, &verdict);
	if (detached->report_fd >= 0) {
		struct json_object *json = verdict_json(&verdict);

		report(detached, json_object_to_json_string(json));
		json_object_put(json);
	}
	verdict_deinit(&verdict);
	run_deinit(&detached->run);
	_exit(0);
}

static char *string_in(const struct json_object *json, const char *name)
{
	struct json_object *value = json_find(json, name);

	return value ? xstrdup(json_object_get_string(value)) : NULL;
}

/* The child's verdict, as far as it matters here: it has failed. */
static void read_verdict(const char *text, struct verdict *ret)
{
	_cleanup_json_ struct json_object *json = json_tokener_parse(text);
	struct json_object *status = json_find(json, "status");
	_cleanup_free_ char *ended = string_in(json, "ended");

	verdict_set(ret, ENDED_ERROR, STATUS_CANNOT_RUN);
	for (int i = 0; ended && i <= (int)ENDED_ERROR; i++)
		if (streq(ended, ended_name((enum ended)i)))
			ret->ended = (enum ended)i;
	if (status)
		ret->status = json_object_get_int(status);
	ret->message = string_in(json, "message");
	ret->hint = string_in(json, "hint");
	ret->crash_title = string_in(json_find(json, "crash"), "title");
	if (!json || (ret->ended == ENDED_ERROR && !ret->message))
		ret->message =
			xstrdup("the guest's keeper ended before the guest was up");
}

/* What the keeper keeps of it for itself. */
static void read_console_tail(const char *path, struct verdict *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct error *err = file_read(path, CONSOLE_MAX, &bytes);

	if (!err)
		ret->console_tail = console_tail((const char *)bytes.data, bytes.size,
						 CONSOLE_TAIL_LINES);
	error_ignore(err); /* no console: there was no guest yet */
}

static struct error *wait_for_keeper(int fd, char **ret_name, const char *name,
				     struct verdict *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *text = NULL;

	/* No deadline of our own: the keeper has one for each thing it waits for, and its
	 * death closes the pipe. */
	TRY(fd_read_all(fd, REPORT_MAX, &bytes));
	text = xstrndup((const char *)bytes.data, bytes.size);
	if (streq(text, "ready\n"))
		*ret_name = xstrdup(name);
	else
		read_verdict(text, ret);
	return NULL;
}

static struct error *detach(struct detached *detached, char **ret_name,
			    struct verdict *ret)
{
	_cleanup_close_ int read_fd = -1;
	int pipes[2];
	pid_t pid;

	TRY(run_prepare(&detached->run, PLAN_STAY));
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_os(errno, "making a pipe");
	read_fd = pipes[0];
	detached->report_fd = pipes[1];
	pid = fork();
	if (pid < 0)
		return error_os(errno, "starting the guest's keeper");
	if (pid == 0) {
		close(read_fd);
		keeper_process(detached);
	}
	close_fd(detached->report_fd);
	TRY(wait_for_keeper(read_fd, ret_name, detached->run.name, ret));
	ret->console = xstrdup(detached->run.rundir.console);
	if (!*ret_name)
		read_console_tail(ret->console, ret);
	return NULL;
}

void run_detached(const struct run_options *options, char **ret_name, struct verdict *ret)
{
	struct detached detached = {
		.run = { .options = options, .rundir = { .lock_fd = -1 } },
		.report_fd = -1,
	};
	_cleanup_error_ struct error *err = NULL;

	*ret = (struct verdict){ 0 };
	*ret_name = NULL;
	err = detach(&detached, ret_name, ret);
	if (err)
		verdict_set_error(ret, err);
	close_fd(detached.report_fd);
	run_deinit(&detached.run);
}
