// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The QMP client against a peer of our own in a forked child: what QEMU says in an odd
 * order, what it should never say, and its death.
 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "vm/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define DEADLINE_MS 5000

struct seen {
	struct text log; /* what happened, in order */
	bool closed;
};

struct fixture {
	struct loop *loop;
	struct qmp *qmp;
	struct seen seen;
	pid_t peer;
};

/* ---- The peer's side ---- */

static void peer_say(int fd, const char *words)
{
	if (send(fd, words, strlen(words), MSG_NOSIGNAL) != (ssize_t)strlen(words))
		_exit(1);
}

/* The id of the next command. */
static int peer_hear(int fd, const char *command)
{
	char line[512];
	size_t n = 0;
	const char *id;

	while (n < sizeof(line) - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
	id = strstr(line, "\"id\":");
	if (!strstr(line, command) || !id)
		_exit(2);
	return atoi(id + 5);
}

static void peer_return(int fd, int id, const char *value)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "{\"return\": %s, \"id\": %d}\r\n", value, id);
	peer_say(fd, line);
}

static void peer_negotiate(int fd)
{
	peer_say(fd, GREETING);
	peer_return(fd, peer_hear(fd, "qmp_capabilities"), "{}");
}

/* ---- Our side ---- */

static void on_ready(void *argument)
{
	text_append(&((struct fixture *)argument)->seen.log, "ready;");
}

static void on_event(const char *name, struct json_object *data, void *argument)
{
	text_appendf(&((struct fixture *)argument)->seen.log, "event %s;", name);
}

static void on_closed(const struct error *err, void *argument)
{
	struct fixture *f = argument;

	text_appendf(&f->seen.log, "closed %s;", err ? error_sentence(err) : "orderly");
	f->seen.closed = true;
}

static void on_reply(const struct qmp_reply *reply, void *argument)
{
	struct fixture *f = argument;

	if (reply->result)
		text_appendf(&f->seen.log, "return %s;",
			     json_object_to_json_string_ext(reply->result,
							    JSON_C_TO_STRING_PLAIN));
	else
		text_appendf(&f->seen.log, "error %s %s;", reply->error_class,
			     reply->error);
}

static const struct qmp_handlers handlers = {
	.ready = on_ready,
	.event = on_event,
	.closed = on_closed,
};

static void start(struct fixture *f, void (*peer)(int fd))
{
	int fds[2];

	*f = (struct fixture){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	f->peer = fork();
	assert_true(f->peer >= 0);
	if (f->peer == 0) {
		close(fds[0]);
		peer(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	assert_ok(loop_new(&f->loop));
	assert_ok(qmp_new(f->loop, fds[0], &handlers, f, &f->qmp));
}

/* Until the peer is gone; its own checks must have passed. */
static void finish(struct fixture *f, const char *wanted)
{
	uint64_t deadline = clock_ms() + DEADLINE_MS;
	int status;

	while (!f->seen.closed && clock_ms() < deadline)
		assert_ok(loop_once(f->loop, DEADLINE_MS));
	if (!f->seen.closed)
		kill(f->peer, SIGKILL);
	assert_int_equal(waitpid(f->peer, &status, 0), f->peer);
	assert_string_equal(text_str(&f->seen.log), wanted);
	assert_int_equal(status, 0);
	qmp_free(f->qmp);
	loop_free(f->loop);
	text_deinit(&f->seen.log);
}

static void peer_plain(int fd)
{
	int id;

	peer_negotiate(fd);
	id = peer_hear(fd, "{\"execute\":\"query-status\",\"id\":");
	peer_return(fd, id, "{\"running\": true}");
	id = peer_hear(fd, "\"command-line\":\"info \\\"x\\\"\"");
	peer_return(fd, id, "\"text\\r\\n\"");
}

static void test_commands_given_early(void **state)
{
	struct fixture f;

	start(&f, peer_plain);
	assert_false(qmp_is_ready(f.qmp));
	qmp_execute(f.qmp, "query-status", NULL, on_reply, &f);
	qmp_execute_human(f.qmp, "info \"x\"", on_reply, &f);
	finish(&f,
	       "ready;return {\"running\":true};return \"text\\r\\n\";closed orderly;");
}

static void peer_out_of_order(int fd)
{
	int first, second;

	peer_say(fd, GREETING "{\"event\": \"EARLY\"}\n");
	peer_say(fd, "{\"event\": \"IN\", \"data\": {\"a\": [1,");
	peer_say(fd, "{}]}, \"timestamp\": {}}\r\n");
	peer_return(fd, peer_hear(fd, "qmp_capabilities"), "{}");
	first = peer_hear(fd, "first");
	second = peer_hear(fd, "second");
	peer_return(fd, second, "2");
	peer_say(fd, "{\"event\": \"BETWEEN\"}");
	peer_return(fd, first, "1");
}

static void test_out_of_order(void **state)
{
	struct fixture f;

	start(&f, peer_out_of_order);
	qmp_execute(f.qmp, "first", NULL, on_reply, &f);
	qmp_execute(f.qmp, "second", NULL, on_reply, &f);
	finish(&f, "event EARLY;event IN;ready;return 2;event BETWEEN;return 1;"
		   "closed orderly;");
}

static void peer_error(int fd)
{
	char line[200];

	peer_negotiate(fd);
	(void)snprintf(line, sizeof(line),
		       "{\"id\": %d, \"error\": {\"class\": \"CommandNotFound\", "
		       "\"desc\": \"no such\"}}",
		       peer_hear(fd, "nonsense"));
	peer_say(fd, line);
	(void)snprintf(line, sizeof(line), "{\"id\": %d, \"error\": 7}",
		       peer_hear(fd, "again"));
	peer_say(fd, line);
}

static void test_errors(void **state)
{
	struct fixture f;

	start(&f, peer_error);
	qmp_execute(f.qmp, "nonsense", NULL, on_reply, &f);
	qmp_execute(f.qmp, "again", NULL, on_reply, &f);
	finish(&f, "ready;error CommandNotFound no such;"
		   "error GenericError QEMU gave no reason;closed orderly;");
}

static void peer_dies(int fd)
{
	peer_negotiate(fd);
	(void)peer_hear(fd, "one");
}

static void test_death_fails_what_waits(void **state)
{
	struct fixture f;

	start(&f, peer_dies);
	qmp_execute(f.qmp, "one", NULL, on_reply, &f);
	qmp_execute(f.qmp, "two", NULL, NULL, NULL);
	qmp_execute(f.qmp, "forgotten", NULL, on_reply, &state);
	qmp_forget(f.qmp, &state);
	finish(&f, "ready;error Closed QEMU has gone;closed orderly;");
}

static void peer_silent(int fd)
{
}

static void test_no_greeting(void **state)
{
	struct fixture f;

	start(&f, peer_silent);
	qmp_execute(f.qmp, "one", NULL, on_reply, &f);
	finish(&f, "error Closed QEMU has gone;closed orderly;");
}

static void test_after_the_end(void **state)
{
	struct fixture f;
	uint64_t deadline = clock_ms() + DEADLINE_MS;

	start(&f, peer_silent);
	while (!f.seen.closed && clock_ms() < deadline)
		assert_ok(loop_once(f.loop, DEADLINE_MS));
	qmp_execute(f.qmp, "late", json_object_new_object(), on_reply, &f);
	qmp_process(f.qmp);
	finish(&f, "closed orderly;error Closed QEMU has gone;");
}

static const char *garbage;

static void peer_garbage(int fd)
{
	peer_negotiate(fd);
	peer_say(fd, garbage);
	/* It stays: the client must end this by itself. */
	(void)!read(fd, &(char){ 0 }, 1);
}

static void test_garbage(void **state)
{
	static const struct {
		const char *words, *wanted;
	} rows[] = {
		{ "hello\n",
		  "ready;closed QEMU's QMP is not JSON: unexpected character;" },
		{ "[1]\n", "ready;closed a QMP message of QEMU is no object;" },
		{ "{}",
		  "ready;closed a QMP message of QEMU is neither event nor reply;" },
		{ "{\"event\": 1}", "ready;closed a QMP event of QEMU has no name;" },
		{ "{\"event\": \"X\", \"data\": 1}",
		  "ready;closed the data of a QMP event is no object;" },
		{ "{\"return\": {}, \"id\": 77}",
		  "ready;closed QEMU answered a QMP command never given: success;" },
		{ "{\"return\": {}, \"id\": \"a\"}",
		  "ready;closed QEMU answered a QMP command never given: success;" },
		{ "{\"return\": {}}",
		  "ready;closed QEMU answered a QMP command never given: success;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture f;

		garbage = rows[i].words;
		start(&f, peer_garbage);
		finish(&f, rows[i].wanted);
	}
}

static void peer_endless(int fd)
{
	char block[4096];

	peer_negotiate(fd);
	peer_say(fd, "{\"event\": \"");
	memset(block, 'x', sizeof(block));
	/* Until the client has had enough. */
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
}

static void test_endless_message(void **state)
{
	struct fixture f;

	start(&f, peer_endless);
	finish(&f, "ready;closed a QMP message of QEMU is longer than 16 MiB;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_given_early),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_death_fails_what_waits),
		cmocka_unit_test(test_no_greeting),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_endless_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
