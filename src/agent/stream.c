// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a descriptor again.  Through /proc/self/fd the same pipe or terminal gets a new
 * open file description, whose O_NONBLOCK is nobody else's.
 */
#include "agent/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"

/* A FIFO with a name is left alone: opened for reading once more after its last writer
 * left, it would never report the end.  So is /dev/ptmx, where opening makes a new
 * terminal, and a terminal that is read from: poll() tells enough there. */
static bool worth_opening(int fd, int flags, const char *link)
{
	char target[64] = "";
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (S_ISFIFO(st.st_mode))
		return flags == O_WRONLY ||
		       (readlink(link, target, sizeof(target) - 1) > 0 &&
			has_prefix(target, "pipe:"));
	return flags == O_WRONLY && S_ISCHR(st.st_mode) && isatty(fd) &&
	       st.st_rdev != makedev(5, 2);
}

struct error *stream_open(int fd, int flags, int *ret_fd, bool *ret_private)
{
	char link[32];
	int own = -1;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (worth_opening(fd, flags, link))
		own = open(link, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	*ret_private = own >= 0;
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return error_os(errno, "cannot use descriptor %d", fd);
	*ret_fd = own;
	return NULL;
}
