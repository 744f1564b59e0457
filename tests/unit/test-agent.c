// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/: the real agent, run on this host in channel mode. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent-fixture.h"
#include "os/file.h"

static void test_exit_status(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run_command(f, &run, ARGV("sh", "-c", "echo out; echo err >&2; exit 7"));
	assert_int_equal(run.how, PROTO_EXIT_STATUS);
	assert_int_equal(run.value, 7);
	assert_string_equal(text_str(&run.output[1]), "out\n");
	assert_string_equal(text_str(&run.output[2]), "err\n");
	assert_int_not_equal(run.pid, 0);
	assert_non_null(client_hello(f->client));
}

static void test_shell_service(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run.options.service = "shell";
	run.options.cwd = "/usr";
	run.options.environment = ARGV("WHAT=that", "PATH=/bin:/usr/bin");
	run_command(f, &run, ARGV("pwd; echo $WHAT $HOME $0 $1", "zero", "one"));
	assert_string_equal(text_str(&run.output[1]), "/usr\nthat /root zero one\n");
}

static void test_killed(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run_command(f, &run, ARGV("sh", "-c", "kill -9 $$"));
	assert_int_equal(run.how, PROTO_EXIT_SIGNAL);
	assert_int_equal(run.value, SIGKILL);
}

struct failure {
	const char *command;
	enum proto_exit how;
	const char *text;
};

static void test_not_started(void **state)
{
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_free_ char *script = NULL, *data = NULL;
	_cleanup_fixture_ struct fixture *f = fixture_new();
	struct failure failures[] = {
		{ "no-such-command", PROTO_EXIT_NOT_FOUND, "command not found" },
		{ "/no/such/file", PROTO_EXIT_NOT_FOUND, "/no/such/file: No such file" },
		{ "", PROTO_EXIT_NOT_FOUND, "command not found" },
		{ "/usr", PROTO_EXIT_NOT_STARTED, "/usr: Is a directory" },
		{ "/etc/passwd", PROTO_EXIT_NOT_STARTED, "Permission denied" },
		{ "/etc/passwd/x", PROTO_EXIT_NOT_FOUND, "Not a directory" },
		{ NULL, PROTO_EXIT_NOT_FOUND, "interpreter" },
		{ NULL, PROTO_EXIT_NOT_STARTED, "Exec format error" },
	};

	assert_ok(temp_dir_make("klab-test", &dir));
	failures[6].command = script = path_join(dir, "script");
	failures[7].command = data = path_join(dir, "data");
	assert_ok(file_write(script, "#!/no/interpreter\n", 18, 0755));
	assert_ok(file_write(data, "\1\2\3\4", 4, 0755));
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		_cleanup_run_ struct run run = RUN_NONE;

		run_command(f, &run, ARGV(failures[i].command));
		if (run.how != failures[i].how || !strstr(run.message, failures[i].text))
			fail_msg("\"%s\": how %d, %s", failures[i].command, (int)run.how,
				 run.message);
	}
}

static void test_refused(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run unknown = RUN_NONE, empty = RUN_NONE, cwd = RUN_NONE;

	unknown.options.service = "fortune";
	run_command(f, &unknown, ARGV("x"));
	assert_int_equal(unknown.how, PROTO_EXIT_REFUSED);
	run_command(f, &empty, NULL);
	assert_int_equal(empty.how, PROTO_EXIT_REFUSED);
	cwd.options.cwd = "/no/such/directory";
	run_command(f, &cwd, ARGV("true"));
	assert_int_equal(cwd.how, PROTO_EXIT_NOT_STARTED);
	assert_non_null(strstr(cwd.message, "directory /no/such/directory"));
}

static void test_user(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;
	_cleanup_free_ char *wanted = xasprintf("%u:%u\n", 12345 * !getuid() + getuid(),
						54321 * !getuid() + getgid());

	run.options.flags = getuid() ? 0 : PROTO_START_KEEP_UIDS;
	run.options.uid = 12345;
	run.options.gid = 54321;
	run.options.cwd = "/";
	run_command(f, &run, ARGV("sh", "-c", "echo $(id -u):$(id -g)"));
	assert_string_equal(text_str(&run.output[1]), wanted);
}

/* What its children leave running holds the pipes; the session ends all the same. */
static void test_orphans(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run idle = RUN_NONE, busy = RUN_NONE;
	uint64_t begin = clock_ms();

	run_command(f, &idle, ARGV("sh", "-c", "sleep 20 & echo $!"));
	assert_int_equal(idle.value, 0);
	kill(atoi(text_str(&idle.output[1])), SIGKILL);
	run_command(f, &busy, ARGV("sh", "-c", "yes >&2 & echo $!"));
	assert_int_equal(busy.value, 0);
	kill(atoi(text_str(&busy.output[1])), SIGKILL);
	assert_true(clock_ms() - begin < 10000);
}

static void test_signal_reaches_group(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run.options.argv = ARGV("sh", "-c", "echo ready; sleep 100; echo no");
	run_begin(f, &run);
	loop_until(f, run.output[1].length > 0);
	session_signal(run.session, SIGTERM);
	loop_until(f, run.ended);
	assert_int_equal(run.how, PROTO_EXIT_SIGNAL);
	assert_int_equal(run.value, SIGTERM);
}

static void test_cancel(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run polite = RUN_NONE, deaf = RUN_NONE;
	uint64_t begin = clock_ms();

	polite.options.argv = ARGV("sh", "-c", "echo ready; sleep 100");
	run_begin(f, &polite);
	loop_until(f, polite.output[1].length > 0);
	session_cancel(polite.session);
	loop_until(f, polite.ended);
	assert_int_equal(polite.how, PROTO_EXIT_CANCELED);
	assert_true(clock_ms() - begin < 1900);

	deaf.options.argv = ARGV("sh", "-c", "trap '' HUP TERM; echo ready; sleep 100");
	run_begin(f, &deaf);
	loop_until(f, deaf.output[1].length > 0);
	session_cancel(deaf.session);
	loop_until(f, deaf.ended);
	assert_int_equal(deaf.how, PROTO_EXIT_CANCELED);
	assert_true(clock_ms() - begin < 10000);
}

static void test_stdin(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run.options.argv = ARGV("tr", "a-z", "A-Z");
	run_begin(f, &run);
	assert_int_equal(session_write(run.session, "hello\n", 6), 6);
	session_close_stdin(run.session);
	loop_until(f, run.ended);
	assert_string_equal(text_str(&run.output[1]), "HELLO\n");
}

static void test_terminal(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;

	run.options.flags = PROTO_START_TTY;
	run.options.rows = 33;
	run.options.columns = 99;
	run.options.argv = ARGV("sh", "-c",
				"stty size; stty -echo; trap 'stty size; exit 3' WINCH; "
				"tty >/dev/null && echo ready; while :; do read x; done");
	run_begin(f, &run);
	loop_until(f, strstr(text_str(&run.output[1]), "ready"));
	assert_non_null(strstr(text_str(&run.output[1]), "33 99\r\n"));
	session_resize(run.session, 44, 111);
	loop_until(f, run.ended);
	assert_non_null(strstr(text_str(&run.output[1]), "44 111\r\n"));
	assert_int_equal(run.value, 3);
	assert_int_equal(run.output[2].length, 0);
}

static void test_terminal_keys(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run interrupted = RUN_NONE, ended = RUN_NONE;

	interrupted.options.flags = PROTO_START_TTY;
	interrupted.options.argv = ARGV("sh", "-c", "echo ready; exec sleep 100");
	run_begin(f, &interrupted);
	loop_until(f, interrupted.output[1].length > 0);
	session_write(interrupted.session, "\3", 1);
	loop_until(f, interrupted.ended);
	assert_int_equal(interrupted.how, PROTO_EXIT_SIGNAL);
	assert_int_equal(interrupted.value, SIGINT);

	/* The end of stdin in the middle of a line. */
	ended.options.flags = PROTO_START_TTY;
	ended.options.argv = ARGV("cat");
	run_begin(f, &ended);
	session_write(ended.session, "half", 4);
	session_close_stdin(ended.session);
	loop_until(f, ended.ended);
	assert_int_equal(ended.value, 0);
	assert_string_equal(text_str(&ended.output[1]), "halfhalf");
}

/* 64 MiB there and back through pipes of this process's own. */
static void test_bulk(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_free_ char *in_path = NULL, *out_path = NULL;
	_cleanup_bytes_ struct bytes in = { 0 }, out = { 0 };
	_cleanup_close_ int in_fd = -1, out_fd = -1;
	const size_t size = (size_t)64 << 20;
	_cleanup_free_ uint32_t *data = xcalloc(1, size);
	uint32_t seed = 1;

	for (size_t i = 0; i < size / sizeof(*data); i++)
		data[i] = seed = seed * 1664525 + 1013904223;
	assert_ok(temp_dir_make("klab-test", &dir));
	in_path = path_join(dir, "in");
	out_path = path_join(dir, "out");
	assert_ok(file_write(in_path, data, size, 0600));
	in_fd = open(in_path, O_RDONLY | O_CLOEXEC);
	out_fd = open(out_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	run.options.argv = ARGV("cat");
	run.options.fds[0] = in_fd;
	run.options.fds[1] = out_fd;
	run_begin(f, &run);
	loop_until(f, run.ended);
	assert_int_equal(run.value, 0);
	assert_ok(file_map(out_path, &out));
	assert_int_equal(out.size, size);
	assert_memory_equal(out.data, data, size);
}

static bool has_bytes(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) == 0 && n > 0;
}

/* "klab run -- yes | head -1": the command must notice that its reader went. */
static void test_reader_goes(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;
	char line[2];
	int pipes[2];

	assert_return_code(pipe2(pipes, O_CLOEXEC), 0);
	run.options.argv = ARGV("yes");
	run.options.fds[1] = pipes[1];
	run_begin(f, &run);
	loop_until(f, has_bytes(pipes[0]));
	assert_int_equal(read(pipes[0], line, 2), 2);
	close(pipes[0]);
	loop_until(f, run.ended);
	close(pipes[1]);
	assert_int_equal(run.how, PROTO_EXIT_SIGNAL);
	assert_int_equal(run.value, SIGPIPE);
}

/* The command closes its stdin: the client stops reading, the session goes on. */
static void test_stdin_refused(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_run_ struct run run = RUN_NONE;
	_cleanup_close_ int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	run.options.argv = ARGV("sh", "-c", "exec <&-; sleep 0.3; echo done");
	run.options.fds[0] = zero;
	run_begin(f, &run);
	loop_until(f, run.ended);
	assert_int_equal(run.value, 0);
	assert_string_equal(text_str(&run.output[1]), "done\n");
}

static void test_many_at_once(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	struct run runs[20];
	size_t ended = 0;

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		runs[i] = RUN_NONE;
		runs[i].options.argv =
			ARGV("sh", "-c", "head -c 300000 /dev/zero; exit 9");
		run_begin(f, &runs[i]);
	}
	while (ended < ARRAY_SIZE(runs)) {
		loop_until(f, runs[ended].ended);
		assert_int_equal(runs[ended].value, 9);
		assert_int_equal(runs[ended].output[1].length, 300000);
		run_deinit(&runs[ended++]);
	}
}

static void write_all(int fd, const void *data, size_t size)
{
	assert_ok(fd_write_all(fd, data, size));
}

/* Garbage is answered by a FAULT, and a new HELLO finds the agent in its senses. */
static void test_hostile_host(void **state)
{
	static const uint8_t garbages[][PROTO_HEADER_SIZE + 4] = {
		{ 0xff, 0xff, 0xff, 0xff, PROTO_DATA, 0, 0, 0, 1 },
		{ 0, 0, 0, 0, 99, 0, 0, 0, 1 },
		{ 0, 0, 0, 0, PROTO_CLOSE, 7, 0, 0, 1 },
		{ 0, 0, 0, 0, PROTO_CLOSE, 0, 1, 0, 1 },
		{ 4, 0, 0, 0, PROTO_SHUTDOWN, 0, 0, 0, 5 },
		/* Well-formed, and refused by what it means: no such way to shut down. */
		{ 4, 0, 0, 0, PROTO_SHUTDOWN, 0, 0, 0, 0, 0, 0, 0, 77 },
	};

	static const uint8_t hello[] = { 16, 0, 0,   0,	  PROTO_HELLO, 0,   0, 0, 0, 0,
					 0,  0, 'k', 'l', 'a',	       'b', 1, 0, 1, 0,
					 0,  0, 0,   0,	  0,	       0,   0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(garbages); i++) {
		struct fixture *f = fixture_raw();
		_cleanup_run_ struct run run = RUN_NONE;

		/* A host that greets, goes mad, and is replaced by another. */
		write_all(f->fd, hello, sizeof(hello));
		write_all(f->fd, garbages[i], sizeof(garbages[i]));
		/* A HELLO that follows at once must be found as well. */
		if (i % 2 == 0)
			write_all(f->fd, "no frames at all", 16);
		assert_ok(client_new(f->loop, take_fd(f->fd), NULL, NULL, &f->client));
		run_command(f, &run, ARGV("echo", "sane"));
		assert_string_equal(text_str(&run.output[1]), "sane\n");
		fixture_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_shell_service),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_signal_reaches_group),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_terminal_keys),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_reader_goes),
		cmocka_unit_test(test_stdin_refused),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_hostile_host),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
