/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to the client: one session, between the frames (client.c hands them in) and the
 * user's descriptors (stream.h).
 */
#ifndef KLAB_AGENT_SESSION_H
#define KLAB_AGENT_SESSION_H

#include "agent/client.h"
#include "agent/stream.h"

struct output {
	struct session *session;
	uint8_t stream;
	bool refused;	 /* we sent CLOSE: nobody reads it */
	bool ended;	 /* the service sent CLOSE */
	uint32_t window; /* bytes that the service may still send */
	uint32_t owed;	 /* bytes handed on, not yet granted again */
	struct stream_writer *writer;
};

struct session {
	struct client *client;
	struct loop *loop;
	struct channel *channel; /* NULL once the connection is lost */
	struct session *next;
	uint32_t id;
	struct session_options options; /* only callbacks and argument stay valid */

	struct stream_reader *reader;
	bool input_closed; /* by either side */
	bool input_asked;  /* on_input() is due */
	uint32_t credit;   /* for stream 0 */
	void (*filter)(uint8_t *data, size_t *size, void *argument);
	void *filter_argument;

	struct output outputs[PROTO_STREAM_COUNT]; /* [0] stays unused */
	struct error *output_error;

	bool ended; /* EXIT came, or the connection went */
	bool lost;
	struct exit_report report;
};

struct error *session_new(struct loop *loop, struct channel *channel, uint32_t id,
			  const struct session_options *options,
			  struct session **ret) _must_check_;
void session_free(struct session *session);
DEFINE_CLEANUP(struct session *, session_free)

/* A frame of this session.  A protocol error ends the connection; what callbacks return
 * comes in *ret_failure. */
struct error *session_frame(struct session *session, const struct frame *frame,
			    struct error **ret_failure) _must_check_;
/* The connection has gone. */
void session_lose(struct session *session);
/* The channel takes more again. */
void session_pump(struct session *session);
/* It has ended and all its output is written: on_end() may be called. */
bool session_is_over(const struct session *session);

/* Of the client, for its sessions: have the loop look for sessions that are over. */
void client_wake(struct client *client);

#endif
