// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The QMP client (qmp.h): a state machine over one non-blocking socket.
 *
 *	GREETING -> NEGOTIATING -> READY
 *	     any of these        -> CLOSED   (end of stream, garbage, too long a message)
 *
 * What QEMU sends is cut into JSON objects by an incremental parser.  Although QEMU is our
 * child, a guest may have taken it over: sizes are bounded and every shape is checked.
 */
#include "vm/qmp.h"

#include <errno.h>
#include <json-c/json_tokener.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "format/json.h"
#include "os/file.h"

#define QMP_READ_SIZE (64u << 10)

enum qmp_state {
	QMP_STATE_GREETING,    /* QEMU speaks first */
	QMP_STATE_NEGOTIATING, /* qmp_capabilities was sent */
	QMP_STATE_READY,
	QMP_STATE_CLOSED,
};

struct qmp_slot {
	int64_t id;
	qmp_reply_fn on_reply; /* NULL: nobody waits */
	void *argument;
};

struct qmp {
	int fd;
	struct loop_source *source;
	const struct qmp_handlers *handlers;
	void *argument;
	enum qmp_state state;

	struct json_tokener *tokener;
	size_t message_size; /* of the message that is being received, so far */
	bool handling;	     /* a handler runs: it may not read on */

	struct text output; /* to be sent */
	size_t output_sent; /* of which this much was */
	struct text early;  /* commands given before QMP_STATE_READY */

	struct qmp_slot *slots;
	size_t slot_count;
	size_t slot_capacity;
	int64_t last_id;
};

static void qmp_watch(struct qmp *qmp)
{
	bool more = qmp->output_sent < qmp->output.length;

	if (qmp->source)
		loop_source_set_events(qmp->source, EPOLLIN | (more ? EPOLLOUT : 0));
}

static void qmp_flush(struct qmp *qmp)
{
	while (qmp->output_sent < qmp->output.length) {
		ssize_t n = send(qmp->fd, qmp->output.data + qmp->output_sent,
				 qmp->output.length - qmp->output_sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			/* The peer has gone; reading says so, with what it still said. */
			qmp->output_sent = qmp->output.length;
			break;
		}
		qmp->output_sent += (size_t)n;
	}
	if (qmp->output_sent == qmp->output.length) {
		text_truncate(&qmp->output, 0);
		qmp->output_sent = 0;
	}
	qmp_watch(qmp);
}

static void qmp_answer(const struct qmp_slot *slot, const struct qmp_reply *reply)
{
	if (slot->on_reply)
		slot->on_reply(reply, slot->argument);
}

static void qmp_answer_gone(const struct qmp_slot *slot)
{
	qmp_answer(slot, &(struct qmp_reply){ .error_class = "Closed",
					      .error = "QEMU has gone" });
}

static void qmp_close(struct qmp *qmp, const struct error *err)
{
	if (qmp->state == QMP_STATE_CLOSED)
		return;
	qmp->state = QMP_STATE_CLOSED;
	loop_source_free(take_ptr(qmp->source));
	close_fd(qmp->fd);
	/* A callback may give another command: that one fails at once, in no slot. */
	for (size_t i = 0; i < qmp->slot_count; i++)
		qmp_answer_gone(&qmp->slots[i]);
	qmp->slot_count = 0;
	if (qmp->handlers->closed)
		qmp->handlers->closed(err, qmp->argument);
}

/* Append one command to the text and give it a slot. */
static void qmp_write(struct qmp *qmp, struct text *to, const char *command,
		      struct json_object *arguments, qmp_reply_fn on_reply,
		      void *argument)
{
	_cleanup_json_ struct json_object *message = json_new_object();
	_cleanup_free_ char *line = NULL;

	array_reserve(qmp->slots, qmp->slot_count, qmp->slot_capacity);
	qmp->slots[qmp->slot_count++] = (struct qmp_slot){
		.id = ++qmp->last_id,
		.on_reply = on_reply,
		.argument = argument,
	};
	json_add_string(message, "execute", command);
	if (arguments)
		json_add(message, "arguments", arguments);
	json_add_i64(message, "id", qmp->last_id);
	line = json_line(message);
	text_append(to, line);
	text_append_char(to, '\n');
}

void qmp_execute(struct qmp *qmp, const char *command, struct json_object *arguments,
		 qmp_reply_fn on_reply, void *argument)
{
	struct qmp_slot unsent = { .on_reply = on_reply, .argument = argument };

	log_trace("qmp: execute %s", command);
	switch (qmp->state) {
	case QMP_STATE_CLOSED:
		json_object_put(arguments);
		qmp_answer_gone(&unsent);
		break;
	case QMP_STATE_READY:
		qmp_write(qmp, &qmp->output, command, arguments, on_reply, argument);
		qmp_flush(qmp);
		break;
	case QMP_STATE_GREETING:
	case QMP_STATE_NEGOTIATING:
		qmp_write(qmp, &qmp->early, command, arguments, on_reply, argument);
		break;
	}
}

void qmp_execute_human(struct qmp *qmp, const char *line, qmp_reply_fn on_reply,
		       void *argument)
{
	struct json_object *arguments = json_new_object();

	json_add_string(arguments, "command-line", line);
	qmp_execute(qmp, "human-monitor-command", arguments, on_reply, argument);
}

void qmp_forget(struct qmp *qmp, const void *argument)
{
	for (size_t i = 0; i < qmp->slot_count; i++)
		if (qmp->slots[i].argument == argument)
			qmp->slots[i].on_reply = NULL;
}

bool qmp_is_ready(const struct qmp *qmp)
{
	return qmp->state == QMP_STATE_READY;
}

static void qmp_negotiated(const struct qmp_reply *reply, void *argument)
{
	struct qmp *qmp = argument;

	if (!reply->result) {
		_cleanup_error_ struct error *err =
			error_new(ERROR_REFUSED, "QEMU refused the QMP negotiation: %s",
				  reply->error);

		qmp_close(qmp, err);
		return;
	}
	qmp->state = QMP_STATE_READY;
	text_append_bytes(&qmp->output, text_str(&qmp->early), qmp->early.length);
	text_truncate(&qmp->early, 0);
	qmp_flush(qmp);
	if (qmp->handlers->ready)
		qmp->handlers->ready(qmp->argument);
}

static struct error *qmp_handle_greeting(struct qmp *qmp, struct json_object *message)
{
	if (!json_object_object_get_ex(message, "QMP", NULL))
		return error_new(ERROR_CORRUPT,
				 "QEMU's first QMP message is no greeting");
	qmp->state = QMP_STATE_NEGOTIATING;
	qmp_write(qmp, &qmp->output, "qmp_capabilities", NULL, qmp_negotiated, qmp);
	qmp_flush(qmp);
	return NULL;
}

static const char *member_string(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static struct error *qmp_handle_event(struct qmp *qmp, struct json_object *message)
{
	const char *name = member_string(message, "event");
	struct json_object *data = NULL;

	if (!name)
		return error_new(ERROR_CORRUPT, "a QMP event of QEMU has no name");
	json_object_object_get_ex(message, "data", &data);
	if (data && !json_object_is_type(data, json_type_object))
		return error_new(ERROR_CORRUPT, "the data of a QMP event is no object");
	log_trace("qmp: event %s", name);
	qmp->handlers->event(name, data, qmp->argument);
	return NULL;
}

static bool qmp_take_slot(struct qmp *qmp, int64_t id, struct qmp_slot *ret)
{
	for (size_t i = 0; i < qmp->slot_count; i++) {
		if (qmp->slots[i].id != id)
			continue;
		*ret = qmp->slots[i];
		/* In order, since replies mostly come in order. */
		memmove(&qmp->slots[i], &qmp->slots[i + 1],
			(--qmp->slot_count - i) * sizeof(qmp->slots[0]));
		return true;
	}
	return false;
}

static struct error *qmp_handle_reply(struct qmp *qmp, struct json_object *message)
{
	struct qmp_reply reply = { 0 };
	struct json_object *id, *failure;
	struct qmp_slot slot;

	if (json_object_object_get_ex(message, "error", &failure)) {
		reply.error_class = member_string(failure, "class");
		reply.error = member_string(failure, "desc");
		if (!reply.error)
			reply.error = "QEMU gave no reason";
		if (!reply.error_class)
			reply.error_class = "GenericError";
	} else if (!json_object_object_get_ex(message, "return", &reply.result)) {
		return error_new(ERROR_CORRUPT,
				 "a QMP message of QEMU is neither event nor reply");
	}
	if (!json_object_object_get_ex(message, "id", &id) ||
	    !json_object_is_type(id, json_type_int) ||
	    !qmp_take_slot(qmp, json_object_get_int64(id), &slot))
		return error_new(ERROR_CORRUPT,
				 "QEMU answered a QMP command never given: %s",
				 reply.error ? reply.error : "success");
	if (!reply.result && !reply.error)
		reply.error = "QEMU returned null";
	qmp_answer(&slot, &reply);
	return NULL;
}

static struct error *qmp_handle(struct qmp *qmp, struct json_object *message)
{
	if (!json_object_is_type(message, json_type_object))
		return error_new(ERROR_CORRUPT, "a QMP message of QEMU is no object");
	if (qmp->state == QMP_STATE_GREETING)
		return qmp_handle_greeting(qmp, message);
	if (json_object_object_get_ex(message, "event", NULL))
		return qmp_handle_event(qmp, message);
	return qmp_handle_reply(qmp, message);
}

/* Cut off and handle what is complete. */
static struct error *qmp_feed(struct qmp *qmp, const char *data, size_t size)
{
	while (size > 0 && qmp->state != QMP_STATE_CLOSED) {
		struct json_object *message =
			json_tokener_parse_ex(qmp->tokener, data, (int)size);
		size_t used = json_tokener_get_parse_end(qmp->tokener);
		struct error *err;

		if (!message) {
			enum json_tokener_error why =
				json_tokener_get_error(qmp->tokener);

			if (why != json_tokener_continue)
				return error_new(ERROR_CORRUPT,
						 "QEMU's QMP is not JSON: %s",
						 json_tokener_error_desc(why));
			qmp->message_size += size;
			if (qmp->message_size > QMP_MESSAGE_MAX)
				return error_new(
					ERROR_CORRUPT,
					"a QMP message of QEMU is longer than %u MiB",
					QMP_MESSAGE_MAX >> 20);
			return NULL;
		}
		qmp->message_size = 0;
		err = qmp_handle(qmp, message);
		json_object_put(message);
		if (err)
			return err;
		data += used;
		size -= used;
	}
	return NULL;
}

/* False when there is nothing more to read now. */
static bool qmp_read(struct qmp *qmp)
{
	char buffer[QMP_READ_SIZE];
	ssize_t n = recv(qmp->fd, buffer, sizeof(buffer), 0);
	_cleanup_error_ struct error *err = NULL;

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n == 0 || (n < 0 && errno == ECONNRESET)) {
		qmp_close(qmp, NULL);
		return false;
	}
	if (n < 0) {
		err = error_os(errno, "reading QEMU's QMP");
	} else {
		qmp->handling = true;
		err = qmp_feed(qmp, buffer, (size_t)n);
		qmp->handling = false;
	}
	if (err)
		qmp_close(qmp, err);
	return true;
}

void qmp_process(struct qmp *qmp)
{
	while (!qmp->handling && qmp->state != QMP_STATE_CLOSED && qmp_read(qmp))
		;
}

static struct error *qmp_on_io(int fd, uint32_t events, void *argument)
{
	struct qmp *qmp = argument;

	if (events & EPOLLOUT)
		qmp_flush(qmp);
	if (events & ~(uint32_t)EPOLLOUT)
		(void)qmp_read(qmp); /* one round; the loop calls again */
	return NULL;
}

struct error *qmp_new(struct loop *loop, int fd, const struct qmp_handlers *handlers,
		      void *argument, struct qmp **ret)
{
	_cleanup_(qmp_freep) struct qmp *qmp = xnew(struct qmp);

	qmp->fd = fd;
	qmp->handlers = handlers;
	qmp->argument = argument;
	qmp->tokener = json_tokener_new();
	if (!qmp->tokener)
		return error_os(ENOMEM, "making a JSON parser");
	TRY(fd_set_nonblock(fd, true));
	TRY(loop_add_io(loop, fd, EPOLLIN, qmp_on_io, qmp, &qmp->source));
	*ret = take_ptr(qmp);
	return NULL;
}

void qmp_free(struct qmp *qmp)
{
	if (!qmp)
		return;
	loop_source_free(qmp->source);
	close_fd(qmp->fd);
	if (qmp->tokener)
		json_tokener_free(qmp->tokener);
	text_deinit(&qmp->output);
	text_deinit(&qmp->early);
	free(qmp->slots);
	free(qmp);
}
