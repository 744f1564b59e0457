// SPDX-License-Identifier: GPL-2.0-or-later
/* os/watch: what counts as saved. */
#include "os/watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "unit.h"

static char *root;
static struct watch *watch;

static bool is_c(const char *name)
{
	return has_suffix(name, ".c");
}

static int set_up(void **state)
{
	assert_ok(temp_dir_make("klab-watch", &root));
	assert_ok(watch_new(root, is_c, &watch));
	return 0;
}

static int tear_down(void **state)
{
	watch_free(watch);
	temp_dir_free(root);
	return 0;
}

static void put(const char *name)
{
	_cleanup_free_ char *path = path_join(root, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, "x", 1), 1);
}

static void assert_saved(const char *wanted)
{
	_cleanup_free_ char *name = NULL;

	assert_ok(watch_wait(watch, &name));
	assert_non_null(name);
	assert_string_equal(name, wanted);
}

static void test_written(void **state)
{
	put("a.c");
	put("b.o");
	assert_saved("a.c");
}

/* As editors do it: a whole file comes over the old one. */
static void test_renamed(void **state)
{
	_cleanup_free_ char *from = path_join(root, "b.tmp");
	_cleanup_free_ char *to = path_join(root, "b.c");

	put("b.tmp");
	assert_int_equal(rename(from, to), 0);
	assert_saved("b.c");
}

/* Saved together: one call. */
static void test_several(void **state)
{
	put("a.c");
	put("b.c");
	put("c.c");
	assert_saved("c.c");
	put("a.c");
	assert_saved("a.c");
}

static void test_signal(void **state)
{
	_cleanup_free_ char *name = NULL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGINT);
	assert_ok(watch_wait(watch, &name));
	assert_null(name);
}

static void test_gone(void **state)
{
	_cleanup_free_ char *name = NULL;

	assert_ok(tree_remove(root));
	assert_error(watch_wait(watch, &name), ERROR_NOT_FOUND, "gone away");
}

static void test_no_directory(void **state)
{
	struct watch *none;
	struct error *err = watch_new("/no/such/directory", is_c, &none);

	assert_non_null(err);
	error_free(err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_written), TEST(test_renamed), TEST(test_several),
		TEST(test_signal),  TEST(test_gone),	TEST(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
