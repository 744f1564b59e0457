// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames of sessions, from clients and from the agent.  Both peers are held to the
 * protocol here, above all to their credits: what the receiver has granted bounds what can
 * queue up in the keeper when that receiver does not read.  A client that breaks the rules
 * loses its connection, an agent loses the link.
 */
#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

static struct error *broken(const char *who, const char *what)
{
	return error_new(ERROR_CORRUPT, "%s broke the protocol: %s", who, what);
}

static const char *agent_unusable(const struct keeper *keeper)
{
	if (keeper->agent.state == AGENT_NONE)
		return "this guest runs without klab's agent: there is only its console";
	if (keeper->panicked)
		return KEEPER_PANICKED;
	if (keeper->agent.state == AGENT_BROKEN)
		return "the guest's agent broke the protocol and is not heard any more";
	return NULL;
}

static struct error *start_for_agent(struct keeper_session *session,
				     const struct frame *frame)
{
	struct keeper *keeper = session->keeper;
	const char *why = agent_unusable(keeper);

	if (!session_take_slot(session)) {
		_cleanup_free_ char *full = xasprintf(
			"the guest already has %d sessions, which is the most it can have",
			PROTO_SESSIONS_MAX);

		keeper->service_count++; /* it was in no table; bury it from this one */
		session_finish(session, PROTO_EXIT_REFUSED, 0, full);
		return NULL;
	}
	if (keeper->qemu_gone) {
		session_finish(session, PROTO_EXIT_LOST, PROTO_LOSS_GONE,
			       keeper_end_sentence(keeper));
		return NULL;
	}
	if (why) {
		session_finish(session,
			       keeper->panicked ? PROTO_EXIT_LOST : PROTO_EXIT_REFUSED,
			       PROTO_LOSS_PANIC, why);
		return NULL;
	}
	session->state =
		keeper->agent.state == AGENT_READY ? SESSION_FORWARDED : SESSION_HELD;
	return session_forward(session, frame);
}

static void start_own(struct keeper_session *session,
		      const struct keeper_service *service,
		      const struct start_request *request)
{
	static const uint8_t no_pid[4];
	struct keeper *keeper = session->keeper;
	_cleanup_error_ struct error *err = NULL;

	session->state = SESSION_SERVICE;
	if (keeper->service_count++ >= KEEPER_SERVICES_MAX) {
		session_finish(session, PROTO_EXIT_REFUSED, 0,
			       "too many clients use the services of this guest");
		return;
	}
	channel_send(session->client->channel, PROTO_STARTED, 0, session->id, no_pid,
		     sizeof(no_pid));
	err = service->start(keeper, session, request, keeper->argument);
	if (err)
		session_finish(session, PROTO_EXIT_REFUSED, 0, error_sentence(err));
}

static struct error *from_client_start(struct keeper_client *client,
				       const struct frame *frame)
{
	_cleanup_(start_request_deinit) struct start_request request = { 0 };
	const struct keeper_service *service;
	struct keeper_session *session;

	TRY(start_request_read(frame, &request));
	if (sessions_of_client(client, frame->session))
		return broken("a client", "a session's number is used twice");
	session = sessions_add(client, frame->session);
	session->closed[PROTO_STDIN] = request.flags & PROTO_START_NO_STDIN;
	log_trace("keeper: session %u: %s", frame->session, request.service);
	service = services_find(client->keeper, request.service);
	if (!service)
		return start_for_agent(session, frame);
	start_own(session, service, &request);
	return NULL;
}

/* A stream's bytes: within the credit, unless its receiver has refused it (then what was
 * under way is dropped).  *ret_pass: they go on. */
static struct error *take_data(struct keeper_session *session, const struct frame *frame,
			       const char *who, bool *ret_pass)
{
	if (session->closed[frame->stream])
		return broken(who, "data behind the end of a stream");
	*ret_pass = !session->refused[frame->stream];
	if (!*ret_pass)
		return NULL;
	if (frame->size > session->credit[frame->stream])
		return broken(who, "more data than it was granted");
	session->credit[frame->stream] -= (uint32_t)frame->size;
	return NULL;
}

static struct error *take_credit(struct keeper_session *session,
				 const struct frame *frame, const char *who)
{
	uint32_t granted = proto_u32(frame->payload);

	if (!granted)
		return broken(who, "a credit frame that grants nothing");
	if (granted > PROTO_CREDIT_MAX - session->credit[frame->stream])
		return broken(who, "more credit than anybody may grant");
	session->credit[frame->stream] += granted;
	return NULL;
}

static struct error *take_close(const struct frame *frame, bool is_sender,
				struct keeper_session *session, const char *who)
{
	bool *closed = is_sender ? session->closed : session->refused;

	if (closed[frame->stream])
		return broken(who, "it closed a stream twice");
	closed[frame->stream] = true;
	return NULL;
}

static struct error *from_client_data(struct keeper_session *session,
				      const struct frame *frame)
{
	bool pass;

	if (frame->stream != PROTO_STDIN)
		return broken("a client", "data on a stream of the service");
	TRY(take_data(session, frame, "a client", &pass));
	if (!pass)
		return NULL;
	if (session->for_agent)
		return session_forward(session, frame);
	session_service_input(session, frame->payload, frame->size);
	return NULL;
}

static struct error *from_client_close(struct keeper_session *session,
				       const struct frame *frame)
{
	TRY(take_close(frame, frame->stream == PROTO_STDIN, session, "a client"));
	if (session->for_agent)
		return session_forward(session, frame);
	session_service_close(session, frame->stream);
	return NULL;
}

static struct error *from_client_credit(struct keeper_session *session,
					const struct frame *frame)
{
	if (frame->stream == PROTO_STDIN)
		return broken("a client", "credit for a stream that it sends itself");
	TRY(take_credit(session, frame, "a client"));
	if (session->for_agent)
		return session_forward(session, frame);
	session_service_pump(session);
	return NULL;
}

static struct error *from_client_signal(struct keeper_session *session,
					const struct frame *frame)
{
	if (session->for_agent)
		return session_forward(session, frame);
	session_service_signal(session, (int)proto_u32(frame->payload));
	return NULL;
}

static struct error *from_client_resize(struct keeper_session *session,
					const struct frame *frame)
{
	/* Services of our own have no terminal. */
	return session->for_agent ? session_forward(session, frame) : NULL;
}

static struct error *from_client_cancel(struct keeper_session *session,
					const struct frame *frame)
{
	if (session->state == SESSION_FORWARDED)
		return session_forward(session, frame);
	session_finish(session, PROTO_EXIT_CANCELED, 0, "");
	return NULL;
}

typedef struct error *(*session_frame_fn)(struct keeper_session *session,
					  const struct frame *frame);

static const session_frame_fn client_frames[PROTO_TYPE_COUNT] = {
	[PROTO_DATA] = from_client_data,     [PROTO_CREDIT] = from_client_credit,
	[PROTO_CLOSE] = from_client_close,   [PROTO_SIGNAL] = from_client_signal,
	[PROTO_RESIZE] = from_client_resize, [PROTO_CANCEL] = from_client_cancel,
};

struct error *sessions_from_client(struct keeper_client *client,
				   const struct frame *frame)
{
	session_frame_fn handle = client_frames[frame->type];
	struct keeper_session *session;

	if (frame->type == PROTO_START)
		return from_client_start(client, frame);
	if (!handle)
		return broken("a client", "a frame that only the other side sends");
	session = sessions_of_client(client, frame->session);
	/* What was under way when its session ended is nobody's. */
	return session ? handle(session, frame) : NULL;
}

static struct error *from_agent_started(struct keeper_session *session,
					const struct frame *frame, bool *ret_pass)
{
	if (session->started)
		return broken("the agent", "a session started twice");
	session->started = true;
	return NULL;
}

static struct error *from_agent_data(struct keeper_session *session,
				     const struct frame *frame, bool *ret_pass)
{
	if (frame->stream == PROTO_STDIN)
		return broken("the agent", "data on the client's stream");
	return take_data(session, frame, "the agent", ret_pass);
}

static struct error *from_agent_close(struct keeper_session *session,
				      const struct frame *frame, bool *ret_pass)
{
	return take_close(frame, frame->stream != PROTO_STDIN, session, "the agent");
}

static struct error *from_agent_credit(struct keeper_session *session,
				       const struct frame *frame, bool *ret_pass)
{
	if (frame->stream != PROTO_STDIN)
		return broken("the agent", "credit for a stream that it sends itself");
	return take_credit(session, frame, "the agent");
}

static struct error *from_agent_exit(struct keeper_session *session,
				     const struct frame *frame, bool *ret_pass)
{
	_cleanup_(exit_report_deinit) struct exit_report report = { 0 };

	return exit_report_read(frame, &report);
}

/* Checks the frame; the client gets it unless *ret_pass is made false. */
typedef struct error *(*agent_frame_fn)(struct keeper_session *session,
					const struct frame *frame, bool *ret_pass);

static const agent_frame_fn agent_frames[PROTO_TYPE_COUNT] = {
	[PROTO_STARTED] = from_agent_started, [PROTO_DATA] = from_agent_data,
	[PROTO_CLOSE] = from_agent_close,     [PROTO_CREDIT] = from_agent_credit,
	[PROTO_EXIT] = from_agent_exit,
};

struct error *sessions_from_agent(struct keeper *keeper, const struct frame *frame)
{
	agent_frame_fn check = agent_frames[frame->type];
	struct keeper_session *session;
	bool pass = true;

	if (!check)
		return broken("the agent", "a frame that only the other side sends");
	session = sessions_of_agent(keeper, frame->session);
	if (!session)
		return NULL; /* of a session that a resync forgot */
	TRY(check(session, frame, &pass));
	if (session->client && pass)
		channel_send(session->client->channel, frame->type, frame->stream,
			     session->id, frame->payload, frame->size);
	if (frame->type == PROTO_EXIT)
		session_bury(session);
	return NULL;
}
