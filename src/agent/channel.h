/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection that speaks the wire protocol (proto.h): frames in, frames out, over one
 * non-blocking stream descriptor in the event loop.  It checks the framing and its limits;
 * what the frames mean is the user's business (client.h, vm/keeper).
 */
#ifndef KLAB_AGENT_CHANNEL_H
#define KLAB_AGENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/proto.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"
#include "os/loop.h"

struct channel;

struct frame {
	enum proto_type type;
	uint8_t stream;
	uint32_t session;
	const uint8_t *payload; /* borrowed for the call */
	size_t size;
};

struct channel_handlers {
	/* An error ends the connection: closed() is called with it. */
	struct error *(*frame)(const struct frame *frame, void *argument);
	/* Once; err is NULL for an orderly end of stream, else borrowed. */
	void (*closed)(const struct error *err, void *argument);
	/* The queue to the peer has run empty (so that more may be read elsewhere). */
	void (*drained)(void *argument); /* may be NULL */
};

/* Takes fd over (also when it fails) and makes it non-blocking.  A channel may be freed
 * from its own handlers. */
struct error *channel_new(struct loop *loop, int fd,
			  const struct channel_handlers *handlers, void *argument,
			  struct channel **ret) _must_check_;
void channel_free(struct channel *channel);
DEFINE_CLEANUP(struct channel *, channel_free)

/* Queue a frame; sent as the peer takes it.  Never blocks.  Data senders watch their
 * credit, so that the queue stays bounded; a peer that lets CHANNEL_QUEUE_MAX pile up is
 * dropped.  A connection that has ended swallows frames; closed() tells. */
#define CHANNEL_QUEUE_MAX \
	((size_t)PROTO_SESSIONS_MAX * 2 * PROTO_CREDIT_INITIAL + (1u << 20))
void channel_send(struct channel *channel, enum proto_type type, uint8_t stream,
		  uint32_t session, const void *payload, size_t size);
size_t channel_queued(const struct channel *channel);
/* Forget what was half received or queued: the peer has been reset.  Not from frame(). */
void channel_reset(struct channel *channel);
/* Read and handle what has arrived already, without waiting. */
struct error *channel_drain(struct channel *channel) _must_check_;
/* Stop and go on reading from the peer. */
void channel_pause(struct channel *channel, bool paused);

/* Payload building and reading (fields as in proto.h); payload.c. */
void payload_u16(struct text *payload, uint16_t value);
void payload_u32(struct text *payload, uint32_t value);
void payload_u64(struct text *payload, uint64_t value);
void payload_string(struct text *payload, const char *s);
void payload_strings(struct text *payload, const char *const *strings); /* NULL: none */
struct error *payload_read_string(struct reader *r, char **ret) _must_check_;
struct error *payload_read_strings(struct reader *r, struct strv *ret) _must_check_;

/* An error unless everything was read and nothing is left over. */
struct error *payload_end(const struct reader *r, const char *what) _must_check_;

/* A HELLO of ours; facts may be NULL. */
void channel_send_hello(struct channel *channel, const char *const *facts);
void channel_send_hello_answer(struct channel *channel);
void channel_send_credit(struct channel *channel, uint8_t stream, uint32_t session,
			 uint32_t bytes);
void channel_send_exit(struct channel *channel, uint32_t session, enum proto_exit how,
		       uint32_t value, const char *message);

/* The peer's HELLO. */
struct hello {
	uint16_t version; /* the highest that both speak */
	bool answer;	  /* it answers ours and is not to be answered */
	char *who;
	struct strv facts;
};

void hello_deinit(struct hello *hello);
/* ERROR_UNSUPPORTED if there is no version that both speak. */
struct error *hello_read(const struct frame *frame, struct hello *ret) _must_check_;

/* The decoded EXIT. */
struct exit_report {
	enum proto_exit how;
	uint32_t value;
	char *message; /* "" if none */
};

void exit_report_deinit(struct exit_report *report);
struct error *exit_report_read(const struct frame *frame,
			       struct exit_report *ret) _must_check_;

/* The decoded START, used by the keeper's own services. */
struct start_request {
	uint32_t flags; /* PROTO_START_* */
	uint16_t rows, columns;
	uint32_t uid, gid;
	char *service;
	char *cwd; /* "": the default */
	struct strv argv;
	struct strv environment;
};

void start_request_deinit(struct start_request *request);
struct error *start_request_read(const struct frame *frame,
				 struct start_request *ret) _must_check_;
void start_request_write(const struct start_request *request, struct text *payload);

#endif
