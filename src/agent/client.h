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

/* How a session ended.  `lost` is set when the connection, or the guest, ended before the
 * session. */
struct session_end {
	bool lost;
	enum proto_exit how;
	uint32_t value;
	const char *message; /* "" if none; borrowed for the call */
	/* NULL, or why output could not be written (disk full...); a reader that went
	 * away is no error.  Borrowed for the call. */
	const struct error *output_error;
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
	 * switched to non-blocking mode (they may be shared with other processes). A
	 * reader that goes away (SIGPIPE) is passed on to the service. */
	int fds[PROTO_STREAM_COUNT];
	/* If set, called with what arrives on streams 1 and 2, also where fds takes it
	 * (before it is written there).  NULL. */
	struct error *(*on_output)(uint8_t stream, const void *data, size_t size,
				   void *argument);
	/* With fds[0] -1: session_write() would take something.  May be NULL. */
	struct error *(*on_input)(void *argument);
	void (*on_started)(uint32_t pid, void *argument); /* may be NULL */
	/* Exactly once, after all output was written to fds.  The session is gone after
	 * it returns. */
	struct error *(*on_end)(const struct session_end *end, void *argument);
	/* Instead of on_end(), when the client is freed before the end.  May be NULL. */
	void (*on_dropped)(void *argument);
	void *argument;
};
/* An error from a callback ends loop_run() with it.  All may start sessions; on_end(),
 * on_input() and on_closed() may free the client. */

/* Takes fd over (also when it fails); sends HELLO.  on_closed may be NULL; it is called
 * once, after all sessions were ended as lost.  The process must ignore SIGPIPE. */
struct error *client_new(struct loop *loop, int fd,
			 void (*on_closed)(const struct error *err, void *argument),
			 void *argument, struct client **ret) _must_check_;
void client_free(struct client *client);
DEFINE_CLEANUP(struct client *, client_free)

/* The peer's HELLO, NULL before it came. */
const struct hello *client_hello(const struct client *client);
/* Ask the agent to end the guest. */
void client_shutdown(struct client *client, enum proto_shutdown how);

/* Need not wait for the peer's HELLO.  ERROR_USAGE if argv and environment are too long. */
struct error *client_start(struct client *client, const struct session_options *options,
			   struct session **ret) _must_check_;
void session_signal(struct session *session, int signal);
void session_resize(struct session *session, uint16_t rows, uint16_t columns);
/* More stdin from the program itself, when fds[0] is -1 and NO_STDIN is not set; says how
 * many bytes of it were taken (credit).  on_input() tells when there is room again. */
size_t session_write(struct session *session, const void *data, size_t size);
void session_close_stdin(struct session *session);
void session_cancel(struct session *session);
/* Stdin goes through this filter first if set (an escape key such as Ctrl-a x):
 * changes *size and data in place. */
void session_set_input_filter(struct session *session,
			      void (*filter)(uint8_t *data, size_t *size, void *argument),
			      void *argument);

#endif
