// SPDX-License-Identifier: GPL-2.0-or-later
/* format/ktap: what programs and kernels print as test results. */
#include "format/ktap.h"

#include "base/mem.h"
#include "unit.h"

struct wanted {
	enum ktap_result result;
	unsigned int passed, failed, skipped, xfailed;
	const char *failures; /* joined by "," */
	const char *problem;  /* part of it; NULL: none */
};

static void check_step(const char *text, bool anywhere, size_t step,
		       const struct wanted *wanted)
{
	struct ktap ktap = { .anywhere = anywhere };
	_cleanup_free_ char *failures = NULL;
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i += step)
		ktap_feed(&ktap, text + i, MIN(step, size - i));
	ktap_finish(&ktap);
	failures = strv_join(&ktap.failures, ",");
	assert_string_equal(ktap_result_name(ktap_result(&ktap)),
			    ktap_result_name(wanted->result));
	assert_int_equal(ktap.passed, wanted->passed);
	assert_int_equal(ktap.failed, wanted->failed);
	assert_int_equal(ktap.skipped, wanted->skipped);
	assert_int_equal(ktap.xfailed, wanted->xfailed);
	assert_string_equal(failures, wanted->failures ? wanted->failures : "");
	if (wanted->problem)
		assert_non_null(
			strstr(ktap.problem ? ktap.problem : "", wanted->problem));
	else
		assert_null(ktap.problem);
	ktap_deinit(&ktap);
}

static void check_text(const char *text, bool anywhere, const struct wanted *wanted)
{
	static const size_t steps[] = { 1, 7, 100000 };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		check_step(text, anywhere, steps[i], wanted);
}
#define check(text, how, ...) \
	check_text(text, false, &(struct wanted){ .result = how, __VA_ARGS__ })
#define check_anywhere(text, how, ...) \
	check_text(text, true, &(struct wanted){ .result = how, __VA_ARGS__ })

static void test_flat(void **state)
{
	check("TAP version 13\n1..3\nok 1 a\nok 2 - b\r\nok 3\n", KTAP_PASSED,
	      .passed = 3);
	check("TAP version 13\n1..3\nok 1 a\n# a diagnosis\nnot ok 2 second one\nok 3 c",
	      KTAP_FAILED, .passed = 2, .failed = 1, .failures = "second one");
	check("KTAP version 1\n1..2\nnot ok 1\nnot ok 2 - x\033[31m\n", KTAP_FAILED,
	      .failed = 2, .failures = "1,x\\x1b[31m");
	/* The plan may come last; without numbers, as TAP allows. */
	check("TAP version 14\nok - a\nnot ok\n1..2\n", KTAP_FAILED, .passed = 1,
	      .failed = 1, .failures = "2");
	check("TAP version 13\n1..1\nok 1 a\nTAP version 13\n1..1\nok 1 b\n", KTAP_PASSED,
	      .passed = 2);
}

static void test_directives(void **state)
{
	check("TAP version 13\n1..4\nok 1 a # SKIP no such device\nok 2 # SKIP b\n"
	      "not ok 3 c # skip\nok 4 # not a directive\n",
	      KTAP_PASSED, .passed = 1, .skipped = 3);
	check("TAP version 13\n1..3\nnot ok 1 a # TODO later\nok 2 b # XFAIL known\n"
	      "not ok 3 selftests: x # TIMEOUT 45 seconds\n",
	      KTAP_FAILED, .failed = 1, .xfailed = 2, .failures = "selftests: x");
	check("TAP version 13\n1..1\nok 1 a # SKIP\n", KTAP_SKIPPED, .skipped = 1);
	check("TAP version 13\n1..0 # SKIP needs root\n", KTAP_SKIPPED);
	check("TAP version 13\n1..0\n", KTAP_NOTHING);
	check("TAP version 13\n1..1\nok 1 C# SKIPPER\n", KTAP_PASSED, .passed = 1);
}

static void test_incomplete(void **state)
{
	check("TAP version 13\n1..3\nok 1 a\n", KTAP_FAILED, .passed = 1,
	      .problem = "of 3 planned tests 1 gave a result");
	check("TAP version 13\n1..1\nok 1 a\nok 2 b\n", KTAP_FAILED, .passed = 2,
	      .problem = "of 1 planned tests 2");
	check("TAP version 13\nok 1 a\n", KTAP_FAILED, .passed = 1, .problem = "no plan");
	check("TAP version 13\n", KTAP_FAILED, .problem = "no plan");
	check("TAP version 13\n1..5\nok 1 a\nBail out! the disk\tis on fire\nok 2 b\n",
	      KTAP_FAILED, .passed = 1, .problem = "bailed out: the disk\tis on fire");
	check("KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 x\nok 1 s\n",
	      KTAP_FAILED, .passed = 1, .problem = "of 2 planned tests 1");
}

static void test_nested(void **state)
{
	/* The innermost count. */
	check("KTAP version 1\n1..2\n"
	      "    KTAP version 1\n    # Subtest: one\n    1..2\n"
	      "    ok 1 a\n    # one.b: EXPECTATION FAILED at x.c:3\n    not ok 2 b\n"
	      "# one: pass:1 fail:1 skip:0 total:2\nnot ok 1 one\n"
	      "    KTAP version 1\n    1..1\n"
	      "        KTAP version 1\n"
	      "        ok 1 p0\n        not ok 2 p1\n"
	      "    not ok 1 c\nnot ok 2 two\n",
	      KTAP_FAILED, .passed = 2, .failed = 2, .failures = "one.b,two.c.p1");
	/* A group that fails by itself: its exit function, say. */
	check("KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 a\nnot ok 1 one\n",
	      KTAP_FAILED, .passed = 1, .failed = 1, .failures = "one");
	check("KTAP version 1\n1..2\n  KTAP version 1\n  1..0 # SKIP none\n"
	      "ok 1 one # SKIP\nok 2 b\n",
	      KTAP_PASSED, .passed = 1, .skipped = 1);
	/* Two reports in one test, the first of them with another inside. */
	check("KTAP version 1\n1..1\n"
	      "  KTAP version 1\n  1..1\n  not ok 1 a\n"
	      "  KTAP version 1\n  1..1\n    KTAP version 1\n    1..1\n    ok 1 x\n  ok 1 b\n"
	      "not ok 1 all\n",
	      KTAP_FAILED, .passed = 1, .failed = 1, .failures = "all.a");
}

/* As run_kselftest.sh has it. */
static void test_kselftest_runner(void **state)
{
	check("TAP version 13\n1..2\n# timeout set to 45\n# selftests: timers: x\n"
	      "# TAP version 13\n# 1..2\n# ok 1 a\n# not ok 2 b\n# # Totals: pass:1 fail:1\n"
	      "not ok 1 selftests: timers: x # exit=1\n"
	      "# ok 7 is no result\nok 2 selftests: size: y\n",
	      KTAP_FAILED, .passed = 2, .failed = 1,
	      .failures = "selftests: timers: x.b");
}

static void test_what_is_not(void **state)
{
	check("", KTAP_NOTHING);
	check("hello\nTAP version 13\n1..1\nnot ok 1 a\n", KTAP_NOTHING);
	check("ok 1 a\nnot ok 2 b\n", KTAP_NOTHING);
	check(" TAP version 13\n1..1\nok 1 a\n", KTAP_NOTHING);
	check("TAP version 13\n1..1\nok1\nokay 1\nnot okay\n1..x\n1..9999999999\nok 1 a\n",
	      KTAP_PASSED, .passed = 1);
}

static void test_anywhere(void **state)
{
	check_anywhere("building\nok 1 a\nok: built\nnot ok\nnot ok 2 b\n", KTAP_FAILED,
		       .passed = 1, .failed = 1, .failures = "b");
	/* The kernel's log, with KUnit in it. */
	check_anywhere(
		"<6>[    0.1] Booting\n[    1.5][    T1] KTAP version 1\n"
		"<6>[    1.500000] 1..1\n[    1.6]     KTAP version 1\n"
		"[    1.6]     1..2\n[    1.6]     ok 1 a\n[    1.7] usb 1-1: new\n"
		"[    1.7]     not ok 2 b\n[    1.8] not ok 1 s\n",
		KTAP_FAILED, .passed = 1, .failed = 1, .failures = "s.b");
	/* The way of older kernels: no outer version line. */
	check_anywhere(
		"    # Subtest: s\n    1..2\n    not ok 1 - a\n    ok 2 - b\n"
		"not ok 1 - s\n    # Subtest: t\n    1..1\n    ok 1 - c\nok 2 - t\n",
		KTAP_FAILED, .passed = 2, .failed = 1, .failures = "s.a");
	check_anywhere("nothing of the kind\n", KTAP_NOTHING);
}

/* A hostile guest: endless lines, depth, failures. */
static void test_bounds(void **state)
{
	struct ktap ktap = { .anywhere = true };
	_cleanup_text_ struct text text = { 0 };

	for (int i = 0; i < 100000; i++)
		ktap_feed(&ktap, "xxxxxxxxxxxxxxxxxxxx", 20);
	assert_true(ktap.line.length <= 1024);
	ktap_feed(&ktap, "\n", 1);
	for (int i = 0; i < 2000; i++)
		ktap_feed(&ktap, "not ok 1 again\n", 15);
	assert_int_equal(ktap.failed, 2000);
	assert_int_equal(ktap.failures.count, KTAP_FAILURES_MAX);
	for (int i = 0; i < 100; i++) {
		text_appendf(&text, "%*s1..1\n", i, "");
		ktap_feed(&ktap, text.data, text.length);
	}
	assert_true(ktap.depth <= KTAP_DEPTH_MAX);
	ktap_finish(&ktap);
	ktap_deinit(&ktap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_kselftest_runner),
		cmocka_unit_test(test_what_is_not),
		cmocka_unit_test(test_anywhere),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
