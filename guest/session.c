// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions of the agent: from START to EXIT. */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "exec.h"
#include "link.h"
#include "setup.h"
#include "stream.h"

#define KILL_AFTER_MS 2000

struct session {
	uint32_t id; /* 0: nobody hears of it any more */
	pid_t pid;
	bool tty;
	bool exited;
	bool canceled;
	bool over;
	int status;	 /* as of waitpid(2) */
	int64_t kill_at; /* ms; 0: not due */
	int report;
	struct input input;
	struct output outputs[2]; /* streams 1 and 2 */
};

static struct session *sessions[PROTO_SESSIONS_MAX];

static struct session *session_find(uint32_t id)
{
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++)
		if (sessions[i] && sessions[i]->id == id && !sessions[i]->over)
			return sessions[i];
	return NULL;
}

static void session_close_streams(struct session *session)
{
	input_close(&session->input);
	for (int i = 0; i < 2; i++)
		output_close(&session->outputs[i]);
}

static void session_send_exit(struct session *session)
{
	struct report report = { .message = "" };

	if (WIFSIGNALED(session->status)) {
		report.how = PROTO_EXIT_SIGNAL;
		report.value = (uint32_t)WTERMSIG(session->status);
	} else {
		report.how = PROTO_EXIT_STATUS;
		report.value = (uint32_t)WEXITSTATUS(session->status);
	}
	/* Empty unless the child could not become what it was to be. */
	(void)!read(session->report, &report, sizeof(report));
	report.message[sizeof(report.message) - 1] = 0;
	if (session->canceled)
		report.how = PROTO_EXIT_CANCELED;
	link_send_exit(session->id, (enum proto_exit)report.how, report.value,
		       report.message);
}

/* EXIT, once the process has ended and all its output is on its way. */
static void session_check(struct session *session)
{
	if (session->over || !session->exited || output_is_open(&session->outputs[0]) ||
	    output_is_open(&session->outputs[1]))
		return;
	if (session->id)
		session_send_exit(session);
	session->over = true;
}

static void session_kill(const struct session *session, int signal)
{
	if (session->exited)
		return;
	/* Just forked it leads no group yet. */
	if (kill(-session->pid, signal) != 0)
		kill(session->pid, signal);
}

static void session_hang_up(struct session *session)
{
	session_close_streams(session);
	session_kill(session, SIGHUP);
	session_kill(session, SIGCONT);
	if (!session->kill_at)
		session->kill_at = clock_ms() + KILL_AFTER_MS;
	session_check(session);
}

static void session_adopt(struct session *session, const struct request *request,
			  const struct started *started)
{
	session->pid = started->pid;
	session->report = started->report;
	session->tty = request->flags & PROTO_START_TTY;
	input_init(&session->input, session->id, started->fds[PROTO_STDIN], session->tty);
	for (uint8_t i = 0; i < 2; i++)
		output_init(&session->outputs[i], session->id, (uint8_t)(i + 1),
			    started->fds[i + 1]);
	if (request->flags & PROTO_START_NO_STDIN)
		input_close(&session->input);
	link_send_u32(PROTO_STARTED, 0, session->id, (uint32_t)started->pid);
}

static bool service_known(const char *name)
{
	static const char *const services[] = { "exec", "shell", "put", "get" };

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(name, services[i]) == 0)
			return true;
	return false;
}

static struct session **free_slot(void)
{
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++)
		if (!sessions[i])
			return &sessions[i];
	return NULL;
}

static void session_start(uint32_t id, const struct request *request)
{
	struct session **slot = free_slot();
	struct started started;
	int r;

	if (setup_trouble()) {
		link_send_exit(id, PROTO_EXIT_REFUSED, 0, setup_trouble());
		return;
	}
	if (!service_known(request->service)) {
		link_send_exit(id, PROTO_EXIT_REFUSED, 0,
			       "the agent has no such service");
		return;
	}
	if (slot)
		*slot = calloc(1, sizeof(**slot));
	if (!slot || !*slot) {
		link_send_exit(id, PROTO_EXIT_REFUSED, 0,
			       "too many sessions in the guest");
		return;
	}
	r = exec_start(request, &started);
	if (r != 0) {
		free(*slot);
		*slot = NULL;
		link_send_exit(id, PROTO_EXIT_NOT_STARTED, (uint32_t)-r, strerror(-r));
		return;
	}
	(*slot)->id = id;
	session_adopt(*slot, request, &started);
}

static const char *handle_start(uint32_t id, uint8_t *payload, size_t size)
{
	struct request request;
	const char *wrong = request_read(&request, payload, size);

	if (!wrong && session_find(id))
		wrong = "a START of a session that is there";
	if (!wrong)
		session_start(id, &request);
	request_deinit(&request);
	return wrong;
}

static const char *handle_credit(struct session *session, uint8_t stream, uint32_t more)
{
	if (stream == PROTO_STDIN || !output_grant(&session->outputs[stream - 1], more))
		return "a CREDIT that breaks the rules";
	session_check(session);
	return NULL;
}

static const char *handle_close(struct session *session, uint8_t stream)
{
	if (stream == PROTO_STDIN)
		input_end(&session->input);
	else
		output_close(&session->outputs[stream - 1]);
	session_check(session);
	return NULL;
}

static void handle_resize(const struct session *session, const uint8_t *payload)
{
	struct winsize size = {
		.ws_row = (uint16_t)(payload[0] | payload[1] << 8),
		.ws_col = (uint16_t)(payload[2] | payload[3] << 8),
	};

	if (session->tty && output_is_open(&session->outputs[0]))
		ioctl(session->outputs[0].watch.fd, TIOCSWINSZ, &size);
}

static void handle_cancel(struct session *session)
{
	session->canceled = true;
	session_hang_up(session);
}

const char *session_frame(const struct proto_header *header, uint8_t *payload)
{
	struct session *session = session_find(header->session);

	if (header->type == PROTO_START)
		return handle_start(header->session, payload, header->length);
	if (!session)
		return NULL; /* it ended while this was under way */
	switch (header->type) {
	case PROTO_DATA:
		if (header->stream != PROTO_STDIN)
			return "data on an output stream";
		return input_data(&session->input, payload, header->length)
			       ? NULL
			       : "more data than was granted";
	case PROTO_CREDIT:
		return handle_credit(session, header->stream, proto_u32(payload));
	case PROTO_CLOSE:
		return handle_close(session, header->stream);
	case PROTO_SIGNAL:
		session_kill(session, (int)(proto_u32(payload) % 65));
		return NULL;
	case PROTO_RESIZE:
		handle_resize(session, payload);
		return NULL;
	case PROTO_CANCEL:
		handle_cancel(session);
		return NULL;
	default:
		return "a frame that only the agent sends";
	}
}

void session_reaped(pid_t pid, int status)
{
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++) {
		struct session *session = sessions[i];

		if (!session || session->pid != pid || session->exited)
			continue;
		session->exited = true;
		session->status = status;
		session->kill_at = 0;
		input_close(&session->input);
		for (int j = 0; j < 2; j++)
			output_drain(&session->outputs[j], session->tty);
		session_check(session);
	}
}

void sessions_resume(void)
{
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++) {
		if (!sessions[i] || sessions[i]->over)
			continue;
		for (int j = 0; j < 2; j++)
			output_resume(&sessions[i]->outputs[j]);
		session_check(sessions[i]);
	}
}

void sessions_hang_up(void)
{
	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++) {
		if (!sessions[i] || !sessions[i]->id)
			continue;
		sessions[i]->id = 0;
		session_hang_up(sessions[i]);
	}
}

int sessions_sweep(void)
{
	int64_t now = clock_ms(), next = 0;

	for (size_t i = 0; i < PROTO_SESSIONS_MAX; i++) {
		struct session *session = sessions[i];

		if (session && session->kill_at) {
			if (session->kill_at <= now) {
				session_kill(session, SIGKILL);
				session->kill_at = 0;
			} else if (!next || session->kill_at < next) {
				next = session->kill_at;
			}
		}
		if (!session || !session->over)
			continue;
		session_close_streams(session);
		close(session->report);
		free(session);
		sessions[i] = NULL;
	}
	return next ? (int)(next - now) : -1;
}
