// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the user would have put at the end of a boot script, without a root of their own:
 * a shell on the console, in init's world, whose failure is the guest's.
 */
#include "late.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "foreign.h"
#include "note.h"
#include "setup.h"

#define COMPLAIN_AFTER_S 30
#define SHELL "/bin/sh"

static char script[8192]; /* the host refuses what does not fit */
static size_t used;

void late_apply(char *line)
{
	size_t left = sizeof(script) - used;
	int n = snprintf(script + used, left, "%s\n", line ? line : "");

	if (n < 0 || (size_t)n >= left) {
		setup_fail("the lines of --eval-late do not fit into the agent");
		return;
	}
	used += (size_t)n;
}

static _Noreturn void become_shell(void)
{
	static char name[] = "sh", options[] = "-ec";
	char *argv[] = { name, options, script, NULL };
	int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int err_no;

	exec_reset_signals();
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(console, STDOUT_FILENO);
	dup2(console, STDERR_FILENO);
	err_no = foreign_enter();
	(void)!chdir("/root"); /* else where we are */
	if (!err_no) {
		execve(SHELL, argv, (char **)exec_default_environment);
		err_no = errno;
	}
	note_fault("cannot start " SHELL ": %s", strerror(err_no));
	_exit(127);
}

/* Any child that ends meanwhile is taken along: SIGCHLD is blocked, and does not count. */
static int wait_for(pid_t pid)
{
	const struct timespec patience = { .tv_sec = COMPLAIN_AFTER_S };
	const struct timespec *timeout = &patience;
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		pid_t ended;

		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == pid)
				return status;
		if (sigtimedwait(&child, NULL, timeout) >= 0 || errno != EAGAIN)
			continue;
		/* How long there is for all this the host knows (--boot-timeout). */
		note_fault("--eval-late has not ended yet");
		timeout = NULL;
	}
}

void late_run(void)
{
	int status;
	pid_t pid;

	if (!used || setup_trouble())
		return;
	pid = fork();
	if (pid == 0)
		become_shell();
	if (pid < 0) {
		setup_fail("cannot start --eval-late: %s", strerror(errno));
		return;
	}
	status = wait_for(pid);
	if (WIFSIGNALED(status))
		setup_fail("--eval-late was killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		setup_fail("--eval-late failed with status %d: the console has what it "
			   "wrote",
			   WEXITSTATUS(status));
}
