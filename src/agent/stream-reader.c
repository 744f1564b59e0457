// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a user's descriptor on demand. */
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
	int fd;
	size_t wanted;
	struct loop_source *source;
	stream_data_fn on_data;
	void *argument;
	bool *freed; /* set while on_data() runs */
	uint8_t buffer[READ_SIZE];
};

void stream_reader_want(struct stream_reader *reader, size_t size)
{
	reader->wanted = size;
	if (reader->source)
		loop_source_set_events(reader->source, size ? EPOLLIN : 0);
}

static void stream_reader_end(struct stream_reader *reader)
{
	loop_source_free(take_ptr(reader->source));
	reader->on_data(NULL, 0, reader->argument); /* may free the reader */
}

static struct error *stream_reader_io(int fd, uint32_t events, void *argument)
{
	struct stream_reader *reader = argument;
	bool freed = false;
	ssize_t n;

	n = read(reader->fd, reader->buffer, MIN(reader->wanted, READ_SIZE));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n < 0) /* as when the terminal went away: no more input either way */
		log_debug("reading input: %m");
	if (n <= 0) {
		stream_reader_end(reader);
		return NULL;
	}
	reader->freed = &freed;
	stream_reader_want(reader, reader->wanted - (size_t)n);
	reader->on_data(reader->buffer, (size_t)n, reader->argument);
	if (!freed)
		reader->freed = NULL;
	return NULL;
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

	reader->fd = -1;
	reader->on_data = on_data;
	reader->argument = argument;
	TRY(stream_open(fd, O_RDONLY, &reader->fd, &private));
	TRY(loop_add_io(loop, reader->fd, 0, stream_reader_io, reader, &reader->source));
	*ret = take_ptr(reader);
	return NULL;
}
