// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing to a user's descriptor.  Three kinds: files, which just take it; descriptors of
 * our own and sockets, which say EAGAIN; and the rest, blocking and shared, to which only
 * as much is written as poll() promises room for.
 */
#include "agent/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/queue.h"
#include "base/mem.h"

/* With nothing to write it is still told when the reader goes. */
#define EVENTS_IDLE EPOLLERR

struct stream_writer {
	int fd;
	bool is_socket;
	size_t careful; /* blocking: bytes that poll() promises room for; else 0 */
	struct loop_source *source; /* NULL once closed */
	struct queue queue;
	bool closed;
	const struct stream_writer_handlers *handlers;
	void *argument;
};

bool stream_writer_idle(const struct stream_writer *writer)
{
	return queue_size(&writer->queue) == 0;
}

/* err NULL: the reader has gone. */
static void stream_writer_close(struct stream_writer *writer, struct error *err)
{
	_cleanup_error_ struct error *guard = err;

	writer->closed = true;
	loop_source_free(take_ptr(writer->source));
	writer->handlers->closed(err, writer->argument);
}

static bool stream_writer_has_room(const struct stream_writer *writer)
{
	struct pollfd p = { .fd = writer->fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/* Bytes written now; 0 with errno EAGAIN: none. */
static ssize_t stream_writer_once(struct stream_writer *writer, const uint8_t *data,
				  size_t size)
{
	if (writer->is_socket)
		return send(writer->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!writer->careful)
		return write(writer->fd, data, size);
	if (stream_writer_has_room(writer))
		return write(writer->fd, data, MIN(size, writer->careful));
	errno = EAGAIN;
	return -1;
}

/* Writes what goes; returns how much that was. */
static size_t stream_writer_push(struct stream_writer *writer, const uint8_t *data,
				 size_t size)
{
	size_t done = 0;

	while (done < size && !writer->closed) {
		ssize_t n = stream_writer_once(writer, data + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno == EPIPE || errno == ECONNRESET)
			stream_writer_close(writer, NULL);
		else if (errno != EINTR)
			stream_writer_close(writer, error_os(errno, "writing"));
	}
	if (done)
		writer->handlers->taken(done, writer->argument);
	return done;
}

static struct error *stream_writer_io(int fd, uint32_t events, void *argument)
{
	struct stream_writer *writer = argument;
	size_t lost;

	if (events & (EPOLLERR | EPOLLHUP))
		stream_writer_close(writer, NULL);
	else
		queue_pop(&writer->queue,
			  stream_writer_push(writer, queue_front(&writer->queue),
					     queue_size(&writer->queue)));
	lost = queue_size(&writer->queue);
	if (!writer->closed && !lost)
		loop_source_set_events(writer->source, EVENTS_IDLE);
	if (!writer->closed || !lost)
		return NULL;
	queue_pop(&writer->queue, lost);
	writer->handlers->taken(lost, writer->argument);
	return NULL;
}

void stream_writer_write(struct stream_writer *writer, const void *data, size_t size)
{
	size_t done = 0;

	if (stream_writer_idle(writer))
		done = stream_writer_push(writer, data, size);
	if (writer->closed) {
		if (size > done)
			writer->handlers->taken(size - done, writer->argument);
		return;
	}
	if (done == size)
		return;
	queue_push(&writer->queue, (const uint8_t *)data + done, size - done);
	loop_source_set_events(writer->source, EPOLLOUT);
}

static void stream_writer_classify(struct stream_writer *writer, bool private)
{
	struct stat st;

	if (fstat(writer->fd, &st) != 0)
		return;
	writer->is_socket = S_ISSOCK(st.st_mode);
	if (private || fcntl(writer->fd, F_GETFL) & O_NONBLOCK)
		return;
	/* A pipe that polls writable has a page free; a terminal promises little. */
	if (S_ISFIFO(st.st_mode))
		writer->careful = PIPE_BUF;
	else if (isatty(writer->fd))
		writer->careful = 256;
}

void stream_writer_free(struct stream_writer *writer)
{
	if (!writer)
		return;
	loop_source_free(writer->source);
	close_fd(writer->fd);
	queue_deinit(&writer->queue);
	free(writer);
}

struct error *stream_writer_new(struct loop *loop, int fd,
				const struct stream_writer_handlers *handlers,
				void *argument, struct stream_writer **ret)
{
	_cleanup_(stream_writer_freep) struct stream_writer *writer =
		xnew(struct stream_writer);
	bool private;

	writer->fd = -1;
	writer->handlers = handlers;
	writer->argument = argument;
	TRY(stream_open(fd, O_WRONLY, &writer->fd, &private));
	TRY(loop_add_io(loop, writer->fd, EVENTS_IDLE, stream_writer_io, writer,
			&writer->source));
	stream_writer_classify(writer, private);
	*ret = take_ptr(writer);
	return NULL;
}
