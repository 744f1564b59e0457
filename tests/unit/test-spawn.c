// SPDX-License-Identifier: GPL-2.0-or-later
/* os/spawn, os/process, os/capture: what a child sees, and how its end is seen. */
#include "os/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit.h"
#include "words.h"

#define SOON_MS 20000 /* long for a busy machine, short for a hang */

/* What `sh -c script` prints, without its trailing newline. */
static char *shell_output(struct spawn_options options, const char *script)
{
	_cleanup_strv_ struct strv argv = words("sh", "-c", script);
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_close_ int reader = -1;
	int ends[2], status;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	reader = ends[0];
	options.argv = strv_argv(&argv);
	options.standard_output = &ends[1];
	assert_ok(process_spawn(&options, &process));
	close(ends[1]);
	assert_ok(fd_read_all(reader, 65536, &bytes));
	assert_ok(process_wait(&process, clock_ms() + SOON_MS, &status));
	assert_int_equal(status, 0);
	if (!bytes.size)
		return xstrdup("");
	return xstrndup((const char *)bytes.data, bytes.size - 1);
}

static void test_status(void **state)
{
	struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", W_EXITCODE(0, 0) },
		{ "exit 7", W_EXITCODE(7, 0) },
		{ "kill -9 $$", W_EXITCODE(0, SIGKILL) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_process_ struct process process = PROCESS_NONE;
		_cleanup_strv_ struct strv argv = words("sh", "-c", cases[i].script);
		int status;

		assert_ok(
			process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv) },
				      &process));
		assert_true(process.pid > 0);
		assert_ok(process_wait(&process, clock_ms() + SOON_MS, &status));
		assert_int_equal(status, cases[i].status);
		assert_int_equal(process.pid, 0);
		assert_int_equal(process.pidfd, -1);
	}
}

static void test_exec_failure(void **state)
{
	struct {
		const char *program;
		enum error_code code;
		const char *text;
	} cases[] = {
		{ "klab-no-such-program", ERROR_MISSING, "klab-no-such-program" },
		{ "", ERROR_MISSING, "not in PATH" },
		{ "/nowhere/program", ERROR_OS, "No such file" },
		{ "/", ERROR_OS, "Permission denied" },
		{ "/etc/passwd", ERROR_OS, "Permission denied" },
		{ "/etc/passwd/x", ERROR_OS, "Not a directory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ struct strv argv = words(cases[i].program);
		struct process process = PROCESS_NONE;

		assert_error(process_spawn(&(struct spawn_options){ .argv = strv_argv(
									    &argv) },
					   &process),
			     cases[i].code, cases[i].text);
		assert_int_equal(process.pid, 0);
	}
	/* Nobody is left to be reaped. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_not_a_program(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;
	struct process process = PROCESS_NONE;
	char *argv[] = { NULL, NULL };

	assert_ok(temp_dir_make("klab-test-", &directory));
	path = xasprintf("%s/garbage", directory);
	assert_ok(file_write(path, "\x7fNOT", 4, 0755));
	argv[0] = path;
	assert_error(process_spawn(&(struct spawn_options){ .argv = argv }, &process),
		     ERROR_OS, "Exec format error");
}

static void test_directory(void **state)
{
	_cleanup_strv_ struct strv true_argv = words("true");
	struct process process = PROCESS_NONE;
	_cleanup_free_ char *where =
		shell_output((struct spawn_options){ .directory = "/" }, "pwd");

	assert_string_equal(where, "/");
	assert_error(process_spawn(&(struct spawn_options){ .argv = strv_argv(&true_argv),
							    .directory = "/nowhere" },
				   &process),
		     ERROR_OS, "entering /nowhere");
}

static void test_environment(void **state)
{
	_cleanup_strv_ struct strv environment = words("ONLY=this");
	_cleanup_free_ char *out =
		shell_output((struct spawn_options){ .environment =
							     strv_argv(&environment) },
			     "echo \"$ONLY:${HOME-none}\"");

	assert_string_equal(out, "this:none");
}

/* Two descriptors that swap their numbers, and one onto the number of another. */
static void test_fds_overlap(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	struct spawn_fd fds[3];
	_cleanup_free_ char *out = NULL;

	assert_ok(temp_dir_make("klab-test-", &directory));
	for (int i = 0; i < 3; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%d", directory, i);
		char content[] = { (char)('a' + i), '\n' };

		assert_ok(file_write(path, content, sizeof(content), 0644));
		fds[i].host = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fds[i].host > 2);
	}
	/* 7 and 8 as seen by the shell are each other's numbers here. */
	fds[0].host = dup3(fds[0].host, 7, O_CLOEXEC);
	fds[1].host = dup3(fds[1].host, 8, O_CLOEXEC);
	fds[0].child = 8;
	fds[1].child = 7;
	fds[2].child = 3;
	out = shell_output((struct spawn_options){ .fds = fds, .fd_count = 3 },
			   "read a <&8; read b <&7; read c <&3; echo $a$b$c");
	assert_string_equal(out, "abc");
	close(7);
	close(8);
	close(fds[2].host);
}

static void test_nothing_else_inherited(void **state)
{
	/* One that somebody forgot to mark close-on-exec. */
	int forgotten = open("/dev/null", O_RDONLY);
	_cleanup_free_ char *out = NULL;

	assert_true(forgotten >= 0);
	assert_int_equal(dup2(forgotten, 9), 9);
	out = shell_output((struct spawn_options){ 0 },
			   "[ -e /proc/$$/fd/9 ] && echo there || echo gone");
	assert_string_equal(out, "gone");
	close(9);
	close(forgotten);
}

static void test_standard_input_is_empty(void **state)
{
	_cleanup_free_ char *out =
		shell_output((struct spawn_options){ 0 }, "cat; echo end");

	assert_string_equal(out, "end");
}

/* Ours being closed must not let the child's first file become its stderr. */
static void test_closed_standard_error(void **state)
{
	_cleanup_strv_ struct strv argv = words("readlink", "/proc/self/fd/2");
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_close_ int out = -1;
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	struct error *err;
	char line[32] = "";
	int status;

	assert_ok(temp_dir_make("klab-test-", &directory));
	out = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	close(STDERR_FILENO);
	err = process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv),
						     .standard_output = &out },
			    &process);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	assert_ok(err);
	assert_ok(process_wait(&process, clock_ms() + SOON_MS, &status));
	assert_true(pread(out, line, sizeof(line) - 1, 0) > 0);
	assert_string_equal(line, "/dev/null\n");
}

/* Ignored and blocked signals of ours are not the child's. */
static void test_signals_clean(void **state)
{
	_cleanup_free_ char *out = NULL;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	out = shell_output(
		(struct spawn_options){ 0 },
		"grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2 | tr '\\n' ' '");
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, before);
	assert_string_equal(out, "0000000000000000 0000000000000000");
}

static void test_groups(void **state)
{
	/* stat: pid (comm) state ppid pgrp session */
	char script[] = "read a b c d pgrp session e </proc/$$/stat; "
			"[ $pgrp = $$ ] && echo -n group; "
			"[ $session = $$ ] && echo -n +session; echo";
	_cleanup_free_ char *plain = NULL, *group = NULL, *session = NULL;

	plain = shell_output((struct spawn_options){ 0 }, script);
	assert_string_equal(plain, "");
	group = shell_output((struct spawn_options){ .new_process_group = true }, script);
	assert_string_equal(group, "group");
	session = shell_output((struct spawn_options){ .new_session = true }, script);
	assert_string_equal(session, "group+session");
}

static void test_wait_deadline(void **state)
{
	_cleanup_strv_ struct strv argv = words("sleep", "1000");
	_cleanup_process_ struct process process = PROCESS_NONE;
	struct pollfd fd = { .events = POLLIN };
	uint64_t begin = clock_ms();
	int status;

	assert_ok(process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv) },
				&process));
	assert_error(process_wait(&process, begin + 50, &status), ERROR_TIMEOUT,
		     "in time");
	assert_true(clock_ms() >= begin + 50);
	assert_true(process.pid > 0);
	process_kill(&process, SIGTERM);
	fd.fd = process.pidfd;
	assert_int_equal(poll(&fd, 1, SOON_MS), 1);
	assert_ok(process_wait(&process, clock_ms() + SOON_MS, &status));
	assert_int_equal(status, W_EXITCODE(0, SIGTERM));
	process_kill(&process, SIGTERM); /* no process: nothing happens */
}

/* A parent that is killed takes its child along: grandchild seen through a pipe. */
static void test_die_with_parent(void **state)
{
	_cleanup_strv_ struct strv argv = words("sleep", "1000");
	int ends[2], ready[2];
	struct pollfd fd = { .events = POLLIN };
	pid_t parent;
	char c;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		struct spawn_fd held = { .host = ends[1], .child = 9 };
		struct process process;
		struct error *err =
			process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv),
							       .fds = &held,
							       .fd_count = 1,
							       .die_with_parent = true },
				      &process);

		if (err || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	/* Both hold the pipe: nothing to see while they live. */
	fd.fd = ends[0];
	assert_int_equal(poll(&fd, 1, 0), 0);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(poll(&fd, 1, SOON_MS), 1);
	assert_true(fd.revents & POLLHUP);
	close(ends[0]);
	close(ready[0]);
}

static void test_capture(void **state)
{
	_cleanup_strv_ struct strv true_argv = words("true");
	_cleanup_strv_ struct strv argv =
		words("sh", "-c", "echo out; echo err >&2; cat; exit 3");
	_cleanup_bytes_ struct bytes out = { 0 }, err = { 0 }, only = { 0 };
	int status;

	assert_ok(process_capture(strv_argv(&argv), SOON_MS, 100, &out, &err, &status));
	assert_int_equal(status, W_EXITCODE(3, 0));
	assert_string_equal((const char *)out.data, "out\n");
	assert_string_equal((const char *)err.data, "err\n");
	assert_ok(process_capture(strv_argv(&argv), SOON_MS, 4, NULL, &only, &status));
	assert_int_equal(only.size, 4);
	assert_ok(process_capture(strv_argv(&true_argv), 0, 0, NULL, NULL, &status));
	assert_int_equal(status, 0);
}

/* More than a pipe holds on both, interleaved: reading one at a time would hang. */
static void test_capture_much(void **state)
{
	_cleanup_strv_ struct strv argv =
		words("sh", "-c",
		      "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero");
	_cleanup_bytes_ struct bytes out = { 0 }, err = { 0 };
	int status;

	assert_ok(
		process_capture(strv_argv(&argv), SOON_MS, 300000, &out, &err, &status));
	assert_int_equal(out.size, 300000);
	assert_int_equal(err.size, 300000);
}

static void test_capture_limits(void **state)
{
	_cleanup_strv_ struct strv endless = words("cat", "/dev/zero");
	_cleanup_strv_ struct strv silent = words("sleep", "1000");
	struct bytes out = { 0 };
	int status;

	assert_error(process_capture(strv_argv(&endless), SOON_MS, 1000, &out, NULL,
				     &status),
		     ERROR_FAILED, "more than 1000 bytes");
	assert_error(process_capture(strv_argv(&silent), 50, 1000, &out, NULL, &status),
		     ERROR_TIMEOUT, "running sleep");
	assert_null(out.data);
	/* Both were killed and reaped. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A daemon that keeps the pipe open does not keep us. */
static void test_capture_left_over_child(void **state)
{
	_cleanup_strv_ struct strv argv = words("sh", "-c", "sleep 1000 & echo $!");
	_cleanup_bytes_ struct bytes out = { 0 };
	uint64_t begin = clock_ms();
	int status;

	assert_ok(process_capture(strv_argv(&argv), 0, 100, &out, NULL, &status));
	assert_true(clock_ms() < begin + SOON_MS);
	assert_int_equal(kill(atoi((const char *)out.data), SIGKILL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_exec_failure),
		cmocka_unit_test(test_not_a_program),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_fds_overlap),
		cmocka_unit_test(test_nothing_else_inherited),
		cmocka_unit_test(test_standard_input_is_empty),
		cmocka_unit_test(test_closed_standard_error),
		cmocka_unit_test(test_signals_clean),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_wait_deadline),
		cmocka_unit_test(test_die_with_parent),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_capture_much),
		cmocka_unit_test(test_capture_limits),
		cmocka_unit_test(test_capture_left_over_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
