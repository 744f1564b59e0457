// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel whose command line says init=PROGRAM means that program as PID 1, with nothing
 * mounted, and with the arguments and the environment that the kernel made.  It gets that:
 * what the agent mounts for itself is in a mount namespace of its own; its commands enter
 * init's.
 */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmdline.h"
#include "init.h"
#include "note.h"
#include "root.h"
#include "setup.h"

static int init_mounts = -1; /* the mount namespace of PID 1, while it is not ours */

/* The command line's word, or what the root file system brings. */
static bool wanted_init(char *path, size_t size)
{
	if (cmdline_value("init", path, size))
		return true;
	if (!root_init())
		return false;
	(void)snprintf(path, size, "%s", root_init());
	return true;
}

/* The agent's side.  Without a namespace of its own init would take /proc, /sys and /dev
 * away from it. */
static void leave_mounts(void)
{
	init_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (init_mounts < 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		note_fault("the agent cannot leave init's mounts: %s", strerror(errno));
}

static void go_beside(char **argv)
{
	leave_mounts();
	(void)mkdir("/dev/pts", 0755); /* there already: fine */
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "mode=0620,gid=5,ptmxmode=0666") != 0 &&
	    errno != EBUSY)
		note_fault("cannot mount /dev/pts: %s", strerror(errno));
	setsid();
	prctl(PR_SET_NAME, "klab-agent");
	argv[0][0] = '@'; /* which systemd does not kill when it changes the root */
}

static void become_init(const char *path, char **argv, char **environment, int ready)
{
	static const char *const mounts[] = { "/proc", "/sys", "/dev" };
	/* On a root that it mounts itself the kernel leaves /dev (DEVTMPFS_MOUNT). */
	size_t count = root_is_disk() ? 2 : 3;
	static char name[PATH_MAX];
	char byte;

	(void)!read(ready, &byte, 1); /* its end: the agent has the mounts */
	for (size_t i = 0; i < count; i++)
		umount2(mounts[i], MNT_DETACH);
	(void)snprintf(name, sizeof(name), "%s", path);
	argv[0] = name;
	execve(path, argv, environment);
	note_fault("cannot start init %s: %s", path, strerror(errno));
	_exit(1); /* the kernel's panic is as for any init that ends */
}

bool foreign_start(char **argv, char **environment)
{
	char path[PATH_MAX];
	int ready[2];
	pid_t pid;

	if (!wanted_init(path, sizeof(path)))
		return false;
	init_add_modprobe();
	/* Shares and networks that were asked for are there for that init too. */
	setup_apply(SETUP_REST);
	pid = pipe2(ready, O_CLOEXEC) == 0 ? fork() : -1;
	if (pid > 0) {
		close(ready[1]);
		become_init(path, argv, environment, ready[0]);
	}
	if (pid < 0) {
		note_fault("cannot start init %s: %s", path, strerror(errno));
		return false;
	}
	go_beside(argv);
	close(ready[0]);
	close(ready[1]);
	return true;
}

int foreign_enter(void)
{
	return init_mounts >= 0 && setns(init_mounts, CLONE_NEWNS) != 0 ? errno : 0;
}
