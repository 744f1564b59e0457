// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service "monitor": lines for QEMU's human monitor or, with "--qmp", QMP commands,
 * one after the other; the answers on stdout.  A QMP command that fails ends with status
 * 1; what the human monitor says is only text, also when it complains.
 */
#include "base/mem.h"
#include "format/json.h"
#include "vm/keeper-internal.h"

/* A line longer than this is nobody's command. */
#define MONITOR_LINE_MAX (64u << 10)

struct monitor {
	struct keeper_session *session;
	struct keeper *keeper;
	bool raw; /* QMP */
	bool failed;
	struct strv words; /* commands still to be given */
	size_t next;
	struct text input;
	bool from_input; /* commands come as lines of stdin */
	bool input_ended;
	bool waiting;  /* for an answer */
	bool stepping; /* monitor_step() runs */
};

static void monitor_step(struct monitor *monitor);

static void monitor_end(void *data)
{
	struct monitor *monitor = data;

	qmp_forget(monitor->keeper->qmp, monitor);
	strv_deinit(&monitor->words);
	text_deinit(&monitor->input);
	free(monitor);
}

static void monitor_print_raw(struct monitor *monitor, const struct qmp_reply *reply)
{
	_cleanup_json_ struct json_object *answer = json_new_object();
	_cleanup_free_ char *line = NULL;

	if (reply->result) {
		json_add(answer, "return", json_object_get(reply->result));
	} else {
		struct json_object *failure = json_add_object(answer, "error");

		json_add_string(failure, "class", reply->error_class);
		json_add_string(failure, "desc", reply->error);
	}
	line = json_line(answer);
	keeper_session_print(monitor->session, PROTO_STDOUT, "%s\n", line);
}

static void monitor_print_human(struct monitor *monitor, const struct qmp_reply *reply)
{
	_cleanup_text_ struct text text = { 0 };

	if (!reply->result) {
		keeper_session_print(monitor->session, PROTO_STDERR, "%s\n",
				     reply->error);
		return;
	}
	for (const char *c = json_object_get_string(reply->result); *c; c++)
		if (*c != '\r')
			text_append_char(&text, *c);
	keeper_session_write(monitor->session, PROTO_STDOUT, text_str(&text),
			     text.length);
}

static void monitor_answered(const struct qmp_reply *reply, void *argument)
{
	struct monitor *monitor = argument;

	monitor->waiting = false;
	monitor->failed |= !reply->result;
	if (monitor->raw)
		monitor_print_raw(monitor, reply);
	else
		monitor_print_human(monitor, reply);
	monitor_step(monitor);
}

static struct error *monitor_parse(const char *line, struct json_object **ret,
				   const char **ret_command)
{
	TRY(json_parse_object(line, strlen(line), ret));
	return json_get_string(*ret, "execute", ret_command);
}

static void monitor_give_raw(struct monitor *monitor, const char *line)
{
	_cleanup_json_ struct json_object *command = NULL;
	_cleanup_error_ struct error *err = NULL;
	const char *name;

	err = monitor_parse(line, &command, &name);
	if (err)
		monitor_answered(&(struct qmp_reply){ .error_class = "GenericError",
						      .error = error_sentence(err) },
				 monitor);
	else
		qmp_execute(monitor->keeper->qmp, name,
			    json_object_get(json_find(command, "arguments")),
			    monitor_answered, monitor);
}

static void monitor_give(struct monitor *monitor, const char *line)
{
	monitor->waiting = true;
	if (monitor->raw)
		monitor_give_raw(monitor, line);
	else
		qmp_execute_human(monitor->keeper->qmp, line, monitor_answered, monitor);
}

/* The next whole line of stdin, or its rest when it has ended. */
static char *monitor_take_line(struct monitor *monitor)
{
	const char *data = text_str(&monitor->input);
	const char *end = memchr(data, '\n', monitor->input.length);
	size_t length = end ? (size_t)(end - data) : monitor->input.length;
	size_t used = end ? length + 1 : length;
	char *line;

	if (!end && (!monitor->input_ended || !length))
		return NULL;
	line = xstrndup(data, length);
	memmove(monitor->input.data, monitor->input.data + used,
		monitor->input.length - used);
	text_truncate(&monitor->input, monitor->input.length - used);
	keeper_session_grant(monitor->session, used);
	return line;
}

/* The next command; NULL: none now (*ret_over: none any more). */
static char *monitor_next(struct monitor *monitor, bool *ret_over)
{
	char *line;

	*ret_over = false;
	if (monitor->next < monitor->words.count)
		return xstrdup(monitor->words.items[monitor->next++]);
	if (monitor->from_input) {
		line = monitor_take_line(monitor);
		if (line || !monitor->input_ended)
			return line;
	}
	*ret_over = true;
	return NULL;
}

static void monitor_step(struct monitor *monitor)
{
	bool over = false;

	if (monitor->stepping)
		return; /* an answer that came at once: the loop below goes on */
	monitor->stepping = true;
	/* Answers can be long: one at a time, and the client must take it. */
	while (!monitor->waiting && !over && !keeper_session_pending(monitor->session)) {
		_cleanup_free_ char *line = monitor_next(monitor, &over);

		if (!line)
			break;
		if (*line)
			monitor_give(monitor, line);
	}
	monitor->stepping = false;
	if (over)
		keeper_session_exit(monitor->session, PROTO_EXIT_STATUS,
				    monitor->failed ? 1 : 0, NULL);
}

static void monitor_input(struct keeper_session *session, const void *bytes, size_t size,
			  void *data)
{
	struct monitor *monitor = data;

	text_append_bytes(&monitor->input, bytes, size);
	if (monitor->input.length > MONITOR_LINE_MAX &&
	    !memchr(monitor->input.data, '\n', monitor->input.length)) {
		keeper_session_exit(session, PROTO_EXIT_REFUSED, 0,
				    "the monitor's line is too long");
		return;
	}
	monitor_step(monitor);
}

static void monitor_input_end(struct keeper_session *session, void *data)
{
	struct monitor *monitor = data;

	monitor->input_ended = true;
	monitor_step(monitor);
}

static void monitor_room(struct keeper_session *session, void *data)
{
	monitor_step(data);
}

static const struct keeper_session_handlers monitor_handlers = {
	.input = monitor_input,
	.input_end = monitor_input_end,
	.room = monitor_room,
	.end = monitor_end,
};

struct error *monitor_start(struct keeper *keeper, struct keeper_session *session,
			    const struct start_request *request, void *argument)
{
	struct monitor *monitor;
	size_t first;

	if (keeper->qemu_gone)
		return error_new(ERROR_CLOSED, "the guest has ended");
	monitor = xnew(struct monitor);
	monitor->session = session;
	monitor->keeper = keeper;
	monitor->raw = request->argv.count && streq(request->argv.items[0], "--qmp");
	first = monitor->raw ? 1 : 0;
	for (size_t i = first; i < request->argv.count; i++)
		strv_push(&monitor->words, request->argv.items[i]);
	monitor->from_input = request->argv.count == first;
	monitor->input_ended = request->flags & PROTO_START_NO_STDIN;
	keeper_session_handle(session, &monitor_handlers, monitor);
	monitor_step(monitor);
	return NULL;
}
