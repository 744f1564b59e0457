// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's event loop. */
#include "watch.h"

#include <errno.h>
#include <unistd.h>

#define EVENTS_MAX 16

static int epoll_fd = -1;

int watch_setup(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

void watch_set(struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int op = !events ? EPOLL_CTL_DEL : watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (watch->fd < 0 || watch->events == events)
		return;
	/* It fails for want of memory alone; the stream then stalls, and is tried again
	 * with the next change. */
	if (epoll_ctl(epoll_fd, op, watch->fd, &event) == 0)
		watch->events = events;
}

void watch_close(struct watch *watch)
{
	if (watch->fd < 0)
		return;
	/* close() alone would not do: a child may hold a copy of the description. */
	watch_set(watch, 0);
	close(watch->fd);
	watch->fd = -1;
}

void watch_wait(int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_ms);

	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch->fd >= 0 && watch->events)
			watch->ready(watch, events[i].events);
	}
}
