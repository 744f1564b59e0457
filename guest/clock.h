/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines on the monotonic clock, in milliseconds. */
#ifndef KLAB_GUEST_CLOCK_H
#define KLAB_GUEST_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0: it has come. */
static inline int clock_left(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	return left > 0 ? (int)left : 0;
}

#endif
