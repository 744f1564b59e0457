// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies as sessions: a source feeds stream 0 of "put", stream 1 of "get" feeds a sink. */
#include "agent/copy.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

struct copy {
	struct session *session;
	struct copy_source *source;  /* to a guest */
	struct copy_sink *sink;	     /* from one */
	struct copy_options options; /* only callbacks and argument stay valid */
	struct text remark;	     /* a line of stream 2, so far */
	struct error *error;	     /* ours; the session was canceled for it */
	size_t held, held_at;	     /* bytes read from the source and not yet sent */
	uint8_t buffer[PROTO_PAYLOAD_MAX];
};

static void copy_free(struct copy *copy)
{
	if (!copy)
		return;
	copy_source_free(copy->source);
	copy_sink_free(copy->sink);
	text_deinit(&copy->remark);
	error_free(copy->error);
	free(copy);
}
DEFINE_CLEANUP(struct copy *, copy_free)

static void copy_give_up(struct copy *copy, struct error *err)
{
	if (copy->error) {
		error_ignore(err); /* the first one says why */
		return;
	}
	copy->error = err;
	session_cancel(copy->session);
}

static struct error *copy_feed(struct copy *copy)
{
	size_t taken;

	for (;;) {
		if (copy->held_at == copy->held) {
			copy->held_at = 0;
			TRY(copy_source_read(copy->source, copy->buffer,
					     sizeof(copy->buffer), &copy->held));
		}
		if (!copy->held) {
			session_close_stdin(copy->session);
			return NULL;
		}
		taken = session_write(copy->session, copy->buffer + copy->held_at,
				      copy->held - copy->held_at);
		copy->held_at += taken;
		if (copy->held_at < copy->held)
			return NULL; /* on_input() comes again */
	}
}

static struct error *copy_on_input(void *argument)
{
	struct copy *copy = argument;
	struct error *err = copy->error ? NULL : copy_feed(copy);

	if (err)
		copy_give_up(copy, err);
	return NULL;
}

static void copy_on_remarks(struct copy *copy, const char *data, size_t size)
{
	/* A line without end is cut, not kept. */
	for (size_t i = 0; i < size; i++) {
		if (data[i] != '\n' && copy->remark.length < PROTO_COPY_TARGET_MAX) {
			text_append_char(&copy->remark, data[i]);
			continue;
		}
		if (copy->options.remark)
			copy->options.remark(text_str(&copy->remark),
					     copy->options.argument);
		text_truncate(&copy->remark, 0);
	}
}

static struct error *copy_on_output(uint8_t stream, const void *data, size_t size,
				    void *argument)
{
	struct copy *copy = argument;
	struct error *err = NULL;

	if (stream == PROTO_STDERR)
		copy_on_remarks(copy, data, size);
	else if (copy->sink && !copy->error)
		err = copy_sink_write(copy->sink, data, size);
	if (err)
		copy_give_up(copy, err);
	return NULL;
}

static struct error *copy_result(const struct copy *copy, const struct session_end *end,
				 const struct copy_stats *stats)
{
	if (end->lost)
		return error_new(ERROR_CLOSED, "the guest went away during the copy");
	if (end->how == PROTO_EXIT_SIGNAL)
		return error_new(ERROR_FAILED, "the copy in the guest was killed");
	if (end->how != PROTO_EXIT_STATUS)
		return error_new(ERROR_REFUSED, "in the guest: %s", end->message);
	if (copy->sink)
		TRY(copy_sink_finish(copy->sink));
	if (end->value != 0 || stats->incomplete)
		return error_new(ERROR_FAILED, "not everything could be copied");
	return NULL;
}

static struct error *copy_on_end(const struct session_end *end, void *argument)
{
	_cleanup_(copy_freep) struct copy *copy = argument;
	const struct copy_stats *stats = copy->source ? copy_source_stats(copy->source)
						      : copy_sink_stats(copy->sink);
	struct error *err = take_ptr(copy->error);

	if (!err)
		err = copy_result(copy, end, stats);
	return copy->options.on_end(err, stats, copy->options.argument);
}

static void copy_on_dropped(void *argument)
{
	copy_free(argument);
}

static struct error *copy_start(struct client *client, struct copy *copy,
				const struct session_options *what)
{
	struct session_options options = *what;

	options.fds[0] = options.fds[1] = options.fds[2] = -1;
	options.on_output = copy_on_output;
	options.on_end = copy_on_end;
	options.on_dropped = copy_on_dropped;
	options.argument = copy;
	return client_start(client, &options, &copy->session);
}

struct error *copy_to_guest(struct client *client, const struct copy_options *options)
{
	_cleanup_(copy_freep) struct copy *copy = xnew(struct copy);
	const char *words[4] = { options->to };
	size_t count = 1;

	if (options->into)
		words[count++] = "into";
	if (options->owner)
		words[count++] = "owner";
	copy->options = *options;
	TRY(copy_source_new(options->from, options->remark, options->argument,
			    &copy->source));
	TRY(copy_start(client, copy,
		       &(struct session_options){ .service = "put",
						  .argv = words,
						  .on_input = copy_on_input }));
	(void)take_ptr(copy); /* the session's until copy_on_end() */
	return NULL;
}

struct error *copy_from_guest(struct client *client, const struct copy_options *options)
{
	_cleanup_(copy_freep) struct copy *copy = xnew(struct copy);
	const char *words[] = { options->from, NULL };

	copy->options = *options;
	TRY(copy_sink_new(options->to, options->into, options->remark, options->argument,
			  &copy->sink));
	TRY(copy_start(client, copy,
		       &(struct session_options){ .service = "get",
						  .argv = words,
						  .flags = PROTO_START_NO_STDIN }));
	(void)take_ptr(copy); /* the session's until copy_on_end() */
	return NULL;
}
