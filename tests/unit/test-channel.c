// SPDX-License-Identifier: GPL-2.0-or-later
/* agent/channel and payloads: framing against a peer that is this test itself. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/channel.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "unit.h"

struct seen {
	struct loop *loop;
	struct channel *channel;
	int peer;
	struct text log; /* one line a frame */
	size_t bytes;
	unsigned int drained;
	bool closed;
	bool free_on_frame;
	struct error *(*on_frame)(struct seen *seen, const struct frame *frame);
	char message[200];
	enum error_code code;
};

static struct error *on_frame(const struct frame *frame, void *argument)
{
	struct seen *seen = argument;

	seen->bytes += frame->size;
	text_appendf(&seen->log, "%d/%d/%u/%zu ", (int)frame->type, (int)frame->stream,
		     frame->session, frame->size);
	if (seen->free_on_frame)
		channel_free(take_ptr(seen->channel));
	return seen->on_frame ? seen->on_frame(seen, frame) : NULL;
}

static void on_closed(const struct error *err, void *argument)
{
	struct seen *seen = argument;

	assert_false(seen->closed);
	seen->closed = true;
	(void)snprintf(seen->message, sizeof(seen->message), "%s",
		       err ? error_sentence(err) : "");
	seen->code = err ? error_get_code(err) : ERROR_FAILED;
}

static void on_drained(void *argument)
{
	((struct seen *)argument)->drained++;
}

static const struct channel_handlers handlers = {
	.frame = on_frame,
	.closed = on_closed,
	.drained = on_drained,
};

static int setup(void **state)
{
	struct seen *seen = xnew(struct seen);
	int fds[2];

	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	seen->peer = fds[1];
	assert_ok(loop_new(&seen->loop));
	assert_ok(channel_new(seen->loop, fds[0], &handlers, seen, &seen->channel));
	*state = seen;
	return 0;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	channel_free(seen->channel);
	loop_free(seen->loop);
	close_fd(seen->peer);
	text_deinit(&seen->log);
	free(seen);
	return 0;
}

static void say(struct seen *seen, uint8_t type, uint8_t stream, uint32_t session,
		uint32_t length, const void *payload)
{
	uint8_t head[PROTO_HEADER_SIZE];

	proto_header_put(head, &(struct proto_header){ .length = length,
						       .type = type,
						       .stream = stream,
						       .session = session });
	assert_ok(fd_write_all(seen->peer, head, sizeof(head)));
	if (payload)
		assert_ok(fd_write_all(seen->peer, payload, length));
}

static void turn_until(struct seen *seen, const bool *done)
{
	uint64_t deadline = clock_ms() + 5000;

	while (!*done) {
		assert_true(clock_ms() < deadline);
		assert_ok(loop_once(seen->loop, 1000));
	}
}

static void turn(struct seen *seen)
{
	for (int i = 0; i < 10; i++)
		assert_ok(loop_once(seen->loop, 0));
}

static void test_frames_in_any_pieces(void **state)
{
	struct seen *seen = *state;
	uint8_t bytes[2 * PROTO_HEADER_SIZE + 3] = { 0 };

	proto_header_put(bytes, &(struct proto_header){ .length = 3,
							.type = PROTO_DATA,
							.stream = 1,
							.session = 9 });
	proto_header_put(bytes + PROTO_HEADER_SIZE + 3,
			 &(struct proto_header){ .type = PROTO_CANCEL, .session = 8 });
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_ok(fd_write_all(seen->peer, bytes + i, 1));
		turn(seen);
	}
	assert_ok(fd_write_all(seen->peer, bytes, sizeof(bytes)));
	turn(seen);
	assert_string_equal(text_str(&seen->log), "4/1/9/3 9/0/8/0 4/1/9/3 9/0/8/0 ");
}

static void test_largest_frame(void **state)
{
	struct seen *seen = *state;
	_cleanup_free_ uint8_t *payload = xcalloc(1, PROTO_PAYLOAD_MAX);

	say(seen, PROTO_DATA, 1, 1, PROTO_PAYLOAD_MAX, payload);
	turn(seen);
	assert_string_equal(text_str(&seen->log), "4/1/1/65536 ");
}

static void test_broken_frames(void **state)
{
	static const struct {
		struct proto_header header;
		const char *text;
	} frames[] = {
		{ { .length = PROTO_PAYLOAD_MAX + 1, .type = PROTO_DATA, .session = 1 },
		  "impossible length" },
		{ { .length = UINT32_MAX, .type = PROTO_DATA, .session = 1 },
		  "impossible length" },
		{ { .length = 0, .type = PROTO_DATA, .session = 1 },
		  "impossible length" },
		{ { .length = 5, .type = PROTO_CREDIT, .session = 1 },
		  "impossible length" },
		{ { .type = 0 }, "unknown type" },
		{ { .type = PROTO_TYPE_COUNT, .session = 1 }, "unknown type" },
		{ { .type = PROTO_CLOSE, .stream = 3, .session = 1 }, "stream" },
		{ { .type = PROTO_CANCEL, .stream = 1, .session = 1 }, "stream" },
		{ { .type = PROTO_CLOSE, .session = 0 }, "session number" },
		{ { .length = 8, .type = PROTO_PING, .session = 1 }, "session number" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct seen *seen;

		setup((void **)&seen);
		say(seen, frames[i].header.type, frames[i].header.stream,
		    frames[i].header.session, frames[i].header.length, NULL);
		turn_until(seen, &seen->closed);
		assert_int_equal(seen->code, ERROR_CORRUPT);
		if (!strstr(seen->message, frames[i].text))
			fail_msg("%zu: \"%s\" lacks \"%s\"", i, seen->message,
				 frames[i].text);
		teardown((void **)&seen);
	}
	(void)state;
}

static void test_end_between_frames(void **state)
{
	struct seen *seen = *state;

	say(seen, PROTO_CANCEL, 0, 1, 0, NULL);
	close_fd(seen->peer);
	turn_until(seen, &seen->closed);
	assert_string_equal(seen->message, "");
	assert_string_equal(text_str(&seen->log), "9/0/1/0 ");
}

static void test_end_inside_a_frame(void **state)
{
	struct seen *seen = *state;

	say(seen, PROTO_DATA, 1, 1, 100, NULL);
	close_fd(seen->peer);
	turn_until(seen, &seen->closed);
	assert_int_equal(seen->code, ERROR_CLOSED);
	assert_non_null(strstr(seen->message, "middle of a frame"));
}

/* What the peer said before it went is heard, though it no longer takes anything. */
static void test_last_words(void **state)
{
	struct seen *seen = *state;

	say(seen, PROTO_CANCEL, 0, 7, 0, NULL);
	close_fd(seen->peer);
	for (int i = 0; i < 100; i++)
		channel_send(seen->channel, PROTO_CANCEL, 0, 1, NULL, 0);
	turn_until(seen, &seen->closed);
	assert_string_equal(text_str(&seen->log), "9/0/7/0 ");
}

static void test_queue_and_drain(void **state)
{
	struct seen *seen = *state;
	_cleanup_free_ uint8_t *payload = xcalloc(1, PROTO_PAYLOAD_MAX);
	static uint8_t sink[1 << 20];
	size_t total = 0, sent = 0;

	while (channel_queued(seen->channel) < PROTO_PAYLOAD_MAX) {
		memset(payload, (int)(sent & 0xff), PROTO_PAYLOAD_MAX);
		channel_send(seen->channel, PROTO_DATA, 1, 1, payload, PROTO_PAYLOAD_MAX);
		sent++;
	}
	while (total < sent * (PROTO_HEADER_SIZE + PROTO_PAYLOAD_MAX)) {
		ssize_t n = recv(seen->peer, sink, sizeof(sink), MSG_DONTWAIT);

		/* Each frame's bytes hold its number. */
		for (ssize_t i = 0; i < n; i++) {
			size_t frame = (total + (size_t)i) /
				       (PROTO_HEADER_SIZE + PROTO_PAYLOAD_MAX);
			size_t at = (total + (size_t)i) %
				    (PROTO_HEADER_SIZE + PROTO_PAYLOAD_MAX);

			if (at >= PROTO_HEADER_SIZE && sink[i] != (uint8_t)frame)
				fail_msg("byte %zu of frame %zu is %d", at, frame,
					 sink[i]);
		}
		total += n > 0 ? (size_t)n : 0;
		turn(seen);
	}
	assert_int_equal(channel_queued(seen->channel), 0);
	assert_int_equal(seen->drained, 1);
}

static void test_peer_that_never_reads(void **state)
{
	struct seen *seen = *state;
	_cleanup_free_ uint8_t *payload = xcalloc(1, PROTO_PAYLOAD_MAX);

	for (size_t i = 0; i < 10000 && !seen->closed; i++)
		channel_send(seen->channel, PROTO_DATA, 1, 1, payload, PROTO_PAYLOAD_MAX);
	turn_until(seen, &seen->closed);
	assert_non_null(strstr(seen->message, "does not take"));
}

static void test_freed_by_its_handler(void **state)
{
	struct seen *seen = *state;

	seen->free_on_frame = true;
	say(seen, PROTO_CANCEL, 0, 1, 0, NULL);
	say(seen, PROTO_CANCEL, 0, 2, 0, NULL);
	turn(seen);
	assert_string_equal(text_str(&seen->log), "9/0/1/0 ");
	assert_false(seen->closed);
}

static struct error *refuse(struct seen *seen, const struct frame *frame)
{
	return error_new(ERROR_REFUSED, "not with me");
}

static void test_handler_refuses(void **state)
{
	struct seen *seen = *state;

	seen->on_frame = refuse;
	say(seen, PROTO_CANCEL, 0, 1, 0, NULL);
	turn_until(seen, &seen->closed);
	assert_string_equal(seen->message, "not with me");
}

static void test_pause_and_drain(void **state)
{
	struct seen *seen = *state;

	channel_pause(seen->channel, true);
	say(seen, PROTO_CANCEL, 0, 1, 0, NULL);
	turn(seen);
	assert_int_equal(seen->log.length, 0);
	assert_ok(channel_drain(seen->channel));
	assert_string_equal(text_str(&seen->log), "9/0/1/0 ");
	say(seen, PROTO_CANCEL, 0, 2, 0, NULL);
	channel_pause(seen->channel, false);
	turn(seen);
	assert_string_equal(text_str(&seen->log), "9/0/1/0 9/0/2/0 ");
}

static void test_reset_forgets_half_a_frame(void **state)
{
	struct seen *seen = *state;

	say(seen, PROTO_DATA, 1, 1, 100, NULL);
	turn(seen);
	channel_reset(seen->channel);
	say(seen, PROTO_CANCEL, 0, 2, 0, NULL);
	turn(seen);
	assert_string_equal(text_str(&seen->log), "9/0/2/0 ");
}

static void test_start_round_trip(void **state)
{
	_cleanup_(start_request_deinit) struct start_request in = { 0 }, out = { 0 };
	_cleanup_text_ struct text payload = { 0 };
	struct frame frame = { .type = PROTO_START, .session = 1 };

	in = (struct start_request){ .flags = 5, .rows = 24, .columns = 80, .uid = 7 };
	in.service = xstrdup("exec");
	in.cwd = xstrdup("");
	strv_push(&in.argv, "echo");
	strv_push(&in.argv, "");
	strv_push(&in.environment, "A=b c");
	start_request_write(&in, &payload);
	frame.payload = (const uint8_t *)payload.data;
	frame.size = payload.length;
	assert_ok(start_request_read(&frame, &out));
	assert_int_equal(out.flags, 5);
	assert_int_equal(out.columns, 80);
	assert_int_equal(out.uid, 7);
	assert_string_equal(out.service, "exec");
	assert_int_equal(out.argv.count, 2);
	assert_string_equal(out.argv.items[1], "");
	assert_string_equal(out.environment.items[0], "A=b c");
	start_request_deinit(&out);

	/* Whatever is cut off or added, it is noticed. */
	for (frame.size = 0; frame.size < payload.length; frame.size++)
		assert_error(start_request_read(&frame, &out), ERROR_CORRUPT, "");
	text_append_char(&payload, 'x');
	frame.payload = (const uint8_t *)payload.data;
	frame.size = payload.length;
	assert_error(start_request_read(&frame, &out), ERROR_CORRUPT, "behind its end");
}

static void test_hello(void **state)
{
	_cleanup_(hello_deinit) struct hello hello = { 0 };
	_cleanup_text_ struct text payload = { 0 };
	struct frame frame = { .type = PROTO_HELLO };

	payload_u32(&payload, PROTO_MAGIC);
	payload_u16(&payload, PROTO_VERSION + 1);
	payload_u16(&payload, PROTO_VERSION + 3);
	payload_string(&payload, "klab 9");
	payload_strings(&payload, NULL);
	frame.payload = (const uint8_t *)payload.data;
	frame.size = payload.length;
	assert_error(hello_read(&frame, &hello), ERROR_UNSUPPORTED, "klab 9 speaks");
	payload.data[4] = PROTO_VERSION;
	assert_ok(hello_read(&frame, &hello));
	assert_int_equal(hello.version, PROTO_VERSION);
	payload.data[0] ^= 1;
	assert_error(hello_read(&frame, &hello), ERROR_CORRUPT, "does not speak");
}

#define with_channel(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_channel(test_frames_in_any_pieces),
		with_channel(test_largest_frame),
		cmocka_unit_test(test_broken_frames),
		with_channel(test_end_between_frames),
		with_channel(test_end_inside_a_frame),
		with_channel(test_last_words),
		with_channel(test_queue_and_drain),
		with_channel(test_peer_that_never_reads),
		with_channel(test_freed_by_its_handler),
		with_channel(test_handler_refuses),
		with_channel(test_pause_and_drain),
		with_channel(test_reset_forgets_half_a_frame),
		cmocka_unit_test(test_start_round_trip),
		cmocka_unit_test(test_hello),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
