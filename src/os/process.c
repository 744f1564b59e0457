// SPDX-License-Identifier: GPL-2.0-or-later
/* A started process: wait for it, signal it, be rid of it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "os/spawn.h"

/* Does not wait if the process has ended. */
static int reap(struct process *process)
{
	int status = 0;

	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
	close_fd(process->pidfd);
	return status;
}

struct error *process_wait(struct process *process, uint64_t deadline_ms, int *ret_status)
{
	struct pollfd fd = { .fd = process->pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&fd, 1, clock_poll_timeout(deadline_ms));
	while ((n < 0 && errno == EINTR) || (n == 0 && clock_ms() < deadline_ms));
	if (n < 0)
		return error_os(errno, "waiting for process %d", (int)process->pid);
	if (n == 0)
		return error_new(ERROR_TIMEOUT, "process %d did not end in time",
				 (int)process->pid);
	*ret_status = reap(process);
	return NULL;
}

void process_kill(struct process *process, int signal)
{
	/* Fails only if it has ended already, which is no news. */
	if (process->pid)
		(void)pidfd_send_signal(process->pidfd, signal, NULL, 0);
}

void process_deinit(struct process *process)
{
	if (process->pid) {
		/* By number: also right when pidfd_open() has failed. */
		(void)kill(process->pid, SIGKILL);
		(void)reap(process);
	}
	close_fd(process->pidfd);
}
