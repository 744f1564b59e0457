/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of sessions: run a command in a guest, or ask the keeper for a
 * service, with this process's descriptors as its streams and back-pressure in both
 * directions.
 */
#ifndef KLAB_AGENT_CLIENT_H
#define KLAB_AGENT_CLIENT_H

#include "agent/channel.h"
#include "agent/proto.h"
#include "os/loop.h"

struct client;
struct session;

/* How a session ended.  `lost` is set when the connection ended before the session. */
struct session_end {
	bool lost;
	enum proto_exit how;
	uint32_t value;
	char *message; /* "" if none; borrowed for the call */
};

struct session_options {
	const char *service;		/* "exec", "shell", "put", "monitor", ... */
	const char *const *argv;	/* NULL: none */
	const char *const *environment; /* NAME=VALUE; NULL: none */
	const char *cwd;		/* NULL: default */
	uint32_t flags;			/* PROTO_START_* */
	uint16_t rows, columns;		/* for a tty */
	uint32_t uid, gid;		/* with PROTO_START_KEEP_UIDS */
	/* Descriptors of the streams, borrowed; -1: stdin is empty, output is dropped
	 * (or given to on_output). Blocking or not; regular files are fine. They are not
	 * switched to non-blocking mode (they may be shared with other processes). */
	int fds[PROTO_STREAM_COUNT];
	/* If set, called with what arrives on streams 1 and 2 instead of fds.  NULL. */
	struct error *(*on_output)(uint8_t stream, const void *data, size_t size,
				   void *argument);
	void (*on_started)(uint32_t pid, void *argument); /* may be NULL */
	/* Exactly once, after all output was written to fds.  The session is gone after
	 * it returns. */
	struct error *(*on_end)(const struct session_end *end, void *argument);
	void *argument;
};

/* The peer's HELLO: version agreed on and its facts. */
struct peer_hello {
	uint16_t version;
	const char *who;
	const char *const *facts;
};

/* Takes fd over; sends HELLO. on_closed may be NULL; it is called after all sessions
 * were ended as lost. */
struct error *client_new(struct loop *loop, int fd,
			 void (*on_closed)(const struct error *err, void *argument),
			 void *argument, struct client **ret) _must_check_;
void client_free(struct client *client);
DEFINE_CLEANUP(struct client *, client_free)

struct error *client_start(struct client *client, const struct session_options *options,
			   struct session **ret) _must_check_;
void session_signal(struct session *session, int signal);
void session_resize(struct session *session, uint16_t rows, uint16_t columns);
/* More stdin from the program itself, when fds[0] is -1 and NO_STDIN is not set;
 * *ret_taken bytes of it were accepted (credit). */
void session_write(struct session *session, const void *data, size_t size,
		   size_t *ret_taken);
void session_close_stdin(struct session *session);
void session_cancel(struct session *session);
/* Stdin goes through this filter first if set (an escape key such as Ctrl-a x):
 * changes *size and data in place. */
void session_set_input_filter(struct session *session,
			      void (*filter)(uint8_t *data, size_t *size, void *argument),
			      void *argument);

#endif
