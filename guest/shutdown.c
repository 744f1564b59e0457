// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ending the guest.  Each step has a deadline: a process that ignores SIGTERM or a file
 * system that never finishes its sync must not keep the guest alive.
 */
#include "shutdown.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"

#define TERM_MS 1000
#define KILL_MS 500
#define SYNC_MS 5000
#define MOUNTS_MAX 64

/* BusyBox init/init.c; also sysvinit's applets in most small systems. */
static const int init_signals[PROTO_SHUTDOWN_COUNT] = {
	[PROTO_SHUTDOWN_POWEROFF] = SIGUSR2,
	[PROTO_SHUTDOWN_REBOOT] = SIGTERM,
	[PROTO_SHUTDOWN_HALT] = SIGUSR1,
};

static enum proto_shutdown requested = PROTO_SHUTDOWN_COUNT;
static bool only_exit;

void shutdown_is_exit(void)
{
	only_exit = true;
}

void shutdown_add_signals(sigset_t *signals)
{
	for (size_t how = 0; how < PROTO_SHUTDOWN_COUNT; how++)
		sigaddset(signals, init_signals[how]);
}

void shutdown_signalled(int signal)
{
	for (size_t how = 0; how < PROTO_SHUTDOWN_COUNT; how++)
		if (init_signals[how] == signal)
			shutdown_request((enum proto_shutdown)how);
}

void shutdown_request(enum proto_shutdown how)
{
	requested = how;
}

/* Until pid (or every child, if -1) has ended; false: the deadline came first. */
static bool wait_children(pid_t pid, long ms)
{
	int64_t deadline = clock_ms() + ms;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		struct timespec left;
		pid_t ended;

		while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
			if (ended == pid)
				return true;
		if (ended < 0)
			return true; /* none is left */
		ms = clock_left(deadline);
		if (!ms)
			return false;
		left.tv_sec = ms / 1000;
		left.tv_nsec = ms % 1000 * 1000000;
		sigtimedwait(&child, NULL, &left);
	}
}

/* Every process of the guest descends from PID 1: no children, nothing to wait for. */
static void end_processes(void)
{
	if (wait_children(-1, 0))
		return;
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	if (wait_children(-1, TERM_MS))
		return;
	kill(-1, SIGKILL);
	wait_children(-1, KILL_MS);
}

static size_t read_mounts(char targets[][256])
{
	FILE *f = fopen("/proc/self/mounts", "re");
	size_t count = 0;

	while (f && count < MOUNTS_MAX &&
	       fscanf(f, "%*s %255s %*[^\n]", targets[count]) == 1)
		count++;
	if (f)
		fclose(f);
	return count;
}

/* Newest first; what is busy becomes read-only, so that it is clean at the next start. */
static void unmount_all(void)
{
	static char targets[MOUNTS_MAX][256];
	size_t count = read_mounts(targets);

	sync();
	while (count-- > 0)
		if (umount2(targets[count], 0) != 0)
			mount(NULL, targets[count], NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

static void unmount_within_deadline(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		unmount_all();
		_exit(0);
	}
	if (pid > 0)
		wait_children(pid, SYNC_MS);
}

/* Another init is in charge: ask it in its own way; true if it was one we know. */
static bool ask_init(enum proto_shutdown how)
{
	/* systemd(1), "SIGNALS"; there relative to SIGRTMIN, which is 34 */
	static const int systemd_signals[PROTO_SHUTDOWN_COUNT] = {
		[PROTO_SHUTDOWN_POWEROFF] = 34 + 4,
		[PROTO_SHUTDOWN_REBOOT] = 34 + 5,
		[PROTO_SHUTDOWN_HALT] = 34 + 3,
	};
	static const struct {
		const char *name;
		const int *signals;
	} inits[] = {
		{ "systemd", systemd_signals },
		{ "init", init_signals },
	};
	char name[32];

	file_read(name, sizeof(name), "/proc/1/comm");
	for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++)
		if (strcmp(name, inits[i].name) == 0)
			return kill(1, inits[i].signals[how]) == 0;
	return false;
}

void shutdown_now(void)
{
	static const int commands[PROTO_SHUTDOWN_COUNT] = {
		[PROTO_SHUTDOWN_POWEROFF] = RB_POWER_OFF,
		[PROTO_SHUTDOWN_REBOOT] = RB_AUTOBOOT,
		[PROTO_SHUTDOWN_HALT] = RB_HALT_SYSTEM,
	};
	enum proto_shutdown how = requested;

	if (how == PROTO_SHUTDOWN_COUNT)
		return;
	requested = PROTO_SHUTDOWN_COUNT;
	if (only_exit)
		_exit(0);
	if (getpid() != 1) {
		if (!ask_init(how)) {
			sync();
			reboot(commands[how]);
		}
		return;
	}
	end_processes();
	unmount_within_deadline();
	reboot(commands[how]);
}
