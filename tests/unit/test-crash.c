// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/crash: where a report begins and ends on a console. */
#include "lab/crash.h"

#include "unit.h"

static void feed(struct crash_watch *watch, const char *text, size_t step)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i += step)
		crash_watch_feed(watch, text + i, size - i < step ? size - i : step);
	crash_watch_finish(watch);
}

static const char oops[] =
	"[    1.0] quiet line\r\n"
	"[    2.5] BUG: kernel NULL pointer dereference, address: 0000000000000000\r\n"
	"[    2.5] RIP: 0010:oops_init+0x5/0x10\r\n"
	"[    2.5] ---[ end trace 0000000000000000 ]---\r\n"
	"[    3.0] unrelated line\r\n";

static void test_oops(void **state)
{
	/* However the bytes come: in one piece, or one by one. */
	for (size_t step = 1; step < 200; step = step * 7 + 1) {
		struct crash_watch watch = { 0 };

		feed(&watch, oops, step);
		assert_int_equal(watch.worst, CRASH_OOPS);
		assert_string_equal(watch.title, "BUG: kernel NULL pointer dereference, "
						 "address: 0000000000000000");
		assert_non_null(strstr(text_str(&watch.text), "RIP: 0010"));
		assert_null(strstr(text_str(&watch.text), "quiet line"));
		assert_null(strstr(text_str(&watch.text), "unrelated"));
		crash_watch_deinit(&watch);
	}
}

static void test_beginnings(void **state)
{
	static const struct {
		const char *line;
		enum crash_kind kind;
	} cases[] = {
		{ "[    0.1][    T1] Kernel panic - not syncing: VFS", CRASH_PANIC },
		{ "<0>[    0.1] Kernel panic - not syncing: x", CRASH_PANIC },
		{ "\033[31mInternal error: Oops: 96000004 [#1] SMP\033[0m", CRASH_OOPS },
		{ "[  9.1] watchdog: BUG: soft lockup - CPU#0 stuck", CRASH_OOPS },
		{ "[  9.1] WARNING: CPU: 0 PID: 1 at kernel/x.c:3 f+0x1/0x2",
		  CRASH_WARNING },
		{ "[  9.1] INFO: task sh:1 blocked for more than 120 seconds.",
		  CRASH_WARNING },
		{ "[  9.1] rcu: INFO: rcu_sched self-detected stall on CPU",
		  CRASH_WARNING },
		{ "[  9.1] INFO: task scheduler is fine", CRASH_NONE },
		/* A program that talks about crashes is no crash. */
		{ "test: checking for Kernel panic - not syncing", CRASH_NONE },
		{ "[    0.1] Booting kernel: BUG: none", CRASH_NONE },
		{ "", CRASH_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct crash_watch watch = { 0 };

		feed(&watch, cases[i].line, 1000); /* without a newline at its end */
		assert_int_equal(watch.worst, cases[i].kind);
		crash_watch_deinit(&watch);
	}
}

/* A hostile console: no newline for megabytes, NULs, endless reports. */
static void test_bounds(void **state)
{
	struct crash_watch watch = { 0 };

	for (int i = 0; i < 200000; i++)
		crash_watch_feed(&watch, "BUG: \0xxxxxxxxxxxxxxxxx", 22);
	assert_true(watch.line.length <= 1024);
	crash_watch_feed(&watch, "\n", 1);
	for (int i = 0; i < 20000; i++)
		crash_watch_feed(&watch, "BUG: again and again\n", 21);
	assert_true(watch.text.length <= 64 << 10);
	assert_true(strlen(watch.title) <= 4096);
	crash_watch_deinit(&watch);
}

static void test_worst_names_it(void **state)
{
	struct crash_watch watch = { 0 };

	feed(&watch, "WARNING: first\nKernel panic - not syncing: last\nBUG: later\n", 9);
	assert_int_equal(watch.worst, CRASH_PANIC);
	assert_string_equal(watch.title, "Kernel panic - not syncing: last");
	crash_watch_deinit(&watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oops),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_worst_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
