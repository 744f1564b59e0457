/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's descriptors as streams of a session: whatever they are (terminal, pipe,
 * socket, file, /dev/null), reading and writing never blocks the loop for long, and the
 * descriptor itself is left as it is: it may be shared with other processes, which must
 * not find it non-blocking.  SIGPIPE must be ignored by the process.
 */
#ifndef KLAB_AGENT_STREAM_H
#define KLAB_AGENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "os/loop.h"

/* A pipe or terminal opened again gives a description of our own, which may be
 * non-blocking (flags: O_RDONLY or O_WRONLY); else a plain duplicate.  *ret_private says
 * which. */
struct error *stream_open(int fd, int flags, int *ret_fd, bool *ret_private) _must_check_;

struct stream_reader;

/* data NULL: the end, nothing follows.  data may be changed in place. */
typedef void (*stream_data_fn)(void *data, size_t size, void *argument);

struct error *stream_reader_new(struct loop *loop, int fd, stream_data_fn on_data,
				void *argument, struct stream_reader **ret) _must_check_;
/* May be called from on_data(). */
void stream_reader_free(struct stream_reader *reader);
DEFINE_CLEANUP(struct stream_reader *, stream_reader_free)
/* Read up to so many bytes, in one or more calls of on_data(); 0: not now. */
void stream_reader_want(struct stream_reader *reader, size_t size);

struct stream_writer;

struct stream_writer_handlers {
	/* So many bytes have been written (or thrown away after closed()). */
	void (*taken)(size_t size, void *argument);
	/* Once: nobody reads any longer (err NULL), or writing fails; borrowed. */
	void (*closed)(const struct error *err, void *argument);
};

struct error *stream_writer_new(struct loop *loop, int fd,
				const struct stream_writer_handlers *handlers,
				void *argument, struct stream_writer **ret) _must_check_;
void stream_writer_free(struct stream_writer *writer);
DEFINE_CLEANUP(struct stream_writer *, stream_writer_free)
/* Takes it all; what does not go out at once is copied.  Handlers run from inside; they
 * must not free the writer. */
void stream_writer_write(struct stream_writer *writer, const void *data, size_t size);
/* Nothing is left to be written. */
bool stream_writer_idle(const struct stream_writer *writer);

#endif
