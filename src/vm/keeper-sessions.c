// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions on their way through the keeper: from a client to the agent, renumbered, or to
 * one of the keeper's own services (whose side is keeper-session.c).  Here is their life;
 * what their frames may be is keeper-frames.c's.
 */
#include "base/mem.h"
#include "vm/keeper-internal.h"

/* Frames of a session that waits for the agent: a whole credit of input and some more. */
#define HELD_MAX (1u << 20)

struct keeper_session *sessions_of_client(const struct keeper_client *client, uint32_t id)
{
	for (struct keeper_session *s = client->keeper->sessions; s; s = s->next)
		if (s->client == client && s->id == id && s->state != SESSION_DEAD)
			return s;
	return NULL;
}

struct keeper_session *sessions_of_agent(const struct keeper *keeper, uint32_t id)
{
	struct keeper_session *s = keeper->forwarded[id % PROTO_SESSIONS_MAX];

	return s && s->agent_id == id && s->state == SESSION_FORWARDED ? s : NULL;
}

struct keeper_session *sessions_add(struct keeper_client *client, uint32_t id)
{
	struct keeper_session *session = xnew(struct keeper_session);
	struct keeper *keeper = client->keeper;

	session->keeper = keeper;
	session->client = client;
	session->id = id;
	for (size_t i = 0; i < PROTO_STREAM_COUNT; i++)
		session->credit[i] = PROTO_CREDIT_INITIAL;
	session->next = keeper->sessions;
	keeper->sessions = session;
	return session;
}

void session_bury(struct keeper_session *session)
{
	struct keeper *keeper = session->keeper;
	const struct keeper_session_handlers *handlers = session->handlers;

	if (session->state == SESSION_DEAD)
		return;
	session->state = SESSION_DEAD;
	session->client = NULL;
	if (session->for_agent)
		keeper->forwarded[session->agent_id % PROTO_SESSIONS_MAX] = NULL;
	else
		keeper->service_count--;
	session->handlers = NULL;
	if (handlers && handlers->end)
		handlers->end(session->data);
	keeper_reap_later(keeper);
}

void session_finish(struct keeper_session *session, enum proto_exit how, uint32_t value,
		    const char *message)
{
	if (session->client)
		channel_send_exit(session->client->channel, session->id, how, value,
				  message);
	session_bury(session);
}

struct error *session_forward(struct keeper_session *session, const struct frame *frame)
{
	if (session->state == SESSION_FORWARDED) {
		channel_send(session->keeper->agent.channel, frame->type, frame->stream,
			     session->agent_id, frame->payload, frame->size);
		agent_link_pressure(session->keeper);
		return NULL;
	}
	if (session->held.length + frame->size > HELD_MAX)
		return error_new(ERROR_CORRUPT, "more than 1 MiB was sent for a session "
						"not yet started");
	payload_u32(&session->held, (uint32_t)frame->size);
	text_append_char(&session->held, (char)frame->type);
	text_append_char(&session->held, (char)frame->stream);
	text_append_bytes(&session->held, frame->payload, frame->size);
	return NULL;
}

static void session_release_held(struct keeper_session *session)
{
	struct reader r = reader_of(session->held.data, session->held.length);

	session->state = SESSION_FORWARDED;
	while (reader_left(&r)) {
		struct frame frame = { .size = reader_u32(&r) };

		frame.type = reader_u8(&r);
		frame.stream = reader_u8(&r);
		frame.payload = reader_bytes(&r, frame.size);
		channel_send(session->keeper->agent.channel, frame.type, frame.stream,
			     session->agent_id, frame.payload, frame.size);
	}
	text_deinit(&session->held);
	session->held = (struct text){ 0 };
}

/* An id is the slot, and a round so that an old one is not met again soon. */
bool session_take_slot(struct keeper_session *session)
{
	struct keeper *keeper = session->keeper;

	for (uint32_t slot = 0; slot < PROTO_SESSIONS_MAX; slot++) {
		if (keeper->forwarded[slot])
			continue;
		keeper->forward_round = keeper->forward_round % 0xffffff + 1;
		session->agent_id = keeper->forward_round * PROTO_SESSIONS_MAX + slot;
		session->for_agent = true;
		keeper->forwarded[slot] = session;
		return true;
	}
	return false;
}

void sessions_client_gone(struct keeper_client *client)
{
	for (struct keeper_session *s = client->keeper->sessions; s; s = s->next) {
		if (s->client != client)
			continue;
		s->client = NULL;
		if (s->state == SESSION_FORWARDED)
			/* It keeps its slot until the agent says EXIT. */
			channel_send(client->keeper->agent.channel, PROTO_CANCEL, 0,
				     s->agent_id, NULL, 0);
		else
			session_bury(s);
	}
}

void sessions_agent_ready(struct keeper *keeper)
{
	for (struct keeper_session *s = keeper->sessions; s; s = s->next)
		if (s->state == SESSION_HELD)
			session_release_held(s);
}

static void sessions_finish(struct keeper *keeper, enum session_state state,
			    enum proto_exit how, uint32_t value, const char *why)
{
	for (struct keeper_session *s = keeper->sessions; s; s = s->next)
		if (s->state == state)
			session_finish(s, how, value, why);
}

static void sessions_lose(struct keeper *keeper, enum session_state state,
			  enum proto_loss loss, const char *why)
{
	sessions_finish(keeper, state, PROTO_EXIT_LOST, loss, why);
}

void sessions_agent_lost(struct keeper *keeper, const char *why)
{
	sessions_lose(keeper, SESSION_FORWARDED, PROTO_LOSS_GONE, why);
}

void sessions_refuse_held(struct keeper *keeper, const char *why)
{
	sessions_finish(keeper, SESSION_HELD, PROTO_EXIT_REFUSED, 0, why);
}

void sessions_panicked(struct keeper *keeper)
{
	static const enum session_state states[] = { SESSION_FORWARDED, SESSION_HELD };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		sessions_lose(keeper, states[i], PROTO_LOSS_PANIC, KEEPER_PANICKED);
}

void sessions_guest_ended(struct keeper *keeper)
{
	const char *why = keeper_end_sentence(keeper);

	sessions_agent_lost(keeper, why);
	sessions_lose(keeper, SESSION_HELD, PROTO_LOSS_GONE, why);
	for (struct keeper_session *s = keeper->sessions; s; s = s->next)
		if (s->state == SESSION_SERVICE)
			session_service_guest_ended(s, why);
}

size_t sessions_count(const struct keeper *keeper)
{
	size_t count = 0;

	for (const struct keeper_session *s = keeper->sessions; s; s = s->next)
		count += s->for_agent && s->client && s->state != SESSION_DEAD;
	return count;
}

bool sessions_told(const struct keeper *keeper)
{
	for (const struct keeper_session *s = keeper->sessions; s; s = s->next)
		if (s->state != SESSION_DEAD)
			return false;
	return true;
}

static void session_free(struct keeper_session *session)
{
	for (size_t i = 0; i < PROTO_STREAM_COUNT; i++)
		text_deinit(&session->pending[i]);
	text_deinit(&session->held);
	free(session->exit_message);
	free(session);
}

void sessions_reap(struct keeper *keeper)
{
	struct keeper_session **link = &keeper->sessions;

	while (*link) {
		struct keeper_session *session = *link;

		if (session->state == SESSION_DEAD) {
			*link = session->next;
			session_free(session);
		} else {
			link = &session->next;
		}
	}
}

void sessions_free(struct keeper *keeper)
{
	for (struct keeper_session *s = keeper->sessions; s; s = s->next)
		session_bury(s);
	sessions_reap(keeper);
}
