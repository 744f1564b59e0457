// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klab's agent: the program inside the guest that runs commands for the host.
 *
 *	/init			as PID 1: mounts, modules, then the channel, until SHUTDOWN;
 *				with init= on the kernel's command line beside that one
 *	agent --channel		beside another init: the channel alone
 *	agent --channel-fd N	for tests: the channel is descriptor N, its end is ours, and
 *				SHUTDOWN ends the agent instead of the machine
 *
 * As PID 1 it never exits: a crash executes it anew, and the host gets a new HELLO.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "foreign.h"
#include "init.h"
#include "late.h"
#include "link.h"
#include "modules.h"
#include "note.h"
#include "port.h"
#include "ready.h"
#include "session.h"
#include "setup.h"
#include "shutdown.h"
#include "watch.h"

/* An agent that crashes so often does not get better. */
#define RESTARTS_MAX 5

static int restarts;

/* Only async-signal-safe calls: this may come from anywhere. */
static void start_anew(int signal)
{
	static const char message[] = "klab-agent: crashed, starting anew\n";
	char count[] = { (char)('1' + restarts), 0 };
	char name[] = "/init", option[] = "--restarted";
	char *argv[] = { name, option, count, NULL };
	char *environment[] = { NULL };
	sigset_t none;

	if (getpid() != 1)
		_exit(1); /* a child between fork and exec */
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve("/proc/self/exe", argv, environment);
	execve("/init", argv, environment);
	_exit(1);
}

static void guard_against_crashes(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction action = { .sa_handler = start_anew, .sa_flags = SA_RESETHAND };

	if (restarts >= RESTARTS_MAX)
		return;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
}

static void signals_ready(struct watch *watch, uint32_t events)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(watch->fd, &info, sizeof(info)) > 0)
		shutdown_signalled((int)info.ssi_signo);
	/* One signal may stand for many children. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		session_reaped(pid, status);
}

/* A kernel that lacks a system call of the main loop.  As PID 1 it must not end, or what
 * is on the console goes under in a panic. */
static _Noreturn void cannot_serve(const char *lack)
{
	note_fault("cannot serve: this kernel has no %s", lack);
	if (getpid() != 1)
		exit(1);
	for (;;)
		pause();
}

static void watch_signals(void)
{
	static struct watch watch = { .ready = signals_ready };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	if (getpid() == 1)
		shutdown_add_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	watch.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch.fd < 0)
		cannot_serve("signalfd (CONFIG_SIGNALFD)");
	watch_set(&watch, EPOLLIN);
}

static _Noreturn void serve(bool until_hang_up)
{
	for (;;) {
		bool more = link_work();
		int timeout = sessions_sweep();

		shutdown_now();
		if (until_hang_up && link_hung_up())
			exit(0);
		watch_wait(more ? 0 : timeout);
	}
}

int main(int argc, char **argv)
{
	bool is_init = getpid() == 1, ordered = false;
	int fd = -1;

	if (argc > 2 && strcmp(argv[1], "--restarted") == 0)
		restarts = atoi(argv[2]);
	if (argc > 2 && strcmp(argv[1], "--channel-fd") == 0)
		fd = atoi(argv[2]);
	if (fd >= 0)
		shutdown_is_exit();
	else
		note_to_console();
	if (is_init) {
		guard_against_crashes();
		init_early();
		modules_load();
		ordered = setup_read();
		setup_apply(SETUP_ROOT);
		is_init = setup_trouble() || !foreign_start(argv, environ);
	}
	signal(SIGPIPE, SIG_IGN);
	if (watch_setup() != 0)
		cannot_serve("epoll (CONFIG_EPOLL)");
	watch_signals();
	if (is_init && ordered) {
		/* Its success is part of the greeting. */
		init_late();
		setup_apply(SETUP_REST);
	}
	if (!is_init)
		ready_wait();
	if (!restarts)
		late_run();
	link_open(fd >= 0 ? fd : port_open());
	if (is_init && !ordered)
		init_late();
	serve(fd >= 0);
}
