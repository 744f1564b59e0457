/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session of one of the keeper's services, seen from the service: the functions by which
 * it hears its client and answers.  Credits, queues and the session's end are kept here;
 * a service only says what it has to say.
 *
 * A service's start() (keeper.h) sets the handlers and returns; an error that it returns
 * refuses the session.  The session ends by keeper_session_exit(), by its client's going
 * away, or with the guest; end() is called in each case and nothing after it.
 */
#ifndef KLAB_VM_KEEPER_SESSION_H
#define KLAB_VM_KEEPER_SESSION_H

#include <stdarg.h>
#include <stddef.h>

#include "agent/proto.h"
#include "base/error.h"

struct keeper_session;

/* Each may be NULL. data is what keeper_session_handle() was given. */
struct keeper_session_handlers {
	/* Bytes of stream 0.  The service grants what it has used up, as soon as it has
	 * (keeper_session_grant()); without this handler input is dropped and granted. */
	void (*input)(struct keeper_session *session, const void *bytes, size_t size,
		      void *data);
	void (*input_end)(struct keeper_session *session, void *data);
	void (*signal)(struct keeper_session *session, int signal, void *data);
	/* All output has been sent: there is room for more. */
	void (*room)(struct keeper_session *session, void *data);
	/* QEMU has gone.  NULL: the session is lost, with a sentence. */
	void (*guest_ended)(struct keeper_session *session, void *data);
	/* The session is over: release data. */
	void (*end)(void *data);
};

void keeper_session_handle(struct keeper_session *session,
			   const struct keeper_session_handlers *handlers, void *data);
/* Queue output; it flows as the client grants credit.  Who can say more than a little
 * looks at keeper_session_pending() first. */
void keeper_session_write(struct keeper_session *session, enum proto_stream stream,
			  const void *bytes, size_t size);
void keeper_session_print(struct keeper_session *session, enum proto_stream stream,
			  const char *fmt, ...) _printf_(3, 4);
/* Output that has not been sent for want of credit. */
size_t keeper_session_pending(const struct keeper_session *session);
void keeper_session_grant(struct keeper_session *session, size_t size);
/* After what is pending; calls end().  The session must not be used any more. */
void keeper_session_exit(struct keeper_session *session, enum proto_exit how,
			 uint32_t value, const char *message);

#endif
