// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runtime directories: whose they are, what is rubbish, and many processes at once.
 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "vm/keeper.h"
#include "vm/runtime.h"

#define RACERS 8
#define ROUNDS 20

static int setup(void **state)
{
	char *directory;

	assert_ok(temp_dir_make("klab-runtime", &directory));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", directory, 1), 0);
	*state = directory;
	return 0;
}

static int teardown(void **state)
{
	temp_dir_free(*state);
	return 0;
}

static size_t count_guests(void)
{
	struct guest_entry *guests;
	size_t count;

	assert_ok(guests_list(&guests, &count));
	guests_free(guests, count);
	return count;
}

static void test_names(void **state)
{
	static const char *const good[] = { "a", "linux-6.1", "A_b.c-9", "0" };
	static const char *const bad[] = {
		"",	".",
		"..",	".lock",
		"-v",	"a/b",
		"a b",	"ä",
		"../x", "1234567890123456789012345678901234567890123456789",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_ok(runtime_check_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_error(runtime_check_name(bad[i]), ERROR_USAGE, "guest's name");
}

static void test_claim_and_release(void **state)
{
	struct runtime first = RUNTIME_NONE, second = RUNTIME_NONE;
	struct guest_entry *guests;
	struct stat st;
	size_t count;
	char *name;
	int fd;

	assert_ok(runtime_claim("one", &first));
	assert_int_equal(stat(first.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_error(runtime_claim("one", &second), ERROR_EXISTS, "\"one\" is running");
	assert_ok(runtime_claim("another", &second));
	assert_ok(guests_list(&guests, &count));
	assert_int_equal(count, 2);
	assert_string_equal(guests[0].name, "another");
	assert_int_equal(guests[0].pid, getpid());
	guests_free(guests, count);
	assert_error(guest_connect(NULL, &fd, NULL), ERROR_USAGE, "another, one");
	assert_error(guest_connect("two", &fd, NULL), ERROR_NOT_FOUND,
		     "there is another, one");
	runtime_release(&second);
	assert_ok(guest_connect(NULL, &fd, &name));
	assert_string_equal(name, "one");
	free(name);
	close(fd);
	runtime_release(&first);
	assert_int_equal(count_guests(), 0);
	assert_error(guest_connect(NULL, &fd, NULL), ERROR_NOT_FOUND,
		     "no guest is running");
	runtime_release(&first); /* twice is fine */
}

/* A process that is killed while it holds a guest's directory. */
static void leave_rubbish(const char *name)
{
	struct runtime runtime;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		error_ignore(runtime_claim(name, &runtime));
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void test_rubbish(void **state)
{
	_cleanup_free_ char *path = path_join(*state, "klab/dead");
	struct runtime runtime = RUNTIME_NONE;
	int fd;

	leave_rubbish("dead");
	assert_true(path_exists(path));
	/* Whoever looks sweeps. */
	assert_int_equal(count_guests(), 0);
	assert_false(path_exists(path));
	/* Or takes it over. */
	leave_rubbish("dead");
	assert_ok(runtime_claim("dead", &runtime));
	assert_ok(guest_connect("dead", &fd, NULL));
	close(fd);
	runtime_release(&runtime);
	assert_false(path_exists(path));
}

static void test_half_made(void **state)
{
	_cleanup_free_ char *path = path_join(*state, "klab/half");
	struct runtime runtime = RUNTIME_NONE;

	assert_int_equal(count_guests(), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_ok(runtime_claim("half", &runtime));
	runtime_release(&runtime);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(count_guests(), 0);
	assert_false(path_exists(path));
}

/* Claims the same few names as all others; two may never hold one. */
static _noreturn_ void race(const char *directory)
{
	for (int i = 0; i < ROUNDS; i++) {
		_cleanup_free_ char *name = xasprintf("guest-%d", i % 3);
		_cleanup_free_ char *mark = path_join(directory, name);
		struct runtime runtime = RUNTIME_NONE;
		struct error *err = runtime_claim(name, &runtime);

		if (error_is(err, ERROR_EXISTS)) {
			error_free(err);
			continue;
		}
		if (err || mkdir(mark, 0700) < 0)
			_exit(1);
		if (count_guests() < 1 || rmdir(mark) < 0)
			_exit(2);
		runtime_release(&runtime);
	}
	_exit(0);
}

static void test_race(void **state)
{
	pid_t racers[RACERS];

	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = fork();
		assert_true(racers[i] >= 0);
		if (racers[i] == 0)
			race(*state);
	}
	for (size_t i = 0; i < RACERS; i++) {
		int status;

		assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_guests(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		TEST(test_claim_and_release),
		TEST(test_rubbish),
		TEST(test_half_made),
		TEST(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
