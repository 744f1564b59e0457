// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames over a stream descriptor.  What comes in is gathered in one buffer that holds the
 * largest frame; what goes out is written at once where the peer takes it, so that bulk
 * data is not copied, and queued behind EPOLLOUT where not.
 */
#include "agent/channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/queue.h"
#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"

/* Several small frames, or one of the largest, for each read(). */
#define INPUT_SIZE (PROTO_HEADER_SIZE + 2 * PROTO_PAYLOAD_MAX)
/* channel_drain() of a peer that never stops. */
#define DRAIN_MAX ((size_t)64 << 20)

struct channel {
	struct loop *loop;
	int fd;
	struct loop_source *source;
	struct loop_source *failed; /* deferred: closed() is called from the loop */
	const struct channel_handlers *handlers;
	void *argument;

	uint8_t *input; /* INPUT_SIZE */
	size_t input_size;

	struct queue queue; /* still to be sent */

	struct error *error; /* why it ended, kept for closed() */
	bool paused;
	bool mute;  /* writing failed: reading goes on until the end of the stream */
	bool ended; /* closed() has been called */
	bool freed; /* channel_free() came from a handler */
	unsigned int busy;
};

static void channel_destroy(struct channel *channel)
{
	loop_source_free(channel->source);
	loop_source_free(channel->failed);
	close_fd(channel->fd);
	error_free(channel->error);
	free(channel->input);
	queue_deinit(&channel->queue);
	free(channel);
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	channel->freed = true;
	if (!channel->busy)
		channel_destroy(channel);
}

/* Handlers run between enter and leave, so that they may free the channel. */
static void channel_enter(struct channel *channel)
{
	channel->busy++;
}

static void channel_leave(struct channel *channel)
{
	if (--channel->busy == 0 && channel->freed)
		channel_destroy(channel);
}

size_t channel_queued(const struct channel *channel)
{
	return queue_size(&channel->queue);
}

static void channel_update_events(struct channel *channel)
{
	uint32_t events = 0;

	if (channel->ended)
		return;
	if (!channel->paused)
		events |= EPOLLIN;
	if (channel_queued(channel) && !channel->mute)
		events |= EPOLLOUT;
	loop_source_set_events(channel->source, events);
}

static void channel_end(struct channel *channel, struct error *err)
{
	if (channel->ended || channel->freed) {
		error_ignore(err); /* only the first reason counts */
		return;
	}
	channel->ended = true;
	channel->mute = true;
	loop_source_free(take_ptr(channel->source));
	error_free(channel->error);
	channel->error = err;
	channel->handlers->closed(err, channel->argument);
}

static struct error *channel_failed(void *argument)
{
	struct channel *channel = argument;
	struct error *err = take_ptr(channel->error);

	channel_enter(channel);
	channel_end(channel, err);
	channel_leave(channel);
	return NULL;
}

/* Ends the connection from the loop: senders are not called back from below. */
static void channel_fail_later(struct channel *channel, struct error *err)
{
	channel->mute = true;
	if (channel->error || channel->ended) {
		error_ignore(err); /* only the first reason counts */
		return;
	}
	channel->error = err;
	error_ignore(loop_add_deferred(channel->loop, channel_failed, channel,
				       &channel->failed)); /* out of memory only */
}

/* Writes what the peer takes now; a failure only makes the channel mute, since the end of
 * what the peer said before it went is still to be read. */
static size_t channel_write(struct channel *channel, const struct iovec *parts,
			    size_t count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)parts, .msg_iovlen = count };
	ssize_t n;

	do {
		n = sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == ENOTSOCK)
			n = writev(channel->fd, parts, (int)count);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n;
	if (errno != EAGAIN) {
		log_debug("channel: writing: %s", strerror(errno));
		channel->mute = true;
	}
	return 0;
}

void channel_send(struct channel *channel, enum proto_type type, uint8_t stream,
		  uint32_t session, const void *payload, size_t size)
{
	uint8_t head[PROTO_HEADER_SIZE];
	struct iovec parts[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)payload, .iov_len = size },
	};
	size_t sent = 0;
	bool was_empty = channel_queued(channel) == 0;

	if (channel->mute)
		return;
	proto_header_put(head, &(struct proto_header){ .length = (uint32_t)size,
						       .type = (uint8_t)type,
						       .stream = stream,
						       .session = session });
	log_trace("channel %d > type %u stream %u session %u size %zu", channel->fd, type,
		  stream, session, size);
	if (was_empty)
		sent = channel_write(channel, parts, size ? 2 : 1);
	if (channel->mute || sent == sizeof(head) + size)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t skip = MIN(sent, parts[i].iov_len);

		queue_push(&channel->queue, (uint8_t *)parts[i].iov_base + skip,
			   parts[i].iov_len - skip);
		sent -= skip;
	}
	if (channel_queued(channel) > CHANNEL_QUEUE_MAX)
		channel_fail_later(channel,
				   error_new(ERROR_CLOSED,
					     "the peer does not take what it asked for"));
	else if (was_empty)
		channel_update_events(channel);
}

static void channel_flush(struct channel *channel)
{
	struct iovec part = { .iov_base = (void *)queue_front(&channel->queue),
			      .iov_len = channel_queued(channel) };

	if (!part.iov_len)
		return;
	queue_pop(&channel->queue, channel_write(channel, &part, 1));
	if (channel->mute)
		queue_pop(&channel->queue, channel_queued(channel));
	if (channel_queued(channel))
		return;
	channel_update_events(channel);
	if (channel->handlers->drained)
		channel->handlers->drained(channel->argument);
}

/* Handles the whole frames in the input; the rest moves to its front. */
static struct error *channel_parse(struct channel *channel)
{
	size_t at = 0;

	while (channel->input_size - at >= PROTO_HEADER_SIZE) {
		struct proto_header header = proto_header_get(channel->input + at);
		const char *wrong = proto_check(&header);
		size_t size = PROTO_HEADER_SIZE + (size_t)header.length;
		struct frame frame = {
			.type = header.type,
			.stream = header.stream,
			.session = header.session,
			.payload = channel->input + at + PROTO_HEADER_SIZE,
			.size = header.length,
		};

		if (wrong)
			return error_new(ERROR_CORRUPT, "the peer sent %s", wrong);
		if (channel->input_size - at < size)
			break;
		log_trace("channel %d < type %u stream %u session %u size %zu",
			  channel->fd, frame.type, frame.stream, frame.session,
			  frame.size);
		TRY(channel->handlers->frame(&frame, channel->argument));
		if (channel->freed || channel->ended)
			return NULL;
		at += size;
	}
	channel->input_size -= at;
	memmove(channel->input, channel->input + at, channel->input_size);
	return NULL;
}

/* One read() and what it brought; *ret_size 0: nothing there now. */
static void channel_receive(struct channel *channel, size_t *ret_size)
{
	struct error *err;
	ssize_t n;

	*ret_size = 0;
	do
		n = read(channel->fd, channel->input + channel->input_size,
			 INPUT_SIZE - channel->input_size);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return;
	/* A peer that dies with data of ours unread resets the connection. */
	if (n == 0 || (n < 0 && errno == ECONNRESET)) {
		err = channel->input_size
			      ? error_new(ERROR_CLOSED,
					  "the peer went away in the middle of a frame")
			      : NULL;
		channel_end(channel, err);
		return;
	}
	if (n < 0) {
		channel_end(channel, error_os(errno, "reading from the peer"));
		return;
	}
	channel->input_size += (size_t)n;
	*ret_size = (size_t)n;
	err = channel_parse(channel);
	if (err)
		channel_end(channel, err);
}

static struct error *channel_io(int fd, uint32_t events, void *argument)
{
	struct channel *channel = argument;
	size_t size;

	channel_enter(channel);
	if (events & EPOLLOUT)
		channel_flush(channel);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !channel->freed &&
	    !channel->ended)
		channel_receive(channel, &size);
	channel_leave(channel);
	return NULL;
}

struct error *channel_drain(struct channel *channel)
{
	size_t size = 1, total = 0;

	channel_enter(channel);
	while (size && total < DRAIN_MAX && !channel->freed && !channel->ended) {
		channel_receive(channel, &size);
		total += size;
	}
	channel_leave(channel);
	return NULL;
}

void channel_reset(struct channel *channel)
{
	channel->input_size = 0;
	queue_pop(&channel->queue, channel_queued(channel));
	channel_update_events(channel);
}

void channel_pause(struct channel *channel, bool paused)
{
	channel->paused = paused;
	channel_update_events(channel);
}

struct error *channel_new(struct loop *loop, int fd,
			  const struct channel_handlers *handlers, void *argument,
			  struct channel **ret)
{
	_cleanup_(channel_freep) struct channel *channel = xnew(struct channel);

	channel->loop = loop;
	channel->fd = fd;
	channel->handlers = handlers;
	channel->argument = argument;
	channel->input = xcalloc(1, INPUT_SIZE);
	TRY(fd_set_nonblock(fd, true));
	TRY(loop_add_io(loop, fd, EPOLLIN, channel_io, channel, &channel->source));
	*ret = take_ptr(channel);
	return NULL;
}
