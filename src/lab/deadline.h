/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A deadline that stands still while the guest is paused. */
#ifndef KLAB_LAB_DEADLINE_H
#define KLAB_LAB_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "os/loop.h"

struct deadline {
	struct loop_source *timer;
	uint64_t at_ms;	  /* of clock_ms(); UINT64_MAX: not set */
	uint64_t left_ms; /* while paused; UINT64_MAX: not set */
	bool paused;
};

/* Not set yet. */
struct error *deadline_init(struct deadline *deadline, struct loop *loop,
			    loop_timer_fn handler, void *argument) _must_check_;
void deadline_deinit(struct deadline *deadline);
void deadline_set(struct deadline *deadline, uint64_t ms_from_now);
void deadline_clear(struct deadline *deadline);
/* Idempotent, both. */
void deadline_pause(struct deadline *deadline);
void deadline_resume(struct deadline *deadline);

#endif
