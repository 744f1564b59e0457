// SPDX-License-Identifier: GPL-2.0-or-later
/* os/dirs with the environment as users, cron and sudo leave it. */
#include "os/dirs.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "unit.h"

static char *directory; /* fresh for each test; HOME and TMPDIR point into it */

static int set_up(void **state)
{
	assert_ok(temp_dir_make("klab-test-", &directory));
	unsetenv("XDG_CACHE_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/home/somebody", 1);
	setenv("TMPDIR", directory, 1);
	return 0;
}

static int tear_down(void **state)
{
	unsetenv("TMPDIR");
	temp_dir_free(directory);
	return 0;
}

static void assert_dir(struct error *(*get)(char **ret), const char *wanted)
{
	_cleanup_free_ char *path = NULL;

	assert_ok(get(&path));
	assert_string_equal(path, wanted);
}

static char *fallback_path(void)
{
	return xasprintf("%s/klab-%u", directory, (unsigned int)geteuid());
}

static void assert_runtime(const char *wanted)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	assert_ok(dirs_runtime(&path));
	assert_string_equal(path, wanted);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
}

static void test_xdg(void **state)
{
	assert_dir(dirs_cache, "/home/somebody/.cache/klab");
	assert_dir(dirs_state, "/home/somebody/.local/state/klab");
	assert_dir(dirs_config, "/home/somebody/.config/klab");
	setenv("XDG_CACHE_HOME", "/elsewhere/", 1);
	assert_dir(dirs_cache, "/elsewhere/klab");
	/* The specification: a relative path is to be ignored. */
	setenv("XDG_CACHE_HOME", "relative", 1);
	assert_dir(dirs_cache, "/home/somebody/.cache/klab");
	setenv("XDG_CACHE_HOME", "", 1);
	assert_dir(dirs_cache, "/home/somebody/.cache/klab");
}

static void test_home_unset(void **state)
{
	_cleanup_free_ char *path = NULL;

	unsetenv("HOME");
	assert_ok(dirs_cache(&path));
	assert_true(path[0] == '/');
	assert_true(has_suffix(path, "/.cache/klab"));
}

static void test_runtime(void **state)
{
	_cleanup_free_ char *wanted = path_join(directory, "klab");

	setenv("XDG_RUNTIME_DIR", directory, 1);
	assert_runtime(wanted);
	assert_runtime(wanted); /* also when it is there already */
}

static void test_runtime_unset(void **state)
{
	_cleanup_free_ char *wanted = fallback_path();

	assert_runtime(wanted);
	setenv("XDG_RUNTIME_DIR", "", 1);
	assert_runtime(wanted);
	setenv("XDG_RUNTIME_DIR", "/nowhere/at/all", 1);
	assert_runtime(wanted);
	setenv("XDG_RUNTIME_DIR", "/etc/passwd", 1);
	assert_runtime(wanted);
}

/* The paths of sockets below it must fit into 108 bytes. */
static void test_runtime_too_long(void **state)
{
	_cleanup_free_ char *wanted = fallback_path();
	_cleanup_free_ char *deep = xasprintf("%s/%080d", directory, 0);

	assert_ok(dir_make(deep, 0700));
	setenv("XDG_RUNTIME_DIR", deep, 1);
	assert_runtime(wanted);
}

/* After su: the variable still names the other user's. */
static void test_runtime_not_ours(void **state)
{
	_cleanup_free_ char *wanted = fallback_path();

	if (geteuid() == 0) {
		_cleanup_free_ char *other = path_join(directory, "other");

		assert_ok(dir_make(other, 0700));
		assert_int_equal(chown(other, 65534, 65534), 0);
		setenv("XDG_RUNTIME_DIR", other, 1);
	} else {
		setenv("XDG_RUNTIME_DIR", "/root", 1);
	}
	assert_runtime(wanted);
}

static void test_runtime_unwritable(void **state)
{
	_cleanup_free_ char *session = path_join(directory, "session");
	_cleanup_free_ char *inside = path_join(session, "klab");
	_cleanup_free_ char *outside = fallback_path();

	assert_ok(dir_make(session, 0500));
	setenv("XDG_RUNTIME_DIR", session, 1);
	/* Nothing is unwritable to root. */
	assert_runtime(geteuid() == 0 ? inside : outside);
}

/* Somebody was there first, in a directory that everybody can write: refused. */
static void test_runtime_hostile(void **state)
{
	_cleanup_free_ char *path = fallback_path();
	_cleanup_free_ char *ret = NULL;

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_error(dirs_runtime(&ret), ERROR_REFUSED, "mode 0755");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/etc", path), 0);
	assert_error(dirs_runtime(&ret), ERROR_REFUSED, "not a directory");
	assert_int_equal(unlink(path), 0);
	if (geteuid() == 0) {
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_error(dirs_runtime(&ret), ERROR_REFUSED, "another user");
	}
	assert_null(ret);
}

static void test_self(void **state)
{
	_cleanup_free_ char *self = NULL;

	assert_ok(dirs_self(&self));
	assert_true(has_suffix(self, "/test-dirs"));
	assert_true(path_exists(self));
}

static void test_data_file(void **state)
{
	const char *before = getenv("KLAB_DATA");
	_cleanup_free_ char *saved = before ? xstrdup(before) : NULL;
	_cleanup_free_ char *wanted = path_join(directory, "some-file");
	_cleanup_free_ char *self = NULL, *path = NULL, *beside = NULL, *none = NULL;

	assert_ok(file_write(wanted, "x", 1, 0600));
	setenv("KLAB_DATA", directory, 1);
	assert_ok(dirs_data_file("some-file", &path));
	assert_string_equal(path, wanted);

	/* Not there: beside the program is next. */
	assert_ok(dirs_data_file("test-dirs", &beside));
	assert_ok(dirs_self(&self));
	assert_string_equal(beside, self);
	assert_error(dirs_data_file("no/such/file", &none), ERROR_MISSING, directory);
	if (saved)
		setenv("KLAB_DATA", saved, 1);
	else
		unsetenv("KLAB_DATA");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_xdg),
		TEST(test_home_unset),
		TEST(test_runtime),
		TEST(test_runtime_unset),
		TEST(test_runtime_too_long),
		TEST(test_runtime_not_ours),
		TEST(test_runtime_unwritable),
		TEST(test_runtime_hostile),
		TEST(test_self),
		TEST(test_data_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
