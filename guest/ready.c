// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pipe in /dev, which every mount of devtmpfs shows, is where an init that has a /dev of
 * its own can reach us.
 */
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "note.h"
#include "setup.h"

#define COMPLAIN_AFTER_MS 30000

static int ready_pipe = -1;
static char ready_path[256];

void ready_apply(char *path)
{
	(void)snprintf(ready_path, sizeof(ready_path), "%s", path);
	if (mkfifo(ready_path, 0600) != 0 && errno != EEXIST)
		setup_fail("cannot make the pipe %s: %s", path, strerror(errno));
	/* For both directions: who writes does not wait for us, nor hang up on us. */
	ready_pipe = open(ready_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

void ready_wait(void)
{
	struct pollfd p = { .fd = ready_pipe, .events = POLLIN };
	int timeout = COMPLAIN_AFTER_MS, r;

	if (ready_pipe < 0)
		return;
	/* How long there is for all this the host knows (--boot-timeout). */
	while ((r = poll(&p, 1, timeout)) <= 0) {
		if (r == 0)
			note_fault("init has not said yet that its services are up");
		timeout = r == 0 ? -1 : timeout;
	}
	close(ready_pipe);
	ready_pipe = -1;
	/* Who writes once more finds that nobody listens. */
	(void)unlink(ready_path); /* gone already: fine */
}
