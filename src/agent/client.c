// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection with its sessions.  Frames are handed to their session; sessions that are
 * over are ended from the loop (client_settle()), never from below a handler, so that
 * callbacks may do as they like, even free the client.
 */
#include "agent/client.h"

#include <stdlib.h>

#include "agent/session.h"
#include "base/log.h"
#include "base/mem.h"

/* A peer that asks to be answered and does not read gets no more answers. */
#define ANSWERS_MAX ((size_t)1 << 20)

struct client {
	struct loop *loop;
	struct channel *channel; /* NULL once it has ended */
	struct loop_source *wake;
	struct session *sessions;
	size_t session_count;
	uint32_t last_id;
	struct hello hello;
	bool hello_due;	       /* we sent one that is not answered yet */
	bool hello_known;      /* one came */
	struct error *failure; /* of a callback: for loop_run() */
	struct error *reason;  /* of the end, for on_closed() */
	bool told;	       /* on_closed() was called */
	bool *freed;	       /* set while client_settle() runs */
	void (*on_closed)(const struct error *err, void *argument);
	void *argument;
};

const struct hello *client_hello(const struct client *client)
{
	return client->hello_known ? &client->hello : NULL;
}

static struct session *client_find(const struct client *client, uint32_t id)
{
	struct session *session = client->sessions;

	while (session && (session->id != id || session->lost))
		session = session->next;
	return session;
}

static void client_unlink(struct client *client, const struct session *session)
{
	struct session **link = &client->sessions;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	client->session_count--;
}

/* on_end() of one session; false: the client was freed by it. */
static struct error *client_end_session(struct client *client, struct session *session)
{
	_cleanup_(session_freep) struct session *guard = session;
	struct session_end end = {
		.lost = session->lost || session->report.how == PROTO_EXIT_LOST,
		.how = session->report.how,
		.value = session->report.value,
		.message = session->report.message,
		.output_error = session->output_error,
	};

	client_unlink(client, session);
	return session->options.on_end
		       ? session->options.on_end(&end, session->options.argument)
		       : NULL;
}

/* The next session that something is to be done about. */
static struct session *client_next(const struct client *client)
{
	struct session *session = client->sessions;

	while (session && !session->input_asked && !session_is_over(session))
		session = session->next;
	return session;
}

static struct error *client_serve(struct client *client, struct session *session)
{
	if (session_is_over(session))
		return client_end_session(client, session);
	session->input_asked = false;
	return session->ended ? NULL
			      : session->options.on_input(session->options.argument);
}

static struct error *client_settle(void *argument)
{
	struct client *client = argument;
	struct session *session;
	struct error *err = NULL;
	bool freed = false;

	loop_source_free(take_ptr(client->wake));
	client->freed = &freed;
	while (!err && (session = client_next(client))) {
		err = client_serve(client, session);
		if (freed)
			return err;
	}
	client->freed = NULL;
	if (!err)
		err = take_ptr(client->failure);
	if (client_next(client))
		client_wake(client);
	if (err || client->channel || client->sessions || client->told)
		return err;
	client->told = true;
	if (client->on_closed) {
		_cleanup_error_ struct error *reason = take_ptr(client->reason);

		client->on_closed(reason, client->argument);
	}
	return NULL;
}

void client_wake(struct client *client)
{
	if (!client->wake) /* fails only for lack of memory */
		error_ignore(loop_add_deferred(client->loop, client_settle, client,
					       &client->wake));
}

static void client_lose_sessions(struct client *client)
{
	for (struct session *session = client->sessions; session; session = session->next)
		session_lose(session);
	client_wake(client);
}

static struct error *client_greeted(struct client *client, const struct frame *frame)
{
	struct hello hello;

	TRY(hello_read(frame, &hello));
	hello_deinit(&client->hello);
	client->hello = hello;
	client->hello_known = true;
	log_debug("client: greeted by %s, version %u", hello.who, hello.version);
	if (!client->hello_due && !hello.answer) {
		client_lose_sessions(client);
		channel_send_hello_answer(client->channel);
	}
	client->hello_due = false;
	return NULL;
}

static struct error *client_connection_frame(struct client *client,
					     const struct frame *frame)
{
	switch (frame->type) {
	case PROTO_HELLO:
		return client_greeted(client, frame);
	case PROTO_PING:
		if (channel_queued(client->channel) < ANSWERS_MAX)
			channel_send(client->channel, PROTO_PONG, 0, 0, frame->payload,
				     frame->size);
		return NULL;
	case PROTO_PONG:
	case PROTO_FAULT: /* the keeper tells its user */
		return NULL;
	default:
		return error_new(ERROR_CORRUPT, "the peer sent what only a client sends");
	}
}

static struct error *client_frame(const struct frame *frame, void *argument)
{
	struct client *client = argument;
	struct error *failure = NULL, *err;
	struct session *session;

	if (!client->hello_known && frame->type != PROTO_HELLO)
		return error_new(ERROR_CORRUPT, "the peer did not greet");
	if (frame->session == 0)
		return client_connection_frame(client, frame);
	session = client_find(client, frame->session);
	if (!session)
		return NULL; /* it ended while this was under way */
	err = session_frame(session, frame, &failure);
	if (!failure)
		return err;
	if (client->failure)
		error_ignore(failure); /* the first one is told */
	else
		client->failure = failure;
	client_wake(client);
	return err;
}

static void client_drained(void *argument)
{
	struct client *client = argument;

	for (struct session *session = client->sessions; session; session = session->next)
		session_pump(session);
}

static void client_channel_closed(const struct error *err, void *argument)
{
	struct client *client = argument;

	if (err) {
		log_debug("client: connection ended: %s", error_sentence(err));
		client->reason =
			error_new(error_get_code(err), "%s", error_sentence(err));
		if (error_hint_text(err))
			client->reason =
				error_hint(client->reason, "%s", error_hint_text(err));
	}
	client_lose_sessions(client);
	channel_free(take_ptr(client->channel));
}

static const struct channel_handlers client_handlers = {
	.frame = client_frame,
	.closed = client_channel_closed,
	.drained = client_drained,
};

void client_free(struct client *client)
{
	if (!client)
		return;
	if (client->freed)
		*client->freed = true;
	while (client->sessions) {
		struct session *session = client->sessions;

		client_unlink(client, session);
		if (session->options.on_dropped)
			session->options.on_dropped(session->options.argument);
		session_free(session);
	}
	loop_source_free(client->wake);
	channel_free(client->channel);
	hello_deinit(&client->hello);
	error_free(client->failure);
	error_free(client->reason);
	free(client);
}

struct error *client_new(struct loop *loop, int fd,
			 void (*on_closed)(const struct error *err, void *argument),
			 void *argument, struct client **ret)
{
	_cleanup_(client_freep) struct client *client = xnew(struct client);

	client->loop = loop;
	client->on_closed = on_closed;
	client->argument = argument;
	TRY(channel_new(loop, fd, &client_handlers, client, &client->channel));
	channel_send_hello(client->channel, NULL);
	client->hello_due = true;
	*ret = take_ptr(client);
	return NULL;
}

void client_shutdown(struct client *client, enum proto_shutdown how)
{
	uint8_t payload[4];

	proto_put_u32(payload, how);
	if (client->channel)
		channel_send(client->channel, PROTO_SHUTDOWN, 0, 0, payload,
			     sizeof(payload));
}

static uint32_t client_new_id(struct client *client)
{
	do
		client->last_id++;
	while (client->last_id == 0 || client_find(client, client->last_id));
	return client->last_id;
}

static struct error *client_send_start(struct client *client, uint32_t id,
				       const struct session_options *options)
{
	_cleanup_text_ struct text payload = { 0 };

	payload_u32(&payload, options->flags);
	payload_u16(&payload, options->rows);
	payload_u16(&payload, options->columns);
	payload_u32(&payload, options->uid);
	payload_u32(&payload, options->gid);
	payload_string(&payload, options->service);
	payload_string(&payload, options->cwd);
	payload_strings(&payload, options->argv);
	payload_strings(&payload, options->environment);
	if (payload.length > PROTO_PAYLOAD_MAX)
		return error_hint(
			error_new(
				ERROR_USAGE,
				"the command and its environment take %zu bytes, more than the %u that fit",
				payload.length, PROTO_PAYLOAD_MAX),
			"pass long lists through standard input or a file");
	channel_send(client->channel, PROTO_START, 0, id, payload.data, payload.length);
	return NULL;
}

struct error *client_start(struct client *client, const struct session_options *options,
			   struct session **ret)
{
	_cleanup_(session_freep) struct session *session = NULL;
	uint32_t id;

	if (!client->channel)
		return error_new(ERROR_CLOSED, "the connection has ended");
	if (client->session_count == PROTO_SESSIONS_MAX)
		return error_new(ERROR_BUSY, "%d sessions are open already",
				 PROTO_SESSIONS_MAX);
	id = client_new_id(client);
	TRY(session_new(client->loop, client->channel, id, options, &session));
	session->client = client;
	TRY(client_send_start(client, id, options));
	session_pump(session);
	session->next = client->sessions;
	client->sessions = session;
	client->session_count++;
	*ret = take_ptr(session);
	return NULL;
}
