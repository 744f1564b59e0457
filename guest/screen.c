// SPDX-License-Identifier: GPL-2.0-or-later
/* A shell on the guest's screen, and another when that one has ended. */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "root.h"
#include "setup.h"

#define FRAMEBUFFER "/sys/class/graphics/fb0"
#define CANNOT_START 127

static _Noreturn void become_shell(const char *terminal)
{
	static char name[] = "-sh";
	char *argv[] = { name, NULL };
	int fd;

	exec_reset_signals();
	setsid();
	fd = open(terminal, O_RDWR | O_CLOEXEC);
	/* It is somebody's already if an agent before this one has been here. */
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
		_exit(CANNOT_START);
	for (int i = 0; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	(void)!chdir("/root"); /* else where we are */
	execve("/bin/sh", argv, (char **)exec_default_environment);
	_exit(CANNOT_START);
}

static _Noreturn void keep_shell(const char *terminal)
{
	int status = 0;

	prctl(PR_SET_NAME, "klab-screen");
	do {
		pid_t pid = fork();

		if (pid == 0)
			become_shell(terminal);
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			break;
		sleep(1); /* one that ends at once must not keep the guest busy */
	} while (!WIFEXITED(status) || WEXITSTATUS(status) != CANNOT_START);
	_exit(0);
}

void screen_apply(char *order)
{
	if (root_init())
		return; /* the terminals are for that one to give away */
	if (access(FRAMEBUFFER, F_OK) != 0)
		setup_fail("there is no screen: the kernel has no driver for it "
			   "(CONFIG_DRM_VIRTIO_GPU, CONFIG_DRM_FBDEV_EMULATION)");
	else if (access(order, F_OK) != 0)
		setup_fail("there is no terminal on the screen: %s: %s", order,
			   strerror(errno));
	else if (fork() == 0)
		keep_shell(order);
}
