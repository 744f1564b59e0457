// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions of the keeper's own services: what keeper-session.h promises a service, and
 * what keeper-sessions.c tells it.
 */
#include "base/mem.h"
#include "vm/keeper-internal.h"

void keeper_session_handle(struct keeper_session *session,
			   const struct keeper_session_handlers *handlers, void *data)
{
	session->handlers = handlers;
	session->data = data;
}

static void pump_stream(struct keeper_session *session, uint8_t stream)
{
	struct text *pending = &session->pending[stream];
	size_t sent = 0;

	if (session->refused[stream])
		sent = pending->length; /* nobody wants it */
	while (session->client && sent < pending->length && session->credit[stream]) {
		size_t size = MIN(pending->length - sent, (size_t)PROTO_PAYLOAD_MAX);

		size = MIN(size, (size_t)session->credit[stream]);
		channel_send(session->client->channel, PROTO_DATA, stream, session->id,
			     pending->data + sent, size);
		session->credit[stream] -= (uint32_t)size;
		sent += size;
	}
	if (!sent)
		return;
	memmove(pending->data, pending->data + sent, pending->length - sent);
	text_truncate(pending, pending->length - sent);
}

static void pump(struct keeper_session *session)
{
	pump_stream(session, PROTO_STDOUT);
	pump_stream(session, PROTO_STDERR);
	if (session->state == SESSION_LINGERING && !keeper_session_pending(session))
		session_finish(session, session->exit_how, session->exit_value,
			       session->exit_message);
}

void keeper_session_write(struct keeper_session *session, enum proto_stream stream,
			  const void *bytes, size_t size)
{
	text_append_bytes(&session->pending[stream], bytes, size);
	pump(session);
}

void keeper_session_print(struct keeper_session *session, enum proto_stream stream,
			  const char *fmt, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list args;

	va_start(args, fmt);
	line = xvasprintf(fmt, args);
	va_end(args);
	keeper_session_write(session, stream, line, strlen(line));
}

size_t keeper_session_pending(const struct keeper_session *session)
{
	return session->pending[PROTO_STDOUT].length +
	       session->pending[PROTO_STDERR].length;
}

void keeper_session_grant(struct keeper_session *session, size_t size)
{
	if (!session->client || !size || session->closed[PROTO_STDIN])
		return;
	session->credit[PROTO_STDIN] += (uint32_t)size;
	channel_send_credit(session->client->channel, PROTO_STDIN, session->id,
			    (uint32_t)size);
}

void keeper_session_exit(struct keeper_session *session, enum proto_exit how,
			 uint32_t value, const char *message)
{
	const struct keeper_session_handlers *handlers = take_ptr(session->handlers);

	if (session->state != SESSION_SERVICE)
		return;
	session->state = SESSION_LINGERING;
	session->exit_how = how;
	session->exit_value = value;
	session->exit_message = xstrdup(message ? message : "");
	if (handlers && handlers->end)
		handlers->end(session->data);
	pump(session);
}

/* ---- What the client says ---- */

void session_service_input(struct keeper_session *session, const void *bytes, size_t size)
{
	if (session->handlers && session->handlers->input)
		session->handlers->input(session, bytes, size, session->data);
	else
		keeper_session_grant(session, size);
}

void session_service_close(struct keeper_session *session, uint8_t stream)
{
	if (stream != PROTO_STDIN)
		session_service_pump(session); /* it refuses: drops what is pending */
	else if (session->handlers && session->handlers->input_end)
		session->handlers->input_end(session, session->data);
}

void session_service_signal(struct keeper_session *session, int signal)
{
	if (session->handlers && session->handlers->signal)
		session->handlers->signal(session, signal, session->data);
}

void session_service_pump(struct keeper_session *session)
{
	bool had_pending = keeper_session_pending(session) > 0;

	pump(session);
	if (had_pending && session->state == SESSION_SERVICE &&
	    !keeper_session_pending(session) && session->handlers &&
	    session->handlers->room)
		session->handlers->room(session, session->data);
}

void session_service_guest_ended(struct keeper_session *session, const char *why)
{
	if (session->handlers && session->handlers->guest_ended)
		session->handlers->guest_ended(session, session->data);
	else
		keeper_session_exit(session, PROTO_EXIT_LOST, 0, why);
}
