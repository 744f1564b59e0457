// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One session of a client: credit in both directions, so that no stream blocks another
 * and memory stays bounded by the windows, however slow either end is.
 */
#include "agent/session.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

/* Stdin stays in its descriptor while so much waits for the peer. */
#define BACKLOG_MAX ((size_t)256 * 1024)
/* Granting less often saves frames; the service still has the rest of its window. */
#define GRANT_MIN (PROTO_CREDIT_INITIAL / 4)

static void session_end_input(struct session *session)
{
	session->input_closed = true;
	stream_reader_free(take_ptr(session->reader));
}

void session_close_stdin(struct session *session)
{
	if (session->input_closed)
		return;
	session_end_input(session);
	if (session->channel)
		channel_send(session->channel, PROTO_CLOSE, PROTO_STDIN, session->id,
			     NULL, 0);
}

/* How much of stdin may go out now. */
static size_t session_room(const struct session *session)
{
	if (session->input_closed || session->ended || !session->channel ||
	    channel_queued(session->channel) >= BACKLOG_MAX)
		return 0;
	return MIN(session->credit, PROTO_PAYLOAD_MAX);
}

static void session_send_input(struct session *session, const void *data, size_t size)
{
	session->credit -= (uint32_t)size;
	channel_send(session->channel, PROTO_DATA, PROTO_STDIN, session->id, data, size);
}

size_t session_write(struct session *session, const void *data, size_t size)
{
	size_t done = 0, n;

	while ((n = MIN(size - done, session_room(session)))) {
		session_send_input(session, (const uint8_t *)data + done, n);
		done += n;
	}
	return done;
}

static void session_on_input(void *data, size_t size, void *argument)
{
	struct session *session = argument;

	if (!data) {
		session_close_stdin(session);
		return;
	}
	if (session->filter)
		session->filter(data, &size, session->filter_argument);
	if (session->ended || session->input_closed)
		return; /* the filter ended it */
	if (size)
		session_send_input(session, data, size);
	session_pump(session);
}

void session_pump(struct session *session)
{
	size_t room = session_room(session);

	if (session->reader) {
		stream_reader_want(session->reader, room);
	} else if (room && session->options.on_input && !session->input_asked) {
		session->input_asked = true;
		client_wake(session->client);
	}
}

static void session_grant(struct output *output, size_t size)
{
	struct session *session = output->session;

	output->owed += (uint32_t)size;
	if (output->owed < GRANT_MIN || output->ended || session->ended)
		return;
	output->window += output->owed;
	channel_send_credit(session->channel, output->stream, session->id, output->owed);
	output->owed = 0;
}

static void session_taken(size_t size, void *argument)
{
	struct output *output = argument;

	session_grant(output, size);
	if (output->session->ended)
		client_wake(output->session->client);
}

static void session_output_closed(const struct error *err, void *argument)
{
	struct output *output = argument;
	struct session *session = output->session;

	if (err && !session->output_error)
		session->output_error =
			error_new(error_get_code(err), "%s: %s",
				  output->stream == PROTO_STDOUT ? "standard output"
								 : "standard error",
				  error_sentence(err));
	output->refused = true;
	if (!output->ended && !session->ended)
		channel_send(session->channel, PROTO_CLOSE, output->stream, session->id,
			     NULL, 0);
}

static const struct stream_writer_handlers output_handlers = {
	.taken = session_taken,
	.closed = session_output_closed,
};

static struct error *session_data(struct session *session, const struct frame *frame,
				  struct error **ret_failure)
{
	struct output *output = &session->outputs[frame->stream];

	if (frame->stream == PROTO_STDIN)
		return error_new(ERROR_CORRUPT, "the peer sent data on stream 0");
	if (output->ended)
		return error_new(ERROR_CORRUPT, "the peer sent data behind its end");
	if (frame->size > output->window)
		return error_new(ERROR_CORRUPT, "the peer sent more than it was granted");
	output->window -= (uint32_t)frame->size;
	if (!output->writer)
		session_grant(output, frame->size);
	if (session->options.on_output)
		*ret_failure = session->options.on_output(frame->stream, frame->payload,
							  frame->size,
							  session->options.argument);
	if (output->writer && !*ret_failure)
		stream_writer_write(output->writer, frame->payload, frame->size);
	return NULL;
}

static struct error *session_credit(struct session *session, const struct frame *frame,
				    struct error **ret_failure)
{
	uint32_t more = proto_u32(frame->payload);

	if (frame->stream != PROTO_STDIN)
		return error_new(ERROR_CORRUPT, "the peer granted credit to itself");
	if (more > PROTO_CREDIT_MAX - session->credit)
		return error_new(ERROR_CORRUPT, "the peer granted more than the limit");
	session->credit += more;
	session_pump(session);
	return NULL;
}

static struct error *session_closed(struct session *session, const struct frame *frame,
				    struct error **ret_failure)
{
	if (frame->stream == PROTO_STDIN)
		session_end_input(session);
	else if (session->outputs[frame->stream].ended)
		return error_new(ERROR_CORRUPT, "the peer ended a stream twice");
	else
		session->outputs[frame->stream].ended = true;
	return NULL;
}

static struct error *session_started(struct session *session, const struct frame *frame,
				     struct error **ret_failure)
{
	if (session->options.on_started)
		session->options.on_started(proto_u32(frame->payload),
					    session->options.argument);
	return NULL;
}

static struct error *session_exited(struct session *session, const struct frame *frame,
				    struct error **ret_failure)
{
	TRY(exit_report_read(frame, &session->report));
	session_end_input(session);
	session->ended = true;
	client_wake(session->client);
	return NULL;
}

struct error *session_frame(struct session *session, const struct frame *frame,
			    struct error **ret_failure)
{
	typedef struct error *(*frame_fn)(struct session *, const struct frame *,
					  struct error **);
	static const frame_fn handlers[PROTO_TYPE_COUNT] = {
		[PROTO_STARTED] = session_started, [PROTO_DATA] = session_data,
		[PROTO_CREDIT] = session_credit,   [PROTO_CLOSE] = session_closed,
		[PROTO_EXIT] = session_exited,
	};

	if (session->ended)
		return NULL;
	if (!handlers[frame->type])
		return error_new(ERROR_CORRUPT, "the peer sent what only a client sends");
	return handlers[frame->type](session, frame, ret_failure);
}

void session_lose(struct session *session)
{
	session->channel = NULL;
	if (session->ended)
		return;
	session_end_input(session);
	session->ended = session->lost = true;
	session->report.message = xstrdup("");
}

bool session_is_over(const struct session *session)
{
	if (!session->ended)
		return false;
	for (int i = PROTO_STDOUT; i < PROTO_STREAM_COUNT; i++)
		if (session->outputs[i].writer &&
		    !stream_writer_idle(session->outputs[i].writer))
			return false;
	return true;
}

void session_signal(struct session *session, int signal)
{
	uint8_t payload[4];

	proto_put_u32(payload, (uint32_t)signal);
	if (!session->ended)
		channel_send(session->channel, PROTO_SIGNAL, 0, session->id, payload,
			     sizeof(payload));
}

void session_resize(struct session *session, uint16_t rows, uint16_t columns)
{
	_cleanup_text_ struct text payload = { 0 };

	payload_u16(&payload, rows);
	payload_u16(&payload, columns);
	if (!session->ended)
		channel_send(session->channel, PROTO_RESIZE, 0, session->id, payload.data,
			     payload.length);
}

void session_cancel(struct session *session)
{
	if (!session->ended)
		channel_send(session->channel, PROTO_CANCEL, 0, session->id, NULL, 0);
}

void session_set_input_filter(struct session *session,
			      void (*filter)(uint8_t *data, size_t *size, void *argument),
			      void *argument)
{
	session->filter = filter;
	session->filter_argument = argument;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	stream_reader_free(session->reader);
	for (int i = PROTO_STDOUT; i < PROTO_STREAM_COUNT; i++)
		stream_writer_free(session->outputs[i].writer);
	exit_report_deinit(&session->report);
	error_free(session->output_error);
	free(session);
}

static struct error *session_open_streams(struct session *session,
					  const struct session_options *options)
{
	if (options->fds[PROTO_STDIN] >= 0 && !session->input_closed)
		TRY(stream_reader_new(session->loop, options->fds[PROTO_STDIN],
				      session_on_input, session, &session->reader));
	for (uint8_t i = PROTO_STDOUT; i < PROTO_STREAM_COUNT; i++) {
		session->outputs[i] = (struct output){
			.session = session,
			.stream = i,
			.window = PROTO_CREDIT_INITIAL,
		};
		if (options->fds[i] >= 0)
			TRY(stream_writer_new(session->loop, options->fds[i],
					      &output_handlers, &session->outputs[i],
					      &session->outputs[i].writer));
	}
	return NULL;
}

struct error *session_new(struct loop *loop, struct channel *channel, uint32_t id,
			  const struct session_options *options, struct session **ret)
{
	_cleanup_(session_freep) struct session *session = xnew(struct session);

	session->loop = loop;
	session->channel = channel;
	session->id = id;
	session->options = *options;
	session->credit = PROTO_CREDIT_INITIAL;
	session->input_closed = options->flags & PROTO_START_NO_STDIN;
	TRY(session_open_streams(session, options));
	*ret = take_ptr(session);
	return NULL;
}
