// SPDX-License-Identifier: GPL-2.0-or-later
/* agent/client: sessions against a peer in a forked child that keeps, bends or breaks the
 * protocol.  The peer's own checks are its exit status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/client.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "unit.h"

/* --- the peer, blocking and short-lived --- */

struct heard {
	struct proto_header header;
	uint8_t payload[PROTO_PAYLOAD_MAX];
};

#define check(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "peer, line %d: %s\n", __LINE__, \
				      #condition);                             \
			_exit(1);                                              \
		}                                                              \
	} while (0)

static bool peer_read(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool hear(int fd, struct heard *heard)
{
	uint8_t head[PROTO_HEADER_SIZE];

	if (!peer_read(fd, head, sizeof(head)))
		return false;
	heard->header = proto_header_get(head);
	check(!proto_check(&heard->header));
	return peer_read(fd, heard->payload, heard->header.length);
}

static void say(int fd, uint8_t type, uint8_t stream, uint32_t session,
		const void *payload, size_t size)
{
	uint8_t head[PROTO_HEADER_SIZE];

	proto_header_put(head, &(struct proto_header){ .length = (uint32_t)size,
						       .type = type,
						       .stream = stream,
						       .session = session });
	if (write(fd, head, sizeof(head)) != sizeof(head))
		_exit(2); /* the connection was ended, which some peers provoke */
	check(write(fd, payload, size) == (ssize_t)size);
}

static void say_u32(int fd, uint8_t type, uint8_t stream, uint32_t session,
		    uint32_t value)
{
	uint8_t payload[4];

	proto_put_u32(payload, value);
	say(fd, type, stream, session, payload, sizeof(payload));
}

static void say_hello(int fd)
{
	static const uint8_t hello[] = { 'k', 'l', 'a', 'b', 1,	  0,   1,   0,	 4,
					 0,   0,   0,	'm', 'o', 'c', 'k', 1,	 0,
					 0,   0,   3,	0,   0,	  0,   'a', '=', 'b' };

	say(fd, PROTO_HELLO, 0, 0, hello, sizeof(hello));
}

static void say_exit(int fd, uint32_t session, uint32_t how, uint32_t value)
{
	uint8_t payload[12] = { 0 };

	proto_put_u32(payload, how);
	proto_put_u32(payload + 4, value);
	say(fd, PROTO_EXIT, 0, session, payload, sizeof(payload));
}

/* Greets, and takes the first START; returns its session. */
static uint32_t begin(int fd)
{
	struct heard heard;

	say_hello(fd);
	check(hear(fd, &heard) && heard.header.type == PROTO_HELLO);
	check(hear(fd, &heard) && heard.header.type == PROTO_START);
	return heard.header.session;
}

/* --- the client --- */

struct test {
	struct loop *loop;
	struct client *client;
	pid_t peer;
	struct session_options options;
	struct session *session;
	struct text output;
	bool ended, lost, closed;
	enum proto_exit how;
	uint32_t value;
	char output_error[200];
	enum error_code code;
};

static struct error *on_output(uint8_t stream, const void *data, size_t size,
			       void *argument)
{
	text_append_bytes(&((struct test *)argument)->output, data, size);
	return NULL;
}

static struct error *on_end(const struct session_end *end, void *argument)
{
	struct test *t = argument;

	assert_false(t->ended);
	t->ended = true;
	t->lost = end->lost;
	t->how = end->how;
	t->value = end->value;
	if (end->output_error)
		(void)snprintf(t->output_error, sizeof(t->output_error), "%s",
			       error_sentence(end->output_error));
	return NULL;
}

static void on_closed(const struct error *err, void *argument)
{
	struct test *t = argument;

	assert_false(t->closed);
	t->closed = true;
	t->code = err ? error_get_code(err) : ERROR_FAILED;
}

static void test_begin(struct test *t, void (*peer)(int fd))
{
	int fds[2];

	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	t->peer = fork();
	if (t->peer == 0) {
		/* It must not hold the test's own pipes open. */
		if (dup2(fds[1], 3) < 0 || close_range(4, ~0u, 0) != 0)
			_exit(3);
		alarm(30);
		peer(3);
		_exit(0);
	}
	close(fds[1]);
	assert_ok(loop_new(&t->loop));
	assert_ok(client_new(t->loop, fds[0], on_closed, t, &t->client));
	t->options.service = "exec";
	t->options.on_output = on_output;
	t->options.on_end = on_end;
	t->options.argument = t;
	assert_ok(client_start(t->client, &t->options, &t->session));
}

static void test_end(struct test *t)
{
	int status;

	client_free(t->client);
	loop_free(t->loop);
	text_deinit(&t->output);
	assert_int_equal(waitpid(t->peer, &status, 0), t->peer);
	assert_int_equal(status, 0);
}
#define _cleanup_test_ _cleanup_(test_end)
#define TEST_NONE                                                                  \
	{                                                                          \
		.options = {.fds = { -1, -1, -1 }, .flags = PROTO_START_NO_STDIN } \
	}

#define until(t, condition)                                             \
	do {                                                            \
		uint64_t _deadline = clock_ms() + 10000;                \
		while (!(condition)) {                                  \
			if (clock_ms() > _deadline)                     \
				fail_msg("waited for: %s", #condition); \
			assert_ok(loop_once((t)->loop, 100));           \
		}                                                       \
	} while (0)

/* --- the tests --- */

static void peer_plain(int fd)
{
	uint32_t session = begin(fd);

	say_u32(fd, PROTO_STARTED, 0, session, 77);
	say(fd, PROTO_DATA, 1, session, "out", 3);
	say(fd, PROTO_CLOSE, 1, session, NULL, 0);
	say_exit(fd, session, PROTO_EXIT_STATUS, 7);
}

static void test_plain(void **state)
{
	_cleanup_test_ struct test t = TEST_NONE;

	test_begin(&t, peer_plain);
	assert_null(client_hello(t.client));
	until(&t, t.ended && t.closed);
	assert_false(t.lost);
	assert_int_equal(t.value, 7);
	assert_string_equal(text_str(&t.output), "out");
	assert_string_equal(client_hello(t.client)->who, "mock");
	assert_string_equal(client_hello(t.client)->facts.items[0], "a=b");
	assert_error(client_start(t.client, &t.options, &t.session), ERROR_CLOSED,
		     "has ended");
}

static void peer_dies(int fd)
{
	uint32_t session = begin(fd);

	say(fd, PROTO_DATA, 1, session, "half", 4);
	check(write(fd, "\4\0\0\0\4", 5) == 5);
}

static void test_peer_dies(void **state)
{
	_cleanup_test_ struct test t = TEST_NONE;

	test_begin(&t, peer_dies);
	until(&t, t.closed);
	assert_true(t.ended && t.lost);
	assert_int_equal(t.code, ERROR_CLOSED);
	assert_string_equal(text_str(&t.output), "half");
}

/* Each of these ends the connection, and the session is lost. */
static void peer_is_deaf(int fd)
{
	(void)!write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
}

static void peer_does_not_greet(int fd)
{
	say_exit(fd, 1, 0, 0);
}

static void peer_overruns(int fd)
{
	static uint8_t data[PROTO_PAYLOAD_MAX];
	uint32_t session = begin(fd);
	/* Kept, so that no credit comes back. */
	for (int i = 0; i < 100; i++)
		say(fd, PROTO_DATA, 1, session, data, sizeof(data));
}

static void peer_grants_too_much(int fd)
{
	say_u32(fd, PROTO_CREDIT, 0, begin(fd), PROTO_CREDIT_MAX);
}

static void peer_grants_output(int fd)
{
	say_u32(fd, PROTO_CREDIT, 1, begin(fd), 1);
}

static void peer_feeds_stdin(int fd)
{
	say(fd, PROTO_DATA, 0, begin(fd), "x", 1);
}

static void peer_ends_twice(int fd)
{
	uint32_t session = begin(fd);

	say(fd, PROTO_CLOSE, 1, session, NULL, 0);
	say(fd, PROTO_CLOSE, 1, session, NULL, 0);
}

static void peer_goes_on(int fd)
{
	uint32_t session = begin(fd);

	say(fd, PROTO_CLOSE, 1, session, NULL, 0);
	say(fd, PROTO_DATA, 1, session, "x", 1);
}

static void peer_commands(int fd)
{
	say_u32(fd, PROTO_SIGNAL, 0, begin(fd), 9);
}

static void peer_shuts_down(int fd)
{
	(void)begin(fd);
	say_u32(fd, PROTO_SHUTDOWN, 0, 0, 0);
}

static void peer_exits_oddly(int fd)
{
	say_exit(fd, begin(fd), 99, 0);
}

static void test_hostile_peers(void **state)
{
	static void (*const peers[])(int fd) = {
		peer_is_deaf,	    peer_does_not_greet, peer_grants_too_much,
		peer_grants_output, peer_feeds_stdin,	 peer_ends_twice,
		peer_goes_on,	    peer_commands,	 peer_shuts_down,
		peer_exits_oddly,
	};

	for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
		_cleanup_test_ struct test t = TEST_NONE;

		test_begin(&t, peers[i]);
		until(&t, t.closed);
		if (!t.ended || !t.lost || t.code != ERROR_CORRUPT)
			fail_msg("peer %zu: ended %d lost %d code %d", i, t.ended, t.lost,
				 (int)t.code);
	}
}

/* Nobody reads our stdout: the peer may send its window, and one byte more is an error. */
static void test_overrun(void **state)
{
	struct test t = TEST_NONE;
	int pipes[2], status;

	assert_return_code(pipe2(pipes, O_CLOEXEC), 0);
	t.options.fds[1] = pipes[1];
	test_begin(&t, peer_overruns);
	/* The session ends when its output is written, which is never: so is closed(). */
	until(&t, waitpid(t.peer, &status, WNOHANG) == t.peer);
	assert_true(WIFEXITED(status)); /* the peer lost its connection: status 1 */
	assert_false(t.ended);
	close(pipes[0]);
	until(&t, t.ended && t.closed);
	assert_true(t.lost);
	assert_int_equal(t.code, ERROR_CORRUPT);
	close(pipes[1]);
	client_free(t.client);
	loop_free(t.loop);
	text_deinit(&t.output);
}

static void peer_counts_stdin(int fd)
{
	uint32_t session = begin(fd);
	struct heard heard;
	size_t total = 0;

	while (total < PROTO_CREDIT_INITIAL) {
		check(hear(fd, &heard) && heard.header.type == PROTO_DATA);
		total += heard.header.length;
	}
	check(total == PROTO_CREDIT_INITIAL);
	/* Nothing further comes, other than the answer to this. */
	say(fd, PROTO_PING, 0, 0, "12345678", 8);
	check(hear(fd, &heard) && heard.header.type == PROTO_PONG);
	check(memcmp(heard.payload, "12345678", 8) == 0);
	say_u32(fd, PROTO_CREDIT, 0, session, 1000);
	check(hear(fd, &heard) && heard.header.type == PROTO_DATA);
	check(heard.header.length == 1000);
	/* No more, thank you. */
	say(fd, PROTO_CLOSE, 0, session, NULL, 0);
	say_u32(fd, PROTO_CREDIT, 0, session, 1000);
	say(fd, PROTO_PING, 0, 0, "12345678", 8);
	check(hear(fd, &heard) && heard.header.type == PROTO_PONG);
	say_exit(fd, session, PROTO_EXIT_STATUS, 0);
}

static void test_stdin_credit(void **state)
{
	struct test t = TEST_NONE;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	t.options.flags = 0;
	t.options.fds[0] = zero;
	test_begin(&t, peer_counts_stdin);
	until(&t, t.ended);
	assert_false(t.lost);
	test_end(&t);
	close(zero);
}

static void peer_hears_stdin(int fd)
{
	uint32_t session = begin(fd);
	struct heard heard;

	check(hear(fd, &heard) && heard.header.type == PROTO_DATA);
	check(heard.header.length == 3 && memcmp(heard.payload, "abc", 3) == 0);
	check(hear(fd, &heard) && heard.header.type == PROTO_CLOSE);
	say_exit(fd, session, PROTO_EXIT_STATUS, 0);
}

static void drop_dashes(uint8_t *data, size_t *size, void *argument)
{
	size_t kept = 0;

	for (size_t i = 0; i < *size; i++)
		if (data[i] != '-')
			data[kept++] = data[i];
	*size = kept;
}

static void test_stdin_pipe_and_filter(void **state)
{
	struct test t = TEST_NONE;
	int pipes[2];

	assert_return_code(pipe2(pipes, O_CLOEXEC), 0);
	t.options.flags = 0;
	t.options.fds[0] = pipes[0];
	test_begin(&t, peer_hears_stdin);
	session_set_input_filter(t.session, drop_dashes, NULL);
	assert_int_equal(write(pipes[1], "--a-bc-", 7), 7);
	close(pipes[1]);
	until(&t, t.ended);
	/* The descriptor is shared with others: as blocking as it was. */
	assert_int_equal(fcntl(pipes[0], F_GETFL) & O_NONBLOCK, 0);
	test_end(&t);
	close(pipes[0]);
}

static void peer_sends_and_exits(int fd)
{
	static uint8_t data[PROTO_PAYLOAD_MAX];
	uint32_t session = begin(fd);

	memset(data, 'x', sizeof(data));
	for (int i = 0; i < 4; i++)
		say(fd, PROTO_DATA, 1, session, data, sizeof(data));
	say_exit(fd, session, PROTO_EXIT_STATUS, 3);
}

/* EXIT is there long before the reader of our stdout has taken everything. */
static void slow_reader(int read_end, int write_end)
{
	struct test t = TEST_NONE;
	static char data[4096];
	size_t total = 0;
	ssize_t n;

	t.options.fds[1] = write_end;
	test_begin(&t, peer_sends_and_exits);
	for (int i = 0; i < 5; i++)
		assert_ok(loop_once(t.loop, 20));
	assert_false(t.ended);
	while (!t.ended) {
		n = recv(read_end, data, sizeof(data), MSG_DONTWAIT);
		if (n < 0 && errno == ENOTSOCK)
			n = read(read_end, data, sizeof(data));
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(data[i], 'x');
		total += n > 0 ? (size_t)n : 0;
		assert_ok(loop_once(t.loop, 0));
	}
	while ((n = recv(read_end, data, sizeof(data), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
	for (int left; ioctl(read_end, FIONREAD, &left) == 0 && left > 0;)
		total += (size_t)read(read_end, data, sizeof(data));
	assert_int_equal(total, 4 * PROTO_PAYLOAD_MAX);
	assert_int_equal(t.value, 3);
	assert_int_equal(fcntl(write_end, F_GETFL) & O_NONBLOCK, 0);
	test_end(&t);
	close(read_end);
	close(write_end);
}

static void test_slow_pipe(void **state)
{
	int pipes[2];

	assert_return_code(pipe2(pipes, O_CLOEXEC), 0);
	slow_reader(pipes[0], pipes[1]);
}

static void test_slow_socket(void **state)
{
	int fds[2], size = 4096;

	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_return_code(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
			   0);
	slow_reader(fds[0], fds[1]);
}

static void peer_hears_close(int fd)
{
	uint32_t session = begin(fd);
	struct heard heard;

	say(fd, PROTO_DATA, 1, session, "x", 1);
	check(hear(fd, &heard) && heard.header.type == PROTO_CLOSE);
	check(heard.header.stream == 1);
	say(fd, PROTO_DATA, 1, session, "under way", 9);
	say(fd, PROTO_DATA, 2, session, "heard", 5);
	say_exit(fd, session, PROTO_EXIT_SIGNAL, SIGPIPE);
}

static void test_stdout_closed(void **state)
{
	struct test t = TEST_NONE;
	int pipes[2];

	assert_return_code(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	t.options.fds[1] = pipes[1];
	test_begin(&t, peer_hears_close);
	until(&t, t.ended);
	assert_int_equal(t.how, PROTO_EXIT_SIGNAL);
	assert_string_equal(t.output_error, ""); /* as any program in a pipe */
	/* on_output() is told of all, also of what could not be written */
	assert_string_equal(text_str(&t.output), "xunder wayheard");
	test_end(&t);
	close(pipes[1]);
}

static void test_stdout_full(void **state)
{
	struct test t = TEST_NONE;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	t.options.fds[1] = full;
	test_begin(&t, peer_hears_close);
	until(&t, t.ended);
	assert_string_equal(t.output_error,
			    "standard output: writing: No space left on device");
	test_end(&t);
	close(full);
}

static void peer_starts_anew(int fd)
{
	struct heard heard;

	(void)begin(fd);
	say_hello(fd);
	check(hear(fd, &heard) && heard.header.type == PROTO_HELLO);
	check(hear(fd, &heard) && heard.header.type == PROTO_START);
	say_exit(fd, heard.header.session, PROTO_EXIT_STATUS, 5);
}

static void test_peer_starts_anew(void **state)
{
	_cleanup_test_ struct test t = TEST_NONE;

	test_begin(&t, peer_starts_anew);
	until(&t, t.ended);
	assert_true(t.lost);
	t.ended = false;
	assert_ok(client_start(t.client, &t.options, &t.session));
	until(&t, t.ended);
	assert_false(t.lost);
	assert_int_equal(t.value, 5);
}

static void peer_hears_requests(int fd)
{
	uint32_t session = begin(fd);
	struct heard heard;

	check(hear(fd, &heard) && heard.header.type == PROTO_SIGNAL);
	check(proto_u32(heard.payload) == SIGINT);
	check(hear(fd, &heard) && heard.header.type == PROTO_RESIZE);
	check(memcmp(heard.payload, "\x18\0\x50\0", 4) == 0);
	check(hear(fd, &heard) && heard.header.type == PROTO_CANCEL);
	say_exit(fd, session, PROTO_EXIT_CANCELED, 0);
	check(hear(fd, &heard) && heard.header.type == PROTO_SHUTDOWN);
}

static void test_requests(void **state)
{
	_cleanup_test_ struct test t = TEST_NONE;

	test_begin(&t, peer_hears_requests);
	session_signal(t.session, SIGINT);
	session_resize(t.session, 24, 80);
	session_cancel(t.session);
	until(&t, t.ended);
	assert_int_equal(t.how, PROTO_EXIT_CANCELED);
	client_shutdown(t.client, PROTO_SHUTDOWN_POWEROFF);
	until(&t, t.closed);
}

static void test_too_long_a_command(void **state)
{
	struct test t = TEST_NONE;
	_cleanup_free_ char *word = xcalloc(1, PROTO_PAYLOAD_MAX + 1);
	struct session *session;

	memset(word, 'x', PROTO_PAYLOAD_MAX);
	test_begin(&t, peer_plain);
	t.options.argv = (const char *const[]){ word, NULL };
	assert_error(client_start(t.client, &t.options, &session), ERROR_USAGE,
		     "more than the 65536");
	until(&t, t.ended);
	test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_peer_dies),
		cmocka_unit_test(test_hostile_peers),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_stdin_credit),
		cmocka_unit_test(test_stdin_pipe_and_filter),
		cmocka_unit_test(test_slow_pipe),
		cmocka_unit_test(test_slow_socket),
		cmocka_unit_test(test_stdout_closed),
		cmocka_unit_test(test_stdout_full),
		cmocka_unit_test(test_peer_starts_anew),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_too_long_a_command),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
