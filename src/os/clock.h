/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one clock that deadlines are counted on: CLOCK_MONOTONIC, which no one sets and
 * which stands still while the host sleeps.
 */
#ifndef KLAB_OS_CLOCK_H
#define KLAB_OS_CLOCK_H

#include <stdint.h>

uint64_t clock_ms(void);
uint64_t clock_us(void);
/* For poll(2): milliseconds left until the deadline, 0 if it has passed, -1 if
 * deadline_ms is 0 (none). */
int clock_poll_timeout(uint64_t deadline_ms);

#endif
