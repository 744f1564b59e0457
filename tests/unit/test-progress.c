// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/progress into a pipe, under a clock that the test sets. */
#include "ui/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "ui/colour.h"
#include "unit.h"

#define MIB ((uint64_t)1 << 20)
#define ERASE "\r\033[K"

static uint64_t now_ms;
static unsigned short width;
static int ends[2];

static uint64_t fake_now(void)
{
	return now_ms;
}

static unsigned short fake_columns(int fd)
{
	assert_int_equal(fd, ends[1]);
	return width;
}

static int set_up(void **state)
{
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	now_ms = 1000000;
	width = 100;
	return 0;
}

static int tear_down(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static struct progress *start(enum progress_mode mode)
{
	return progress_new(&(struct progress_options){
		.mode = mode,
		.fd = ends[1],
		.columns = fake_columns,
		.now_ms = fake_now,
	});
}

/* What was drawn since last time; borrowed until then. */
static const char *drawn(void)
{
	static char buffer[4096];
	ssize_t n = read(ends[0], buffer, sizeof(buffer) - 1);

	buffer[n > 0 ? n : 0] = 0;
	return buffer;
}

static void assert_drawn(const char *wanted)
{
	assert_string_equal(drawn(), wanted);
}

static void test_silent(void **state)
{
	struct progress *progress = start(PROGRESS_SILENT);

	for (int i = 0; i < 10; i++, now_ms += 1000)
		progress_update(progress, "fetching", (uint64_t)i, 10);
	progress_free(progress);
	assert_drawn("");
	progress_free(NULL);
}

/* What is done within half a second is never seen, not even to be erased. */
static void test_delay(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	progress_update(progress, "fetching", 1, 10);
	now_ms += PROGRESS_DELAY_MS - 1;
	progress_update(progress, "fetching", 9, 10);
	progress_hide(progress);
	progress_free(progress);
	assert_drawn("");

	progress = start(PROGRESS_BAR);
	now_ms += PROGRESS_DELAY_MS;
	progress_update(progress, "fetching", 9, 10);
	assert_string_not_equal(drawn(), "");
	progress_free(progress);
	assert_drawn(ERASE);
}

static void test_redraw_limit(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);
	unsigned int draws = 0;

	now_ms += PROGRESS_DELAY_MS;
	/* A thousand updates in a second, each of a stage of its own. */
	for (unsigned int i = 0; i < 1000; i++, now_ms++) {
		char stage[16];

		snprintf(stage, sizeof(stage), "file %u", i);
		progress_update(progress, stage, i, 1000);
		draws += *drawn() ? 1 : 0;
	}
	assert_int_equal(draws, 10);
	progress_free(progress);
}

static void test_line(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	/* 2 MiB/s from the start on: 20 of 80 after 10 s, 30 s to go. */
	width = 120;
	for (uint64_t i = 0; i <= 100; i++, now_ms += 100) {
		(void)drawn();
		progress_update(progress, "linux-image", i * 2 * MIB / 10, 80 * MIB);
	}
	assert_drawn("\rlinux-image  [##########..............................]"
		     "  25%  20 MiB of 80 MiB  2.0 MiB/s  0:31 left\033[K");
	progress_free(progress);
	assert_drawn(ERASE);
}

/* The rate follows what is now, not the average since the start. */
static void test_rate_forgets(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);
	uint64_t done = 0;

	for (int i = 0; i < 300; i++, now_ms += 100) {
		(void)drawn();
		progress_update(progress, "x", done, 1000 * MIB);
		done += i < 100 ? 4 * MIB : 150 * 1024;
	}
	progress_update(progress, "x", done, 1000 * MIB);
	assert_non_null(strstr(drawn(), "  1.5 MiB/s  "));
	progress_free(progress);
}

static void test_unknown_total(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	progress_update(progress, "package lists", 0, 0);
	now_ms += 65000;
	progress_update(progress, "package lists", 0, 0);
	assert_drawn("\rpackage lists  1:05\033[K");
	now_ms += 1000;
	progress_update(progress, "package lists", 66 * MIB, 0);
	assert_drawn("\rpackage lists  66 MiB  1.0 MiB/s  1:06\033[K");
	progress_free(progress);
}

static void test_stalled(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	progress_update(progress, "x", 0, MIB);
	now_ms += 5000;
	progress_update(progress, "x", 0, MIB);
	assert_non_null(strstr(drawn(), "-:-- left"));
	progress_free(progress);
}

/* More than was announced, and numbers that overflow if one is careless. */
static void test_odd_numbers(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	now_ms += PROGRESS_DELAY_MS;
	progress_update(progress, "x", 30, 20);
	assert_non_null(strstr(drawn(), "] 100%"));
	now_ms += 1000;
	progress_update(progress, "y", UINT64_MAX - 1, UINT64_MAX);
	assert_non_null(strstr(drawn(), "#"));
	progress_free(progress);
}

/* Nothing is wider than the terminal, which would scroll it. */
static void test_narrow(void **state)
{
	const unsigned short widths[] = { 1, 2, 10, 20, 30, 40, 50, 60, 80, 200, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		struct progress *progress = start(PROGRESS_BAR);
		size_t length;

		width = widths[i];
		progress_update(progress, "linux-image-6.1.0-49-amd64", 0, 80 * MIB);
		now_ms += 10000;
		progress_update(progress, "linux-image-6.1.0-49-amd64", 20 * MIB,
				80 * MIB);
		length = strlen(drawn()) - strlen(ERASE);
		assert_true(length < (width ? width : 80));
		progress_free(progress);
		(void)drawn();
	}
}

static void test_hide(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);

	now_ms += PROGRESS_DELAY_MS;
	progress_update(progress, "x", 1, 2);
	(void)drawn();
	progress_hide(progress);
	assert_drawn(ERASE);
	progress_hide(progress);
	assert_drawn("");
	now_ms += PROGRESS_REDRAW_MS;
	progress_update(progress, "x", 1, 2);
	assert_string_not_equal(drawn(), "");
	progress_free(progress);
}

static void test_lines(void **state)
{
	struct progress *progress = start(PROGRESS_LINES);

	for (int i = 0; i < 10; i++, now_ms += 1000)
		progress_update(progress, "package lists", 0, 0);
	assert_drawn("package lists...\n");
	for (uint64_t i = 0; i < 10; i++, now_ms += 1000)
		progress_update(progress, "linux-image", i, 80 * MIB);
	assert_drawn("linux-image (80 MiB)...\n");
	progress_free(progress);
	assert_drawn("");
}

static void test_hostile_name(void **state)
{
	struct progress *progress = start(PROGRESS_LINES);

	progress_update(progress, "a\033[2Jb\nc", 0, 0);
	assert_drawn("a\\x1b[2Jb...\n");
	/* Still the same stage. */
	progress_update(progress, "a\033[2Jb\nc", 0, 0);
	assert_drawn("");
	progress_free(progress);
}

/* The reader is gone: nothing worse happens than nothing. */
static void test_nobody_reads(void **state)
{
	struct progress *progress = start(PROGRESS_BAR);
	char page[4096] = { 0 };

	while (write(ends[1], page, sizeof(page)) > 0)
		;
	now_ms += PROGRESS_DELAY_MS;
	progress_update(progress, "x", 1, 2);
	progress_free(progress);
}

static void test_mode(void **state)
{
	assert_int_equal(progress_mode_for(ends[1], false), PROGRESS_SILENT);
	assert_int_equal(progress_mode_for(ends[1], true), PROGRESS_LINES);
}

static void test_colour(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(master >= 0);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(colour_wanted(master));
	assert_int_equal(progress_mode_for(master, false), PROGRESS_BAR);
	assert_false(colour_wanted(ends[1]));
	setenv("NO_COLOR", "", 1); /* set to nothing is not set */
	assert_true(colour_wanted(master));
	setenv("NO_COLOR", "1", 1);
	assert_false(colour_wanted(master));
	assert_int_equal(progress_mode_for(master, false), PROGRESS_BAR);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(colour_wanted(master));
	assert_int_equal(progress_mode_for(master, true), PROGRESS_LINES);
	assert_string_equal(colour_on(false, COLOUR_BAD), "");
	assert_string_equal(colour_on(true, COLOUR_NONE), "");
	assert_string_equal(colour_off(true, COLOUR_NONE), "");
	close(master);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_silent),	 TEST(test_delay),
		TEST(test_redraw_limit), TEST(test_line),
		TEST(test_rate_forgets), TEST(test_unknown_total),
		TEST(test_stalled),	 TEST(test_odd_numbers),
		TEST(test_narrow),	 TEST(test_hide),
		TEST(test_lines),	 TEST(test_hostile_name),
		TEST(test_nobody_reads), TEST(test_mode),
		TEST(test_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
