// SPDX-License-Identifier: GPL-2.0-or-later
/* Deadlines in guest time. */
#include "lab/deadline.h"

#include "os/spawn.h"

struct error *deadline_init(struct deadline *deadline, struct loop *loop,
			    loop_timer_fn handler, void *argument)
{
	*deadline = (struct deadline){ .at_ms = UINT64_MAX, .left_ms = UINT64_MAX };
	return loop_add_timer(loop, UINT64_MAX, handler, argument, &deadline->timer);
}

void deadline_deinit(struct deadline *deadline)
{
	loop_source_free(deadline->timer);
	*deadline = (struct deadline){ 0 };
}

void deadline_set(struct deadline *deadline, uint64_t ms_from_now)
{
	if (deadline->paused) {
		deadline->left_ms = ms_from_now;
		return;
	}
	deadline->at_ms = clock_ms() + ms_from_now;
	loop_source_set_deadline(deadline->timer, deadline->at_ms);
}

void deadline_clear(struct deadline *deadline)
{
	deadline->at_ms = UINT64_MAX;
	deadline->left_ms = UINT64_MAX;
	loop_source_set_deadline(deadline->timer, UINT64_MAX);
}

void deadline_pause(struct deadline *deadline)
{
	uint64_t now = clock_ms();

	if (deadline->paused)
		return;
	deadline->paused = true;
	deadline->left_ms = deadline->at_ms == UINT64_MAX ? UINT64_MAX
			    : deadline->at_ms > now	  ? deadline->at_ms - now
							  : 0;
	loop_source_set_deadline(deadline->timer, UINT64_MAX);
}

void deadline_resume(struct deadline *deadline)
{
	if (!deadline->paused)
		return;
	deadline->paused = false;
	deadline->at_ms = UINT64_MAX;
	if (deadline->left_ms != UINT64_MAX)
		deadline_set(deadline, deadline->left_ms);
}
