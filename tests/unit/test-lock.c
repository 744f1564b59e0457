// SPDX-License-Identifier: GPL-2.0-or-later
/* os/lock between processes: held, awaited, inherited, and freed by a SIGKILL. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "unit.h"

#define SOON_MS 20000

static char *directory; /* fresh for each test */
static char *path;

static int set_up(void **state)
{
	assert_ok(temp_dir_make("klab-test-", &directory));
	path = xasprintf("%s/lock", directory);
	return 0;
}

static int tear_down(void **state)
{
	free(path);
	temp_dir_free(directory);
	return 0;
}

/* Another process that holds the lock until it is killed or told to go on. */
struct holder {
	pid_t pid;
	int go; /* closing it ends the holder */
};

static struct holder new_holder(enum lock_kind kind)
{
	int ready[2], go[2];
	struct holder holder;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	holder.pid = fork();
	if (holder.pid == 0) {
		int fd;

		close(go[1]);
		if (lock_take(path, kind, 0, "it", &fd) || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(go[0], &c, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	close(go[0]);
	holder.go = go[1];
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return holder;
}

static void holder_kill(struct holder *holder)
{
	kill(holder->pid, SIGKILL);
	assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
	close(holder->go);
}

static void test_held_and_freed(void **state)
{
	struct holder holder = new_holder(LOCK_KIND_EXCLUSIVE);
	_cleanup_close_ int fd = -1;

	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "the store", &fd),
		     ERROR_BUSY, "the store is in use");
	assert_error(lock_take(path, LOCK_KIND_SHARED, 0, "the store", &fd), ERROR_BUSY,
		     "the store is in use");
	assert_int_equal(fd, -1);
	holder_kill(&holder);
	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "the store", &fd));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_shared(void **state)
{
	struct holder holder = new_holder(LOCK_KIND_SHARED);
	_cleanup_close_ int fd = -1;

	assert_ok(lock_take(path, LOCK_KIND_SHARED, 0, "it", &fd));
	close_fd(fd);
	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &fd), ERROR_BUSY,
		     "it");
	holder_kill(&holder);
}

/* In one process too: the lock is the open file's, not the process's. */
static void test_same_process(void **state)
{
	_cleanup_close_ int first = -1, second = -1;

	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &first));
	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &second), ERROR_BUSY,
		     "it");
	close_fd(first);
	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &second));
}

static void test_timeout(void **state)
{
	struct holder holder = new_holder(LOCK_KIND_EXCLUSIVE);
	_cleanup_close_ int fd = -1;
	uint64_t begin = clock_ms();

	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 60, "it", &fd), ERROR_TIMEOUT,
		     "did not get free");
	assert_true(clock_ms() >= begin + 60);
	holder_kill(&holder);
	/* The helper that waited is gone and holds nothing. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &fd));
}

/* Waits, gets it when the holder ends, and really has it then. */
static void test_awaited(void **state)
{
	struct holder holder = new_holder(LOCK_KIND_EXCLUSIVE);
	_cleanup_close_ int second = -1;
	int status, taken[2];
	char c = 0;
	pid_t waiter;

	assert_int_equal(pipe2(taken, O_CLOEXEC), 0);
	waiter = fork();
	if (waiter == 0) {
		int fd;

		close(holder.go);
		close(taken[0]);
		if (lock_take(path, LOCK_KIND_EXCLUSIVE, SOON_MS, "it", &fd) ||
		    write(taken[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(taken[1]);
	close(holder.go);
	assert_int_equal(read(taken[0], &c, 1), 1);
	assert_int_equal(waitpid(holder.pid, &status, 0), holder.pid);
	assert_int_equal(status, 0);
	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &second), ERROR_BUSY,
		     "it");
	kill(waiter, SIGKILL);
	assert_int_equal(waitpid(waiter, NULL, 0), waiter);
	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &second));
	close(taken[0]);
}

/* The holder removes the file and ends: who waited must not own a lock on nothing. */
static void test_removed_meanwhile(void **state)
{
	_cleanup_close_ int first = -1, second = -1, third = -1;
	int status;
	pid_t waiter;

	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &first));
	waiter = fork();
	if (waiter == 0) {
		int fd;

		close(first);
		if (lock_take(path, LOCK_KIND_EXCLUSIVE, SOON_MS, "it", &fd))
			_exit(1);
		_exit(access(path, F_OK) == 0 ? 0 : 2);
	}
	/* Whether the waiter opened the file before or after this: both end well. */
	assert_int_equal(unlink(path), 0);
	close_fd(first);
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	assert_int_equal(status, 0);
	assert_ok(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &second));
	assert_error(lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "it", &third), ERROR_BUSY,
		     "it");
}

static void test_no_directory(void **state)
{
	int fd;

	assert_error(lock_take("/nowhere/lock", LOCK_KIND_SHARED, 0, "it", &fd), ERROR_OS,
		     "/nowhere/lock");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_held_and_freed), TEST(test_shared),
		TEST(test_same_process),   TEST(test_timeout),
		TEST(test_awaited),	   TEST(test_removed_meanwhile),
		TEST(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
