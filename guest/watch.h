/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's event loop: descriptors in one epoll set.  A watch lives inside its owner;
 * owners are freed only between rounds (session_sweep()), so events of a round that point
 * to a closed watch are harmless.
 */
#ifndef KLAB_GUEST_WATCH_H
#define KLAB_GUEST_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

struct watch {
	int fd;		 /* -1: none; owned */
	uint32_t events; /* 0: not in the set, so that no EPOLLHUP spins */
	void (*ready)(struct watch *watch, uint32_t events);
};

int watch_setup(void); /* -errno */
void watch_set(struct watch *watch, uint32_t events);
void watch_close(struct watch *watch);
/* One round; timeout_ms -1: no limit. */
void watch_wait(int timeout_ms);

#endif
