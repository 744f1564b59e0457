// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a program for what it prints.  The end of the program ends the reading, not the
 * end of its pipes: those may live on in a daemon that it left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/spawn.h"

#define CAPTURE_CHUNK 65536

struct capture_stream {
	struct text text;
	bool wanted;
	int reader; /* -1 at its end */
	int writer; /* the child's; /dev/null if not wanted */
};

static void stream_deinit(struct capture_stream *stream)
{
	text_deinit(&stream->text);
	close_fd(stream->reader);
	close_fd(stream->writer);
}
#define _cleanup_stream_ _cleanup_(stream_deinit)

static struct error *stream_open(struct capture_stream *stream, bool wanted)
{
	int ends[2];

	stream->wanted = wanted;
	if (!wanted) {
		stream->writer = open("/dev/null", O_WRONLY | O_CLOEXEC);
		return stream->writer < 0 ? error_os(errno, "opening /dev/null") : NULL;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_os(errno, "making a pipe");
	stream->reader = ends[0];
	stream->writer = ends[1];
	return fd_set_nonblock(stream->reader, true);
}

/* Read what is there now. */
static struct error *stream_drain(struct capture_stream *stream, size_t max)
{
	_cleanup_free_ char *chunk = NULL;
	ssize_t n = 0;

	if (stream->reader < 0)
		return NULL;
	chunk = xcalloc(1, CAPTURE_CHUNK);
	while ((n = read(stream->reader, chunk, CAPTURE_CHUNK)) > 0) {
		if ((size_t)n > max - stream->text.length)
			return error_new(ERROR_FAILED, "it printed more than %zu bytes",
					 max);
		text_append_bytes(&stream->text, chunk, (size_t)n);
	}
	if (n == 0)
		close_fd(stream->reader);
	else if (errno != EAGAIN && errno != EINTR)
		return error_os(errno, "reading its output");
	return NULL;
}

static void stream_take(struct capture_stream *stream, struct bytes *ret)
{
	size_t size = stream->text.length;

	if (!stream->wanted)
		return;
	*ret = (struct bytes){ .size = size };
	if (size)
		ret->data = (const uint8_t *)text_take(&stream->text);
}

static struct error *read_until_end(const struct process *process,
				    struct capture_stream *out,
				    struct capture_stream *err, uint64_t deadline_ms,
				    size_t max)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = process->pidfd, .events = POLLIN },
			{ .fd = out->reader, .events = POLLIN },
			{ .fd = err->reader, .events = POLLIN },
		};
		int n = poll(fds, ARRAY_SIZE(fds), clock_poll_timeout(deadline_ms));

		if (n < 0 && errno != EINTR)
			return error_os(errno, "poll");
		if (n == 0 && clock_ms() >= deadline_ms)
			return error_new(ERROR_TIMEOUT, "it did not end in time");
		if (n <= 0)
			continue;
		TRY(stream_drain(out, max));
		TRY(stream_drain(err, max));
		if (fds[0].revents)
			return NULL;
	}
}

struct error *process_capture(char *const *argv, unsigned int timeout_ms,
			      size_t max_output, struct bytes *ret_stdout,
			      struct bytes *ret_stderr, int *ret_status)
{
	_cleanup_stream_ struct capture_stream out = { .reader = -1, .writer = -1 };
	_cleanup_stream_ struct capture_stream err = { .reader = -1, .writer = -1 };
	_cleanup_process_ struct process process = PROCESS_NONE;
	uint64_t deadline_ms = timeout_ms ? clock_ms() + timeout_ms : 0;
	struct spawn_options options = {
		.argv = argv,
		.standard_output = &out.writer,
		.standard_error = &err.writer,
		.die_with_parent = true,
	};

	TRY_WRAP(stream_open(&out, ret_stdout != NULL), "running %s", argv[0]);
	TRY_WRAP(stream_open(&err, ret_stderr != NULL), "running %s", argv[0]);
	TRY(process_spawn(&options, &process));
	close_fd(out.writer);
	close_fd(err.writer);
	TRY_WRAP(read_until_end(&process, &out, &err, deadline_ms, max_output),
		 "running %s", argv[0]);
	TRY(process_wait(&process, 0, ret_status));
	stream_take(&out, ret_stdout);
	stream_take(&err, ret_stderr);
	return NULL;
}
