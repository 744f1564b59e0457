/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of QMP, QEMU's control protocol: JSON objects over a stream socket.  Greeting
 * and negotiation are its own business; commands given before are sent afterwards.
 * Replies find their command by id, events go to one handler, in the order in which QEMU
 * said them.  When the peer dies every command that waits is answered with a failure.
 */
#ifndef KLAB_VM_QMP_H
#define KLAB_VM_QMP_H

#include <json-c/json_object.h>
#include <stdbool.h>

#include "base/error.h"
#include "os/loop.h"

/* The longest message taken from QEMU; query-qmp-schema answers with 200 KiB. */
#define QMP_MESSAGE_MAX (16u << 20)

struct qmp;

/* No handler may free the client. */
struct qmp_handlers {
	/* The negotiation is done.  May be NULL. */
	void (*ready)(void *argument);
	/* data may be NULL; both are borrowed for the call. */
	void (*event)(const char *name, struct json_object *data, void *argument);
	/* Once, after all waiting commands were failed; err is NULL for an orderly end of
	 * stream, else borrowed. */
	void (*closed)(const struct error *err, void *argument);
};

struct qmp_reply {
	struct json_object *result; /* of "return"; NULL if the command failed */
	const char *error_class;    /* "GenericError"; NULL if it did not */
	const char *error;	    /* its sentence */
};
/* Exactly once for each command, unless the client is freed or told to forget. */
typedef void (*qmp_reply_fn)(const struct qmp_reply *reply, void *argument);

/* Takes fd over, also when it fails. */
struct error *qmp_new(struct loop *loop, int fd, const struct qmp_handlers *handlers,
		      void *argument, struct qmp **ret) _must_check_;
void qmp_free(struct qmp *qmp);
DEFINE_CLEANUP(struct qmp *, qmp_free)

/* arguments (an object, or NULL) is taken over.  on_reply may be NULL.  On a closed
 * connection the failure comes at once. */
void qmp_execute(struct qmp *qmp, const char *command, struct json_object *arguments,
		 qmp_reply_fn on_reply, void *argument);
/* A line of the human monitor; the reply's result is a string. */
void qmp_execute_human(struct qmp *qmp, const char *line, qmp_reply_fn on_reply,
		       void *argument);
/* Nobody waits any longer for the replies that would have come with this argument. */
void qmp_forget(struct qmp *qmp, const void *argument);
/* Read and handle what has arrived already, without waiting.  Does nothing when called
 * by one of the handlers. */
void qmp_process(struct qmp *qmp);
bool qmp_is_ready(const struct qmp *qmp);

#endif
