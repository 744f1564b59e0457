// SPDX-License-Identifier: GPL-2.0-or-later
/* The store as one process sees it; test-store-race.c has the others. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/store.h"
#include "unit.h"

struct fixture {
	char *root;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-test-store", &f->root));
	assert_ok(store_open(f->root, &f->store));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	store_free(f->store);
	assert_ok(store_open(f->root, &f->store));
}

/* An entry with one file of that many bytes; released, so that it can be pruned. */
static void make_entry(struct fixture *f, const char *kind, const char *key, size_t size)
{
	_cleanup_free_ uint8_t *data = xcalloc(1, size);
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *entry = NULL;
	struct store_draft *draft;

	memset(data, 'x', size);
	assert_ok(store_draft_new(f->store, kind, key, &draft));
	path = path_join(store_draft_path(draft), "data");
	assert_ok(file_write(path, data, size, 0644));
	assert_ok(store_draft_publish(draft, &entry));
	assert_true(has_suffix(entry, key));
	reopen(f);
}

static size_t count_directory(const struct fixture *f, const char *name)
{
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	return count;
}

static void set_age(const struct fixture *f, const char *kind, const char *key,
		    time_t used)
{
	_cleanup_free_ char *path = xasprintf("%s/entries/%s/%s", f->root, kind, key);
	struct timespec times[2] = { { .tv_sec = used }, { .tv_sec = used } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool has_entry(struct fixture *f, const char *kind, const char *key)
{
	_cleanup_free_ char *path = xasprintf("%s/entries/%s/%s", f->root, kind, key);

	return path_is_dir(path);
}

static void test_publish_and_lookup(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *file = NULL;
	_cleanup_free_ char *text = NULL;

	assert_null(store_lookup(f->store, "kernel", "a"));
	make_entry(f, "kernel", "a", 3);
	path = store_lookup(f->store, "kernel", "a");
	assert_non_null(path);
	file = path_join(path, "data");
	assert_ok(file_read_line(file, &text));
	assert_string_equal(text, "xxx");
	assert_int_equal(count_directory(f, "tmp"), 0);
}

static void test_second_draft_yields_to_first(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *first_path = NULL;
	_cleanup_free_ char *second_path = NULL;
	_cleanup_free_ char *mark = NULL;
	struct store_draft *first, *second;

	assert_ok(store_draft_new(f->store, "probe", "k", &first));
	assert_ok(store_draft_new(f->store, "probe", "k", &second));
	mark = path_join(store_draft_path(first), "first");
	assert_ok(file_write(mark, "", 0, 0644));
	assert_ok(store_draft_publish(first, &first_path));
	assert_ok(store_draft_publish(second, &second_path));
	assert_string_equal(first_path, second_path);
	free(mark);
	mark = path_join(second_path, "first");
	assert_true(path_exists(mark));
	assert_int_equal(count_directory(f, "tmp"), 0);
}

static void test_dropped_draft_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_draft *draft;

	assert_ok(store_draft_new(f->store, "probe", "k", &draft));
	assert_int_equal(count_directory(f, "tmp"), 1);
	store_draft_free(draft);
	assert_int_equal(count_directory(f, "tmp"), 0);
	assert_false(has_entry(f, "probe", "k"));
}

static void test_names_stay_inside(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", ".hidden", "../x" };
	struct fixture *f = *state;
	struct store_draft *draft;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_error(store_draft_new(f->store, "kernel", bad[i], &draft),
			     ERROR_FAILED, "no name");
		assert_null(store_lookup(f->store, bad[i], "a"));
	}
}

static void test_list_is_sorted_and_sized(void **state)
{
	struct fixture *f = *state;
	struct store_entry *entries;
	size_t count;

	make_entry(f, "vmlinux", "old", 100000);
	make_entry(f, "vmlinux", "new", 1);
	make_entry(f, "kernel", "k", 1);
	set_age(f, "vmlinux", "old", 1000);
	assert_ok(store_list(f->store, NULL, &entries, &count));
	assert_int_equal(count, 3);
	assert_string_equal(entries[0].kind, "kernel");
	assert_string_equal(entries[1].key, "new");
	assert_string_equal(entries[2].key, "old");
	assert_int_equal(entries[2].used, 1000);
	assert_true(entries[2].bytes >= 100000 && entries[2].bytes < 200000);
	store_entries_free(entries, count);
	assert_ok(store_list(f->store, "kernel", &entries, &count));
	assert_int_equal(count, 1);
	store_entries_free(entries, count);
}

static void test_sparse_files_count_as_allocated(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *entry = NULL;
	struct store_entry *entries;
	struct store_draft *draft;
	size_t count;
	int fd;

	assert_ok(store_draft_new(f->store, "template", "sparse", &draft));
	path = path_join(store_draft_path(draft), "ram");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	close(fd);
	assert_ok(store_draft_publish(draft, &entry));
	assert_ok(store_list(f->store, NULL, &entries, &count));
	assert_true(entries[0].bytes < 1 << 20);
	store_entries_free(entries, count);
}

static void test_prune_takes_the_oldest(void **state)
{
	struct store_prune_options options = { .budget = 250000 };
	struct fixture *f = *state;
	uint64_t freed;

	make_entry(f, "vmlinux", "a", 100000);
	make_entry(f, "initramfs", "b", 100000);
	make_entry(f, "vmlinux", "c", 100000);
	set_age(f, "vmlinux", "a", 3000);
	set_age(f, "initramfs", "b", 1000);
	set_age(f, "vmlinux", "c", 2000);

	options.dry_run = true;
	assert_ok(store_prune(f->store, &options, &freed));
	assert_true(freed >= 100000 && freed < 200000);
	assert_true(has_entry(f, "initramfs", "b"));

	options.dry_run = false;
	assert_ok(store_prune(f->store, &options, &freed));
	assert_true(freed >= 100000 && freed < 200000);
	assert_false(has_entry(f, "initramfs", "b"));
	assert_true(has_entry(f, "vmlinux", "a"));
	assert_true(has_entry(f, "vmlinux", "c"));
	assert_int_equal(count_directory(f, "tmp"), 0);
}

static void test_prune_spares_the_used_and_the_fetched(void **state)
{
	struct store_prune_options options = { .budget = 0 };
	struct fixture *f = *state;
	_cleanup_free_ char *used = NULL;
	uint64_t freed;

	make_entry(f, "kernel", "k", 1);
	make_entry(f, "vmlinux", "used", 1);
	make_entry(f, "vmlinux", "unused", 1);
	used = store_lookup(f->store, "vmlinux", "used");
	assert_ok(store_prune(f->store, &options, &freed));
	assert_true(has_entry(f, "kernel", "k"));
	assert_true(has_entry(f, "vmlinux", "used"));
	assert_false(has_entry(f, "vmlinux", "unused"));

	assert_error(store_remove(f->store, "vmlinux", "used"), ERROR_BUSY, "in use");
	reopen(f);
	assert_ok(store_remove(f->store, "vmlinux", "used"));
	assert_error(store_remove(f->store, "vmlinux", "used"), ERROR_NOT_FOUND, "no");
	options.kind = "kernel";
	assert_ok(store_prune(f->store, &options, &freed));
	assert_false(has_entry(f, "kernel", "k"));
}

static void test_work_is_one_process_at_a_time(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *again = NULL;
	_cleanup_free_ char *list = NULL;
	struct store_prune_options options = { .budget = 0 };
	uint64_t freed;
	int fd, second;

	assert_ok(store_work(f->store, "apt-a", 0, &path, &fd));
	assert_true(path_is_dir(path));
	/* On a tmpfs an empty directory takes nothing, so pruning it would free nothing. */
	list = path_join(path, "list");
	assert_ok(file_write(list, "a package", 9, 0600));
	assert_error(store_work(f->store, "apt-a", 50, &again, &second), ERROR_BUSY, "");
	assert_ok(store_prune(f->store, &options, &freed));
	assert_true(path_is_dir(path));
	close(fd);
	assert_ok(store_prune(f->store, &options, &freed));
	assert_false(path_is_dir(path));
	assert_ok(store_work(f->store, "apt-a", 0, &again, &fd));
	assert_true(path_is_dir(path));
	close(fd);
}

static void test_full_disk_says_so(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct error *err =
		store_explain(f->store, error_os(ENOSPC, "writing x"));

	assert_non_null(strstr(error_sentence(err), "no space left on"));
	assert_non_null(strstr(error_hint_text(err), "klab store prune"));
	assert_true(error_is_errno(err, ENOSPC));
	assert_null(store_explain(f->store, NULL));
}

/* Root may write anywhere, so this is tried as somebody else. */
static void test_unwritable_store_can_be_read(void **state)
{
	struct fixture *f = *state;
	struct store_draft *draft;
	_cleanup_free_ char *entry = NULL;
	_cleanup_free_ char *tmp = path_join(f->root, "tmp");
	struct store *other;
	int status;
	pid_t pid;

	make_entry(f, "kernel", "k", 1);
	entry = xasprintf("%s/entries/kernel/k", f->root);
	assert_int_equal(chmod(tmp, 0555), 0);
	assert_int_equal(chmod(entry, 0555), 0);
	if (geteuid() == 0) {
		_cleanup_free_ char *entries = path_join(f->root, "entries");
		_cleanup_free_ char *kernels = path_join(entries, "kernel");

		assert_int_equal(chmod(f->root, 0755), 0);
		assert_int_equal(chmod(entries, 0755), 0);
		assert_int_equal(chmod(kernels, 0755), 0);
	}
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(10);
		if (store_open(f->root, &other))
			_exit(11);
		if (!store_lookup(other, "kernel", "k"))
			_exit(12);
		struct error *err = store_draft_new(other, "kernel", "l", &draft);
		if (!error_is_errno(err, EACCES) || !error_hint_text(err))
			_exit(13);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(tmp, 0755), 0);
	assert_int_equal(chmod(entry, 0755), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_publish_and_lookup),
		TEST(test_second_draft_yields_to_first),
		TEST(test_dropped_draft_leaves_nothing),
		TEST(test_names_stay_inside),
		TEST(test_list_is_sorted_and_sized),
		TEST(test_sparse_files_count_as_allocated),
		TEST(test_prune_takes_the_oldest),
		TEST(test_prune_spares_the_used_and_the_fetched),
		TEST(test_work_is_one_process_at_a_time),
		TEST(test_full_disk_says_so),
		TEST(test_unwritable_store_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
