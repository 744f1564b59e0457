// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/deadline: guest time stands still while the guest is paused. */
#include "lab/deadline.h"

#include "os/spawn.h"
#include "unit.h"

static struct error *fired(void *argument)
{
	*(bool *)argument = true;
	return NULL;
}

static void run_for(struct loop *loop, uint64_t ms)
{
	uint64_t end = clock_ms() + ms;

	while (clock_ms() < end)
		assert_ok(loop_once(loop, end - clock_ms()));
}

static void test_pause(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = NULL;
	struct deadline deadline;
	bool rang = false;

	assert_ok(loop_new(&loop));
	assert_ok(deadline_init(&deadline, loop, fired, &rang));
	deadline_set(&deadline, 50);
	deadline_pause(&deadline);
	deadline_pause(&deadline); /* twice is once */
	run_for(loop, 120);
	assert_false(rang);
	deadline_resume(&deadline);
	run_for(loop, 120);
	assert_true(rang);

	/* Set while paused: it counts from the resume. */
	rang = false;
	deadline_pause(&deadline);
	deadline_set(&deadline, 10);
	run_for(loop, 60);
	assert_false(rang);
	deadline_clear(&deadline);
	deadline_resume(&deadline);
	run_for(loop, 60);
	assert_false(rang);
	deadline_deinit(&deadline);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pause) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
