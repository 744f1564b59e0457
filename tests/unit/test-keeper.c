// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper with a stand-in for QEMU (mock-qemu.c), in the orders that go wrong.
 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "agent/client.h"
#include "base/mem.h"
#include "base/text.h"
#include "os/dirs.h"
#include "os/file.h"
#include "vm/keeper.h"

#define DEADLINE_MS 20000

struct fixture {
	char *directory;
	char *mock;
	char *log;
	struct loop *loop;
	struct machine machine;
	struct keeper_options options;
	struct keeper *keeper;
	struct client *client;
	struct text seen; /* events, in order; not those of the start, which have none */
	struct text ends; /* of sessions, in order */
	struct text output; /* of sessions */
	bool ended;
	size_t sessions;
	enum keeper_event stop_at; /* stop the guest at this event */
};

static void on_event(enum keeper_event event, const char *text, void *argument)
{
	static const char *const names[] = {
		"qemu",	 "console", "agent", "paused", "resumed",
		"reset", "panic",   "lost",  "fault",  "ended",
	};
	struct fixture *f = argument;

	if (event > KEEPER_EVENT_CONSOLE_FIRST)
		text_appendf(&f->seen, "%s%s%s;", names[event], text ? " " : "",
			     text ? text : "");
	if (event == KEEPER_EVENT_ENDED)
		f->ended = true;
	if (event == f->stop_at && event != KEEPER_EVENT_ENDED)
		keeper_stop(f->keeper);
}

static struct error *on_output(uint8_t stream, const void *data, size_t size,
			       void *argument)
{
	text_append_bytes(&((struct fixture *)argument)->output, data, size);
	return NULL;
}

static struct error *on_end(const struct session_end *end, void *argument)
{
	struct fixture *f = argument;

	f->sessions--;
	if (end->lost)
		text_appendf(&f->ends, "lost %s;", end->message);
	else
		text_appendf(&f->ends, "%u %u %s;", end->how, end->value, end->message);
	return NULL;
}

static int setup(void **state)
{
	static struct fixture f;
	_cleanup_free_ char *self = NULL;
	_cleanup_free_ char *beside = NULL;

	f = (struct fixture){ .stop_at = KEEPER_EVENT_ENDED };
	assert_ok(temp_dir_make("klab-keeper", &f.directory));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", f.directory, 1), 0);
	assert_ok(dirs_self(&self));
	beside = path_parent(self);
	f.mock = path_join(beside, "mock-qemu");
	f.log = path_join(f.directory, "console.log");
	assert_ok(loop_new(&f.loop));
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *left = path_join(f->directory, "klab/guest");

	client_free(f->client);
	keeper_free(f->keeper);
	loop_free(f->loop);
	assert_false(path_exists(left));
	machine_deinit(&f->machine);
	text_deinit(&f->seen);
	text_deinit(&f->ends);
	text_deinit(&f->output);
	free(f->mock);
	free(f->log);
	temp_dir_free(f->directory);
	return 0;
}

static void start(struct fixture *f, const char *role)
{
	f->machine = (struct machine){
		.arch = arch_find("x86_64"),
		.accel = ACCEL_TCG,
		.memory = UINT64_C(64) << 20,
		.agent = true,
		.qemu = xstrdup(f->mock),
	};
	strv_push(&f->machine.qemu_options, role);
	f->options.name = "guest";
	f->options.machine = &f->machine;
	f->options.console_log = f->log;
	f->options.on_event = on_event;
	f->options.argument = f;
	assert_ok(keeper_new(f->loop, &f->options, &f->keeper));
}

static void start_session(struct fixture *f, const char *service, const char *word)
{
	const char *const argv[] = { word, NULL };
	const struct session_options options = {
		.service = service,
		.argv = argv,
		.fds = { -1, -1, -1 },
		.flags = PROTO_START_NO_STDIN,
		.on_output = on_output,
		.on_end = on_end,
		.argument = f,
	};
	struct session *session;
	int fd;

	if (!f->client) {
		assert_ok(keeper_connect(f->keeper, &fd));
		assert_ok(client_new(f->loop, fd, NULL, NULL, &f->client));
	}
	assert_ok(client_start(f->client, &options, &session));
	f->sessions++;
}

static void run_sessions(struct fixture *f)
{
	uint64_t deadline = clock_ms() + DEADLINE_MS;

	while (f->sessions && clock_ms() < deadline)
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	assert_int_equal(f->sessions, 0);
}

static void run_to_end(struct fixture *f, enum keeper_cause cause, const char *events,
		       const char *ends)
{
	uint64_t deadline = clock_ms() + DEADLINE_MS;

	while (!f->ended && clock_ms() < deadline)
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	/* ENDED is the last word, also to the clients. */
	assert_string_equal(text_str(&f->seen), events);
	assert_int_equal(f->sessions, 0);
	assert_string_equal(text_str(&f->ends), ends);
	assert_int_equal(keeper_get_end(f->keeper)->cause, cause);
}

static void test_command(void **state)
{
	struct fixture *f = *state;

	start(f, "plain");
	start_session(f, "exec", "x"); /* before anybody is ready */
	run_sessions(f);
	assert_string_equal(text_str(&f->output), "hi\n");
	assert_string_equal(keeper_fact(f->keeper, "release"), "1.2");
	start_session(f, "stop", "--force");
	run_sessions(f);
	run_to_end(f, KEEPER_END_STOPPED, "agent;ended;", "0 7 ;0 0 ;");
}

static void test_dies_at_once(void **state)
{
	struct fixture *f = *state;

	start(f, "dies");
	start_session(f, "exec", "x");
	run_to_end(f, KEEPER_END_FAILED, "ended;", "lost QEMU failed;");
	assert_string_equal(keeper_get_end(f->keeper)->qemu_stderr,
			    "mock-qemu: no such machine\n");
}

static void test_killed(void **state)
{
	struct fixture *f = *state;

	start(f, "killed");
	run_to_end(f, KEEPER_END_KILLED, "ended;", "");
	assert_int_equal(WTERMSIG(keeper_get_end(f->keeper)->wait_status), SIGKILL);
}

static void test_never_answers(void **state)
{
	struct fixture *f = *state;

	f->options.greeting_timeout_ms = 200;
	start(f, "silent");
	run_to_end(f, KEEPER_END_FAILED, "ended;", "");
	assert_string_equal(keeper_get_end(f->keeper)->qemu_stderr,
			    "klab: QEMU did not answer within 0.2 seconds\n");
}

static void test_qmp_is_garbage(void **state)
{
	struct fixture *f = *state;

	start(f, "not-json");
	run_to_end(f, KEEPER_END_FAILED, "ended;", "");
	assert_non_null(
		strstr(keeper_get_end(f->keeper)->qemu_stderr, "QEMU's QMP is not JSON"));
}

static void test_agent_is_garbage(void **state)
{
	struct fixture *f = *state;

	f->stop_at = KEEPER_EVENT_FAULT;
	start(f, "garbage");
	start_session(f, "exec", "x");
	run_sessions(f);
	assert_non_null(strstr(text_str(&f->seen),
			       "fault the guest's agent is not heard any more: "));
	assert_non_null(strstr(text_str(&f->ends), "4 0 the guest's agent"));
}

static void test_agent_overruns(void **state)
{
	struct fixture *f = *state;

	f->stop_at = KEEPER_EVENT_FAULT;
	start(f, "overrun");
	start_session(f, "exec", "x");
	run_sessions(f);
	assert_non_null(strstr(text_str(&f->seen), "more credit than anybody may grant"));
	assert_true(
		has_prefix(text_str(&f->ends), "lost the guest's agent is not heard"));
}

static void test_stranger_is_ignored(void **state)
{
	struct fixture *f = *state;

	start(f, "stranger");
	start_session(f, "exec", "x");
	run_sessions(f);
	assert_string_equal(text_str(&f->output), "hi\n");
}

static void test_reset_in_session(void **state)
{
	struct fixture *f = *state;

	start(f, "reset");
	start_session(f, "exec", "x");
	run_sessions(f);
	/* The next agent serves the next command. */
	start_session(f, "exec", "x");
	run_sessions(f);
	assert_string_equal(text_str(&f->seen), "agent;reset;agent;");
	assert_string_equal(text_str(&f->ends), "lost the guest reset;0 7 ;");
}

static void test_agent_restarts(void **state)
{
	struct fixture *f = *state;

	start(f, "restart");
	start_session(f, "exec", "x");
	run_sessions(f);
	start_session(f, "exec", "x");
	run_sessions(f);
	assert_string_equal(text_str(&f->seen), "agent;agent;");
	assert_string_equal(text_str(&f->ends),
			    "lost the guest's agent was started anew;0 7 ;");
}

static void test_last_words(void **state)
{
	struct fixture *f = *state;
	_cleanup_bytes_ struct bytes log = { 0 };

	start(f, "last-words");
	start_session(f, "exec", "x");
	run_to_end(f, KEEPER_END_RESET, "agent;panic sorry;ended;", "0 7 ;");
	assert_string_equal(text_str(&f->output), "hi\n");
	assert_ok(file_read(f->log, 4096, &log));
	assert_non_null(memmem(log.data, log.size, "sorry\nbye", 9));
}

static void test_shutdown_without_agent(void **state)
{
	struct fixture *f = *state;

	f->stop_at = KEEPER_EVENT_ENDED;
	start(f, "no-agent");
	start_session(f, "exec", "x");
	start_session(f, "stop", "gently");
	run_to_end(f, KEEPER_END_POWEROFF, "ended;", "0 0 ;lost the guest powered off;");
}

static void test_too_many_sessions(void **state)
{
	struct fixture *f = *state;
	struct client *other;
	int fd;

	start(f, "no-agent");
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++)
		start_session(f, "exec", "x");
	other = f->client;
	assert_ok(keeper_connect(f->keeper, &fd));
	assert_ok(client_new(f->loop, fd, NULL, NULL, &f->client));
	start_session(f, "exec", "x");
	while (!f->ends.length)
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	assert_non_null(
		strstr(text_str(&f->ends), "4 0 the guest already has 256 sessions"));
	client_free(other);
}

static void test_services(void **state)
{
	struct fixture *f = *state;

	start(f, "plain");
	start_session(f, "status", "");
	run_sessions(f);
	assert_non_null(strstr(text_str(&f->output), "\"name\":\"guest\",\"state\":"));
	start_session(f, "monitor", "--qmp");
	start_session(f, "wait", "");
	start_session(f, "stop", "--force");
	run_sessions(f);
	assert_non_null(strstr(text_str(&f->output), "{\"ended\":\"stopped\","));
}

/* A debugger whose words are text. */
static void start_gdb(struct fixture *f, const char *text, struct session **ret)
{
	const struct session_options options = {
		.service = "gdb",
		.fds = { -1, -1, -1 },
		.on_output = on_output,
		.on_end = on_end,
		.argument = f,
	};
	int fd;

	if (!f->client) {
		assert_ok(keeper_connect(f->keeper, &fd));
		assert_ok(client_new(f->loop, fd, NULL, NULL, &f->client));
	}
	assert_ok(client_start(f->client, &options, ret));
	f->sessions++;
	while (*text) {
		text += session_write(*ret, text, strlen(text));
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	}
}

static void wait_for(struct fixture *f, const struct text *where, const char *what)
{
	uint64_t deadline = clock_ms() + DEADLINE_MS;

	while (!strstr(text_str(where), what) && clock_ms() < deadline)
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	assert_non_null(strstr(text_str(where), what));
}

static void test_gdb_detaches(void **state)
{
	struct fixture *f = *state;
	struct session *session;

	start(f, "plain");
	wait_for(f, &f->seen, "agent;");
	start_gdb(f, "$g#67", &session);
	wait_for(f, &f->output, "$g#67"); /* the stub echoes */
	assert_int_equal(session_write(session, "$D#44", 5), 5);
	wait_for(f, &f->seen, "paused;resumed;");
	session_close_stdin(session);
	run_sessions(f);
	assert_string_equal(text_str(&f->ends), "0 0 ;");
}

/* It goes in the middle of something: the guest must not stand still for ever. */
static void test_gdb_vanishes(void **state)
{
	struct fixture *f = *state;
	struct session *session;

	start(f, "plain");
	wait_for(f, &f->seen, "agent;");
	start_gdb(f, "$Z0,1234,1#00", &session);
	wait_for(f, &f->seen, "paused;");
	client_free(take_ptr(f->client));
	f->sessions = 0;
	wait_for(f, &f->seen, "resumed;");
}

/* And a second debugger is told of the first. */
static void test_gdb_is_taken(void **state)
{
	struct fixture *f = *state;
	struct session *session, *second;

	start(f, "plain");
	start_gdb(f, "$g#67", &session);
	wait_for(f, &f->output, "$g#67");
	start_gdb(f, "", &second);
	wait_for(f, &f->ends, "another debugger is connected");
	session_close_stdin(session);
	run_sessions(f);
}

static void test_two_of_a_name(void **state)
{
	struct fixture *f = *state;
	struct keeper *second;

	start(f, "plain");
	assert_error(keeper_new(f->loop, &f->options, &second), ERROR_EXISTS,
		     "a guest named \"guest\" is running");
}

static void test_no_qemu(void **state)
{
	struct fixture *f = *state;
	struct machine machine = { .arch = arch_find("x86_64"),
				   .qemu = xstrdup("qemu-system-nowhere") };

	f->options = (struct keeper_options){ .name = "guest", .machine = &machine };
	assert_error(keeper_new(f->loop, &f->options, &f->keeper), ERROR_MISSING,
		     "qemu-system-nowhere is not installed");
	machine_deinit(&machine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_command),
		TEST(test_dies_at_once),
		TEST(test_killed),
		TEST(test_never_answers),
		TEST(test_qmp_is_garbage),
		TEST(test_agent_is_garbage),
		TEST(test_agent_overruns),
		TEST(test_stranger_is_ignored),
		TEST(test_reset_in_session),
		TEST(test_agent_restarts),
		TEST(test_last_words),
		TEST(test_shutdown_without_agent),
		TEST(test_too_many_sessions),
		TEST(test_services),
		TEST(test_gdb_detaches),
		TEST(test_gdb_vanishes),
		TEST(test_gdb_is_taken),
		TEST(test_two_of_a_name),
		TEST(test_no_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
