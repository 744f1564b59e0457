// SPDX-License-Identifier: GPL-2.0-or-later
/* os/file, os/fd, os/path, os/tree, os/draft: files of every kind, and trees. */
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "unit.h"

static char *directory; /* fresh for each test */

static int set_up(void **state)
{
	assert_ok(temp_dir_make("klab-test-", &directory));
	return 0;
}

static int tear_down(void **state)
{
	temp_dir_free(directory);
	return 0;
}

static size_t entries(const char *path)
{
	_cleanup_closedir_ DIR *stream = opendir(path);
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	return count - 2; /* "." and ".." */
}

static void assert_content(const char *path, const char *wanted)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };

	assert_ok(file_read(path, 1 << 20, &bytes));
	assert_int_equal(bytes.size, strlen(wanted));
	assert_memory_equal(bytes.data, wanted, bytes.size);
}

static void test_map_and_read(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "file");
	_cleanup_bytes_ struct bytes mapped = { 0 }, copied = { 0 }, empty = { 0 };

	assert_ok(file_write(path, "hello", 5, 0600));
	assert_ok(file_map(path, &mapped));
	assert_true(mapped.mapped);
	assert_int_equal(mapped.size, 5);
	assert_memory_equal(mapped.data, "hello", 5);
	assert_ok(file_read(path, 5, &copied));
	assert_false(copied.mapped);
	assert_string_equal((const char *)copied.data, "hello"); /* with its NUL */
	assert_error(file_read(path, 4, &empty), ERROR_UNSUPPORTED, "more than 4 bytes");

	assert_ok(file_write(path, "", 0, 0600));
	assert_ok(file_map(path, &empty));
	assert_null(empty.data);
	assert_ok(file_read(path, 0, &empty));
	assert_null(empty.data);
}

static void test_map_refuses(void **state)
{
	struct bytes bytes = { 0 };

	assert_error(file_map("/nowhere/file", &bytes), ERROR_OS, "/nowhere/file");
	assert_error(file_map(directory, &bytes), ERROR_OS, "Is a directory");
	assert_error(file_read(directory, 10, &bytes), ERROR_OS, "Is a directory");
	/* A pipe without a writer would keep us for ever. */
	assert_error(file_map("/dev/null", &bytes), ERROR_UNSUPPORTED, "not a regular");
}

/* Files that say size 0 and have content. */
static void test_read_proc(void **state)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *line = NULL;

	assert_ok(file_read("/proc/self/maps", 1 << 24, &bytes));
	assert_true(bytes.size > 100);
	assert_ok(file_read_line("/proc/self/comm", &line));
	assert_string_equal(line, "test-file");
}

static void test_read_line(void **state)
{
	struct {
		const char *content;
		const char *wanted;
	} cases[] = {
		{ "", "" },	{ "\n", "" },	    { "a", "a" },
		{ "a\n", "a" }, { "a\n\n", "a\n" }, { "a\nb", "a\nb" },
	};
	_cleanup_free_ char *path = path_join(directory, "file");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_ok(file_write(path, cases[i].content, strlen(cases[i].content),
				     0600));
		assert_ok(file_read_line(path, &line));
		assert_string_equal(line, cases[i].wanted);
	}
}

/* More than a pipe holds, read from the pipe that a child fills. */
static void test_pipe(void **state)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	size_t size = 300001;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		_cleanup_free_ char *data = xcalloc(1, size);

		/* Non-blocking on purpose: all of it must arrive all the same. */
		_exit(fd_set_nonblock(ends[1], true) ||
		      fd_write_all(ends[1], data, size));
	}
	close(ends[1]);
	assert_ok(fd_read_all(ends[0], size, &bytes));
	assert_int_equal(bytes.size, size);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_write_to_nobody(void **state)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_error(fd_write_all(ends[1], "x", 1), ERROR_OS, "Broken pipe");
	close(ends[1]);
	signal(SIGPIPE, before);
	assert_error(fd_write_all(-1, "x", 1), ERROR_OS, "Bad file descriptor");
	assert_ok(fd_write_all(-1, NULL, 0));
}

/* From and to a file, a pipe, a socket, /proc: from the current offsets on. */
static void test_copy(void **state)
{
	_cleanup_free_ char *from_path = path_join(directory, "from");
	_cleanup_free_ char *to_path = path_join(directory, "to");
	_cleanup_close_ int from = -1, to = -1;
	int ends[2], pair[2];

	assert_ok(file_write(from_path, "0123456789", 10, 0600));
	from = open(from_path, O_RDONLY | O_CLOEXEC);
	to = open(to_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);

	assert_int_equal(lseek(from, 2, SEEK_SET), 2);
	assert_int_equal(write(to, "ab", 2), 2);
	assert_ok(fd_copy(from, to, 3));	 /* file to file */
	assert_ok(fd_copy(from, ends[1], 4));	 /* file to pipe */
	assert_ok(fd_copy(ends[0], pair[0], 4)); /* pipe to socket */
	assert_ok(fd_copy(pair[1], to, 4));	 /* socket to file */
	assert_content(to_path, "ab2345678");
	assert_ok(fd_copy(from, to, 0));
	assert_error(fd_copy(from, to, 3), ERROR_CORRUPT, "ends 2 bytes too early");
	assert_content(to_path, "ab23456789");
	close(ends[0]);
	close(ends[1]);
	close(pair[0]);
	close(pair[1]);
}

/* copy_file_range() says 0 for these, although there is something to read. */
static void test_copy_proc(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "to");
	_cleanup_close_ int from = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_ok(fd_copy(from, to, strlen("test-file\n")));
	assert_content(path, "test-file\n");
}

static void test_fill_standard(void **state)
{
	int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
	struct error *err;
	int fd;

	close(STDIN_FILENO);
	err = fd_fill_standard();
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	assert_ok(err);
	assert_true(fd > STDERR_FILENO);
	close(fd);
}

static void test_absolute(void **state)
{
	_cleanup_free_ char *here = getcwd(NULL, 0);
	_cleanup_free_ char *below = path_join(here, "a/b");
	struct {
		const char *path;
		const char *wanted;
	} cases[] = {
		{ "/x/../y", "/x/../y" },
		{ "a/b", below },
		{ "./a/b", below },
		{ ".//./a/b", below },
		{ ".", here },
		{ "./", here },
		{ "", here },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = NULL;

		assert_ok(path_absolute(cases[i].path, &path));
		assert_string_equal(path, cases[i].wanted);
	}
}

static void test_dir_make(void **state)
{
	_cleanup_free_ char *deep = path_join(directory, "a/b//c/");
	_cleanup_free_ char *file = path_join(directory, "file");
	_cleanup_free_ char *below = path_join(file, "x/y");
	_cleanup_free_ char *link = path_join(directory, "link");
	struct stat st;

	assert_ok(dir_make(deep, 0700));
	assert_ok(dir_make(deep, 0700));
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_ok(dir_make("/", 0700));
	assert_ok(dir_make(".", 0700));

	assert_ok(file_write(file, "", 0, 0600));
	assert_error(dir_make(file, 0700), ERROR_OS, "Not a directory");
	assert_error(dir_make(below, 0700), ERROR_OS, "Not a directory");
	assert_int_equal(symlink("/nowhere", link), 0);
	assert_error(dir_make(link, 0700), ERROR_OS, "link");
	assert_error(dir_make("", 0700), ERROR_OS, "directory");
}

static void test_tree_remove(void **state)
{
	_cleanup_free_ char *tree = path_join(directory, "tree");
	_cleanup_free_ char *deep = path_join(tree, "a/b/c");
	_cleanup_free_ char *closed = path_join(tree, "closed");
	_cleanup_free_ char *inside = path_join(closed, "file");
	_cleanup_free_ char *kept = path_join(directory, "kept");
	_cleanup_free_ char *kept_file = path_join(kept, "file");
	_cleanup_free_ char *link = path_join(tree, "link");
	_cleanup_free_ char *loop = path_join(tree, "a/loop");

	assert_ok(tree_remove(tree)); /* absent */
	assert_ok(dir_make(deep, 0700));
	assert_ok(dir_make(kept, 0700));
	assert_ok(dir_make(closed, 0700));
	assert_ok(file_write(kept_file, "x", 1, 0600));
	assert_ok(file_write(inside, "x", 1, 0600));
	assert_int_equal(symlink(kept, link), 0);
	assert_int_equal(symlink("..", loop), 0);
	assert_int_equal(chmod(closed, 0), 0); /* as packages have them */

	assert_ok(tree_remove(tree));
	assert_false(path_exists(tree));
	assert_true(path_exists(kept_file));

	/* A link by itself, and a single file. */
	assert_int_equal(symlink(kept, tree), 0);
	assert_ok(tree_remove(tree));
	assert_true(path_exists(kept_file));
	assert_ok(tree_remove(kept_file));
	assert_false(path_exists(kept_file));
	assert_error(tree_remove("/proc/self"), ERROR_OS, "/proc/self");
}

static void test_temp_dir(void **state)
{
	_cleanup_free_ char *prefix = path_join(directory, "below-");
	char *path = NULL;
	struct stat st;

	assert_ok(temp_dir_make(prefix, &path));
	assert_true(has_prefix(path, prefix));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	temp_dir_free(path);
	assert_int_equal(entries(directory), 0);
	temp_dir_free(NULL);
	assert_error(temp_dir_make("/nowhere/x", &path), ERROR_OS, "/nowhere/x");
}

static void test_program_find(void **state)
{
	_cleanup_free_ char *saved = xstrdup(getenv("PATH"));
	_cleanup_free_ char *plain = path_join(directory, "plain");
	_cleanup_free_ char *program = path_join(directory, "program");
	_cleanup_free_ char *sub = path_join(directory, "sub");
	_cleanup_free_ char *path = xasprintf("/nowhere:%s", directory);
	_cleanup_free_ char *found = NULL, *by_path = NULL;

	assert_ok(file_write(plain, "", 0, 0600));
	assert_ok(file_write(program, "", 0, 0700));
	assert_ok(dir_make(sub, 0700));
	setenv("PATH", path, 1);
	found = program_find("program");
	assert_string_equal(found, program);
	assert_null(program_find("plain")); /* not executable */
	assert_null(program_find("sub"));   /* a directory */
	assert_null(program_find("absent"));
	assert_null(program_find(""));
	by_path = program_find(program);
	assert_string_equal(by_path, program);
	assert_null(program_find(plain));
	setenv("PATH", "", 1);
	assert_null(program_find("program"));
	setenv("PATH", saved, 1);
}

/* Root that renamed over them would have none any more. */
static void test_draft_in_place(void **state)
{
	_cleanup_free_ char *pipe_path = path_join(directory, "pipe");
	_cleanup_free_ char *link_path = path_join(directory, "link");
	_cleanup_free_ char *target = path_join(directory, "target");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_close_ int reader = -1;
	struct stat st;
	char text[8];

	assert_return_code(mkfifo(pipe_path, 0600), errno);
	reader = open(pipe_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_ok(file_write(pipe_path, "new", 3, 0644));
	assert_int_equal(read(reader, text, sizeof(text)), 3);
	assert_return_code(symlink("target", link_path), errno);
	assert_ok(file_write(link_path, "longer", 6, 0644));
	assert_ok(file_write(link_path, "new", 3, 0644));
	assert_return_code(lstat(link_path, &st), errno);
	assert_true(S_ISLNK(st.st_mode));
	assert_ok(file_read(target, 10, &bytes));
	assert_int_equal(bytes.size, 3);
	assert_ok(file_write("/dev/null", "new", 3, 0644));
	assert_return_code(lstat("/dev/null", &st), errno);
	assert_true(S_ISCHR(st.st_mode));
	assert_error(file_write(directory, "new", 3, 0644), ERROR_OS, "irectory");
}

static void test_draft(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "file");
	struct file_draft draft = FILE_DRAFT_NONE;
	struct stat st;

	assert_ok(file_write(path, "old", 3, 0600));
	assert_ok(file_draft_open(&draft, path, 0640));
	assert_true(has_suffix(draft.temporary, FILE_DRAFT_SUFFIX));
	assert_true(has_prefix(path_base(draft.temporary), FILE_DRAFT_PREFIX));
	assert_ok(fd_write_all(draft.fd, "new", 3));
	assert_content(path, "old");
	assert_ok(file_draft_publish(&draft, true));
	assert_content(path, "new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(draft.fd, -1);
	assert_null(draft.path);
	file_draft_deinit(&draft); /* after its end: nothing */
	assert_int_equal(entries(directory), 1);
}

static void test_draft_dropped(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "file");
	struct file_draft draft = FILE_DRAFT_NONE;

	assert_ok(file_draft_open(&draft, path, 0600));
	assert_int_equal(entries(directory), 1);
	file_draft_deinit(&draft);
	assert_int_equal(entries(directory), 0);
}

static void test_draft_cannot_publish(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "taken");
	_cleanup_free_ char *nowhere = path_join(directory, "no/file");

	/* A directory is in its place. */
	assert_ok(dir_make(path, 0700));
	assert_error(file_write(path, "x", 1, 0600), ERROR_OS, "taken");
	assert_int_equal(entries(directory), 1);
	assert_error(file_write(nowhere, "x", 1, 0600), ERROR_OS, "no/file");
}

/* The longest name that a file may have leaves no room for a suffix. */
static void test_draft_longest_name(void **state)
{
	_cleanup_free_ char *name = xasprintf("%0255d", 0);
	_cleanup_free_ char *path = path_join(directory, name);

	assert_ok(file_write(path, "x", 1, 0600));
	assert_content(path, "x");
}

static void test_draft_obeys_umask(void **state)
{
	_cleanup_free_ char *path = path_join(directory, "file");
	mode_t before = umask(077);
	struct error *err = file_write(path, "x", 1, 0666);
	struct stat st;

	umask(before);
	assert_ok(err);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* A full disk is an error, and leaves neither a file nor a part of one. */
static void test_disk_full(void **state)
{
	_cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_error(fd_write_all(full, "x", 1), ERROR_OS, "No space left");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_map_and_read),
		TEST(test_map_refuses),
		TEST(test_read_proc),
		TEST(test_read_line),
		TEST(test_pipe),
		TEST(test_write_to_nobody),
		TEST(test_copy),
		TEST(test_copy_proc),
		TEST(test_fill_standard),
		TEST(test_absolute),
		TEST(test_dir_make),
		TEST(test_tree_remove),
		TEST(test_temp_dir),
		TEST(test_program_find),
		TEST(test_draft),
		TEST(test_draft_in_place),
		TEST(test_draft_dropped),
		TEST(test_draft_cannot_publish),
		TEST(test_draft_longest_name),
		TEST(test_draft_obeys_umask),
		TEST(test_disk_full),
	};

	/* The modes that the tests compare are those that they ask for. */
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
