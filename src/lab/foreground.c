// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for a program while signals arrive. */
#include "lab/foreground.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "lab/status.h"
#include "os/loop.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

struct running {
	struct loop *loop;
	struct process process;
	struct loop_source *child;
	struct loop_source *sources[ARRAY_SIZE(signals)];
	int status;
	int signal; /* that told us to stop; 0: none */
};

static void running_deinit(struct running *running)
{
	loop_source_freep(&running->child);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		loop_source_freep(&running->sources[i]);
	process_deinit(&running->process);
	loop_free(running->loop);
}

static struct error *on_signal(int signal, void *argument)
{
	struct running *running = argument;

	/* Ctrl-C of the terminal has reached it already; make ends itself only once. */
	running->signal = signal;
	if (signal != SIGINT || !isatty(STDIN_FILENO))
		process_kill(&running->process, signal);
	return NULL;
}

static struct error *on_end(int status, void *argument)
{
	struct running *running = argument;

	running->status = WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status)
					      : WEXITSTATUS(status);
	loop_exit(running->loop);
	return NULL;
}

struct error *foreground_run(const struct foreground *program, int *ret_status)
{
	static const int input_fd = STDIN_FILENO, error_fd = STDERR_FILENO;
	_cleanup_(running_deinit) struct running running = { .process = PROCESS_NONE };

	TRY(loop_new(&running.loop));
	/* Before it starts: no signal comes between. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		TRY(loop_add_signal(running.loop, signals[i], on_signal, &running,
				    &running.sources[i]));
	TRY(process_spawn(
		&(struct spawn_options){
			.argv = program->argv,
			.environment = program->environment,
			.directory = program->directory,
			.standard_input = program->terminal ? &input_fd : NULL,
			.standard_output = program->terminal ? NULL : &error_fd,
			.die_with_parent = true,
		},
		&running.process));
	TRY(loop_add_child(running.loop, &running.process, on_end, &running,
			   &running.child));
	TRY(loop_run(running.loop));
	if (running.signal)
		return error_interrupted(running.signal, "interrupted while %s ran",
					 program->argv[0]);
	*ret_status = running.status;
	return NULL;
}
