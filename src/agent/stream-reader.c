// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a user's descriptor on demand.  The source in the loop exists only while bytes
 * are wanted: a pipe without writers reports EPOLLHUP however few events are asked for.
 */
#include "agent/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define READ_SIZE ((size_t)64 * 1024)

struct stream_reader {
	struct loop *loop;
	int fd;
	bool always_ready; /* a regular file: epoll refuses it */
	size_t wanted;
	struct loop_source *source;
	stream_data_fn on_data;
	void *argument;
	bool *freed; /* set while on_data() runs */
	uint8_t buffer[READ_SIZE];
};

static struct error *stream_reader_ready(struct stream_reader *reader);

static struct error *stream_reader_io(int fd, uint32_t events, void *argument)
{
	return stream_reader_ready(argument);
}

static struct error *stream_reader_deferred(void *argument)
{
	struct stream_reader *reader = argument;

	/* It fires once; stream_reader_want() arms the next. */
	loop_source_free(take_ptr(reader->source));
	return stream_reader_ready(reader);
}

static struct error *stream_reader_arm(struct stream_reader *reader)
{
	struct error *err = NULL;

	if (!reader->always_ready)
		err = loop_add_io(reader->loop, reader->fd, EPOLLIN, stream_reader_io,
				  reader, &reader->source);
	if (error_is_errno(err, EPERM)) {
		error_ignore(err); /* a file that epoll does not know needs no waiting */
		err = NULL;
		reader->always_ready = true;
	}
	if (reader->always_ready)
		err = loop_add_deferred(reader->loop, stream_reader_deferred, reader,
					&reader->source);
	return err;
}

struct error *stream_reader_want(struct stream_reader *reader, size_t size)
{
	reader->wanted = size;
	if (size && !reader->source)
		return stream_reader_arm(reader);
	if (!size && !reader->freed)
		loop_source_free(take_ptr(reader->source));
	return NULL;
}

static struct error *stream_reader_ready(struct stream_reader *reader)
{
	bool freed = false;
	ssize_t n;

	n = read(reader->fd, reader->buffer, MIN(reader->wanted, READ_SIZE));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return stream_reader_want(reader, reader->wanted);
	if (n < 0) /* as when the terminal went away: no more input either way */
		log_debug("reading input: %m");
	if (n <= 0) {
		reader->wanted = 0;
		loop_source_free(take_ptr(reader->source));
		reader->on_data(NULL, 0, reader->argument);
		return NULL;
	}
	reader->wanted -= (size_t)n;
	reader->freed = &freed;
	reader->on_data(reader->buffer, (size_t)n, reader->argument);
	if (freed)
		return NULL;
	reader->freed = NULL;
	return stream_reader_want(reader, reader->wanted);
}

void stream_reader_free(struct stream_reader *reader)
{
	if (!reader)
		return;
	if (reader->freed)
		*reader->freed = true;
	loop_source_free(reader->source);
	close_fd(reader->fd);
	free(reader);
}

struct error *stream_reader_new(struct loop *loop, int fd, stream_data_fn on_data,
				void *argument, struct stream_reader **ret)
{
	_cleanup_(stream_reader_freep) struct stream_reader *reader =
		xnew(struct stream_reader);
	bool private;

	reader->loop = loop;
	reader->fd = -1;
	reader->on_data = on_data;
	reader->argument = argument;
	TRY(stream_open(fd, O_RDONLY, &reader->fd, &private));
	*ret = take_ptr(reader);
	return NULL;
}
