// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many klabs on one store, killed at random moments: makers, readers and a pruner.  What
 * must hold all the time: an entry that is found is whole.  What must hold afterwards: a
 * new klab can make everything, and sweeps what the dead left.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "os/spawn.h"
#include "store/store.h"
#include "unit.h"

#define FILES 20
#define KEYS 3
#define WORKERS 6
#define KILLS 150

/* In the children: a broken promise is exit status 1, an error in the store 2. */
static void child_check(bool kept)
{
	if (!kept)
		_exit(1);
}

static void child_ok(struct error *err)
{
	if (!err)
		return;
	fprintf(stderr, "child: %s\n", error_sentence(err));
	_exit(2);
}

static void fill(const char *directory)
{
	for (int i = 0; i < FILES; i++) {
		_cleanup_free_ char *path = xasprintf("%s/file-%d", directory, i);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		child_check(fd >= 0);
		child_check(write(fd, "0123456789", 10) == 10);
		close(fd);
	}
}

/* True if all files are there; an entry that can be looked up always is. */
static bool is_whole(const char *directory)
{
	for (int i = 0; i < FILES; i++) {
		_cleanup_free_ char *path = xasprintf("%s/file-%d", directory, i);
		struct stat st;

		if (stat(path, &st) < 0 || st.st_size != 10)
			return false;
	}
	return true;
}

static void make_or_use(const char *root, const char *key)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_free_ char *path = NULL;
	struct store_draft *draft;

	child_ok(store_open(root, &store));
	path = store_lookup(store, "vmlinux", key);
	if (!path) {
		child_ok(store_draft_new(store, "vmlinux", key, &draft));
		fill(store_draft_path(draft));
		child_ok(store_draft_publish(draft, &path));
	}
	/* Twice: held entries stay whole whatever the pruner does. */
	child_check(is_whole(path));
	child_check(is_whole(path));
}

static void prune_all(const char *root)
{
	_cleanup_(store_freep) struct store *store = NULL;
	const struct store_prune_options options = { .budget = 0 };
	uint64_t freed;

	child_ok(store_open(root, &store));
	child_ok(store_prune(store, &options, &freed));
}

static pid_t start_worker(const char *root, unsigned int seed)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	/* A test that fails ends without killing its workers. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		_cleanup_free_ char *key = xasprintf("k%d", rand_r(&seed) % KEYS);

		if (rand_r(&seed) % 4 == 0)
			prune_all(root);
		else
			make_or_use(root, key);
	}
}

static bool was_killed(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void test_killed_at_random(void **state)
{
	_cleanup_temp_dir_ char *root = NULL;
	_cleanup_free_ char *tmp = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	pid_t workers[WORKERS];
	unsigned int seed = 1;
	struct dirent *entry;

	assert_ok(temp_dir_make("klab-test-race", &root));
	for (unsigned int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(root, i);
	for (unsigned int i = 0; i < KILLS; i++) {
		pid_t *victim = &workers[(unsigned int)rand_r(&seed) % WORKERS];

		/* The moment of the kill is what the test varies: 0-20 ms. */
		(void)poll(NULL, 0, rand_r(&seed) % 20);
		kill(*victim, SIGKILL);
		if (!was_killed(*victim))
			fail_msg("a worker ended by itself: a promise was broken");
		*victim = start_worker(root, 100 + i);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		assert_true(was_killed(workers[i]));
	}

	for (int i = 0; i < KEYS; i++) {
		_cleanup_free_ char *key = xasprintf("k%d", i);

		make_or_use(root, key);
	}
	prune_all(root);
	tmp = path_join(root, "tmp");
	dir = opendir(tmp);
	while ((entry = readdir(dir)))
		assert_true(entry->d_name[0] == '.');
}

/* One of several klabs that want the same entry makes it, the others wait for it. */
static void test_made_once(void **state)
{
	_cleanup_temp_dir_ char *root = NULL;
	_cleanup_free_ char *log = NULL;
	_cleanup_free_ char *line = NULL;
	pid_t workers[WORKERS];

	assert_ok(temp_dir_make("klab-test-race", &root));
	log = path_join(root, "made");
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0) {
			_cleanup_(store_freep) struct store *store = NULL;
			_cleanup_free_ char *path = NULL;
			struct store_draft *draft;
			int lock, fd;

			child_ok(store_open(root, &store));
			child_ok(store_lock_key(store, "kernel", "one", &lock));
			path = store_lookup(store, "kernel", "one");
			if (!path) {
				child_ok(store_draft_new(store, "kernel", "one", &draft));
				fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
				child_check(fd >= 0 && write(fd, "x", 1) == 1);
				fill(store_draft_path(draft));
				child_ok(store_draft_publish(draft, &path));
			}
			child_check(is_whole(path));
			_exit(0);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		int status;

		assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
		assert_int_equal(status, 0);
	}
	assert_ok(file_read_line(log, &line));
	assert_string_equal(line, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_random),
		cmocka_unit_test(test_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
