// SPDX-License-Identifier: GPL-2.0-or-later
/* Monotonic time and what is left until a deadline. */
#include "os/clock.h"

#include <limits.h>
#include <time.h>

#include "base/cleanup.h"

uint64_t clock_us(void)
{
	struct timespec now;

	/* Cannot fail: the clock exists and the pointer is good. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}

int clock_poll_timeout(uint64_t deadline_ms)
{
	uint64_t now = clock_ms();

	if (!deadline_ms)
		return -1;
	if (deadline_ms <= now)
		return 0;
	return (int)MIN(deadline_ms - now, (uint64_t)INT_MAX);
}
