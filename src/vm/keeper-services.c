// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper's own services: their table, and those that are a page long ("status",
 * "console", "stop", "wait").
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "format/json.h"
#include "os/file.h"
#include "vm/keeper-internal.h"

/* How long the guest may take to power off when it is asked to. */
#define STOP_TIMEOUT_MS 20000
/* A console client that reads more slowly than the guest talks loses what is beyond. */
#define CONSOLE_PENDING_MAX (1u << 20)
/* "--history" sends the end of a long log. */
#define CONSOLE_HISTORY_MAX (256u << 10)

/* ---- status ---- */

static const char *state_name(const struct keeper *keeper)
{
	if (keeper->qemu_gone)
		return "ended";
	if (keeper->paused)
		return "paused";
	if (keeper->panicked)
		return "panicked";
	switch (keeper->agent.state) {
	case AGENT_AWAITED:
		return keeper->console_spoke ? "booting" : "starting";
	case AGENT_BROKEN:
		return "agent-broken";
	case AGENT_NONE:
	case AGENT_READY:
		break;
	}
	return keeper->agent.lost ? "not-answering" : "running";
}

static struct json_object *status_json(const struct keeper *keeper)
{
	struct json_object *status = json_new_object();

	json_add_string(status, "name", keeper->name);
	json_add_string(status, "state", state_name(keeper));
	json_add_i64(status, "pid", getpid());
	json_add_i64(status, "qemu_pid", keeper->qemu_pid);
	json_add_string(status, "arch", keeper->arch->name);
	json_add_string(status, "machine", keeper->machine_summary);
	json_add_string(status, "release", keeper_fact(keeper, "release"));
	json_add_i64(status, "started", keeper->started_at);
	json_add_string(status, "log", keeper->console_log);
	json_add_u64(status, "sessions", sessions_count(keeper));
	return status;
}

static void session_write_json(struct keeper_session *session, struct json_object *object)
{
	_cleanup_free_ char *line = json_line(object);

	keeper_session_print(session, PROTO_STDOUT, "%s\n", line);
	json_object_put(object);
}

static struct error *status_start(struct keeper *keeper, struct keeper_session *session,
				  const struct start_request *request, void *argument)
{
	session_write_json(session, status_json(keeper));
	keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
	return NULL;
}

/* ---- console ---- */

static void console_service_input(struct keeper_session *session, const void *bytes,
				  size_t size, void *data)
{
	struct console *console = session->keeper->console;

	console_input(console, bytes, size);
	if (!console_input_full(console))
		keeper_session_grant(session, size);
	else
		session->owed += size; /* when QEMU takes more */
}

static void console_service_ended(struct keeper_session *session, void *data)
{
	keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
}

static const struct keeper_session_handlers console_service_handlers = {
	.input = console_service_input,
	.guest_ended = console_service_ended,
};

void services_console_output(struct keeper *keeper, const void *data, size_t size)
{
	for (struct keeper_session *s = keeper->sessions; s; s = s->next) {
		if (s->handlers != &console_service_handlers)
			continue;
		if (keeper_session_pending(s) + size <= CONSOLE_PENDING_MAX)
			keeper_session_write(s, PROTO_STDOUT, data, size);
	}
}

void services_console_room(struct keeper *keeper)
{
	for (struct keeper_session *s = keeper->sessions; s; s = s->next) {
		size_t owed = s->owed;

		if (s->handlers != &console_service_handlers)
			continue;
		s->owed = 0;
		keeper_session_grant(s, owed);
	}
}

static struct error *console_history(const struct keeper *keeper,
				     struct keeper_session *session)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_close_ int fd = open(keeper->console_log, O_RDONLY | O_CLOEXEC);
	off_t size;

	if (fd < 0)
		return error_os(errno, "cannot read the console log %s",
				keeper->console_log);
	size = lseek(fd, 0, SEEK_END);
	(void)lseek(fd, size > CONSOLE_HISTORY_MAX ? size - CONSOLE_HISTORY_MAX : 0,
		    SEEK_SET); /* a file: it can */
	TRY(fd_read_all(fd, CONSOLE_HISTORY_MAX, &bytes));
	keeper_session_write(session, PROTO_STDOUT, bytes.data, bytes.size);
	return NULL;
}

static struct error *console_start(struct keeper *keeper, struct keeper_session *session,
				   const struct start_request *request, void *argument)
{
	if (strv_contains(&request->argv, "--history") && keeper->console_log)
		TRY(console_history(keeper, session));
	if (keeper->qemu_gone)
		keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
	else
		keeper_session_handle(session, &console_service_handlers, NULL);
	return NULL;
}

/* ---- stop, wait ---- */

static struct json_object *end_json(const struct keeper *keeper)
{
	static const char *const causes[] = {
		[KEEPER_END_NONE] = "none",	  [KEEPER_END_POWEROFF] = "poweroff",
		[KEEPER_END_RESET] = "reset",	  [KEEPER_END_PANIC] = "panic",
		[KEEPER_END_STOPPED] = "stopped", [KEEPER_END_KILLED] = "killed",
		[KEEPER_END_FAILED] = "failed",
	};
	struct json_object *end = json_new_object();
	int status = keeper->end.wait_status;

	json_add_string(end, "ended", causes[keeper->end.cause]);
	if (WIFSIGNALED(status))
		json_add_i64(end, "qemu_signal", WTERMSIG(status));
	else
		json_add_i64(end, "qemu_status", WEXITSTATUS(status));
	json_add_string(end, "qemu_stderr", keeper->end.qemu_stderr);
	return end;
}

static void stop_service_ended(struct keeper_session *session, void *data)
{
	keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
}

static const struct keeper_session_handlers stop_service_handlers = {
	.guest_ended = stop_service_ended,
};

static struct error *stop_start(struct keeper *keeper, struct keeper_session *session,
				const struct start_request *request, void *argument)
{
	keeper_session_handle(session, &stop_service_handlers, NULL);
	if (keeper->qemu_gone)
		stop_service_ended(session, NULL);
	else if (strv_contains(&request->argv, "--force"))
		keeper_stop(keeper);
	else
		keeper_shutdown(keeper, STOP_TIMEOUT_MS);
	return NULL;
}

static void wait_service_ended(struct keeper_session *session, void *data)
{
	session_write_json(session, end_json(session->keeper));
	keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
}

static const struct keeper_session_handlers wait_service_handlers = {
	.guest_ended = wait_service_ended,
};

static struct error *wait_start(struct keeper *keeper, struct keeper_session *session,
				const struct start_request *request, void *argument)
{
	keeper_session_handle(session, &wait_service_handlers, NULL);
	if (keeper->qemu_gone)
		wait_service_ended(session, NULL);
	return NULL;
}

/* ---- The table ---- */

static const struct keeper_service own_services[] = {
	{ "status", status_start },
	{ "console", console_start },
	{ "monitor", monitor_start },
	{ "gdb", gdb_start },
	{ "stop", stop_start },
	{ "wait", wait_start },
	{ NULL, NULL },
};

static const struct keeper_service *find(const struct keeper_service *services,
					 const char *name)
{
	for (; services && services->name; services++)
		if (streq(services->name, name))
			return services;
	return NULL;
}

const struct keeper_service *services_find(const struct keeper *keeper, const char *name)
{
	const struct keeper_service *service = find(own_services, name);

	return service ? service : find(keeper->services, name);
}
