// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper's life with its QEMU: start, what QMP says, and the order of the end.
 *
 * When QEMU's process has gone, what it left in its sockets is read first, in this order:
 * QMP (why it went), the console (its last lines), the agent (sessions that had ended),
 * stderr.  Then the sessions are told, and when their clients have got it the event ENDED
 * is the keeper's last word.
 */
#include "vm/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "vm/keeper-internal.h"

/* QEMU is loaded, makes its devices and answers; a busy machine takes its time. */
#define GREETING_TIMEOUT_MS 30000
/* From "quit" to SIGKILL: disks are flushed meanwhile. */
#define QUIT_TIMEOUT_MS 5000
/* Clients that do not read do not keep an ended guest. */
#define TELL_TIMEOUT_MS 1000

void keeper_say(struct keeper *keeper, enum keeper_event event, const char *text)
{
	static const char *const names[] = {
		"QEMU started", "console speaks", "agent ready",    "paused", "resumed",
		"reset",	"panic",	  "heartbeat lost", "fault",  "ended",
	};

	log_debug("guest %s: %s%s%s", keeper->name, names[event], text ? ": " : "",
		  text ? text : "");
	if (keeper->on_event)
		keeper->on_event(event, text, keeper->argument);
}

/* ---- The end ---- */

const char *keeper_end_sentence(const struct keeper *keeper)
{
	static const char *const sentences[] = {
		[KEEPER_END_NONE] = "the guest runs",
		[KEEPER_END_POWEROFF] = "the guest powered off",
		[KEEPER_END_RESET] = "the guest reset",
		[KEEPER_END_PANIC] = "the guest panicked",
		[KEEPER_END_STOPPED] = "the guest was stopped",
		[KEEPER_END_KILLED] = "QEMU was killed",
		[KEEPER_END_FAILED] = "QEMU failed",
	};

	return sentences[keeper->end.cause];
}

static void keeper_finish(struct keeper *keeper)
{
	if (keeper->ended)
		return;
	loop_source_free(take_ptr(keeper->tell_timer));
	keeper->ended = true;
	keeper_say(keeper, KEEPER_EVENT_ENDED, NULL);
}

static struct error *keeper_on_untold(void *argument)
{
	keeper_finish(argument);
	return NULL;
}

static struct error *keeper_reap(void *argument)
{
	struct keeper *keeper = argument;

	loop_source_free(take_ptr(keeper->reaper));
	sessions_reap(keeper);
	clients_reap(keeper);
	if (!keeper->qemu_gone || !sessions_told(keeper))
		return NULL;
	clients_ask(keeper);
	if (clients_told(keeper))
		keeper_finish(keeper);
	return NULL;
}

void keeper_reap_later(struct keeper *keeper)
{
	/* Without memory for it the dead wait for the next occasion. */
	if (!keeper->reaper)
		error_ignore(loop_add_deferred(keeper->loop, keeper_reap, keeper,
					       &keeper->reaper));
}

void keeper_check_told(struct keeper *keeper)
{
	if (keeper->qemu_gone && !keeper->ended)
		keeper_reap_later(keeper);
}

static enum keeper_cause keeper_decide_cause(const struct keeper *keeper)
{
	int status = keeper->end.wait_status;

	if (keeper->given_up)
		return KEEPER_END_FAILED;
	if (keeper->guest_cause != KEEPER_END_NONE)
		return keeper->guest_cause;
	if (keeper->stopping)
		return KEEPER_END_STOPPED;
	if (WIFSIGNALED(status))
		return KEEPER_END_KILLED;
	/* Without a word: a debugger's "kill", or the user's own options. */
	return WEXITSTATUS(status) == 0 ? KEEPER_END_STOPPED : KEEPER_END_FAILED;
}

static void keeper_read_stderr(struct keeper *keeper);

static struct error *keeper_on_exit(int status, void *argument)
{
	struct keeper *keeper = argument;

	log_debug("guest %s: QEMU ended, status %d", keeper->name, status);
	keeper->end.wait_status = status;
	if (keeper->qmp)
		qmp_process(keeper->qmp);
	console_drain(keeper->console);
	agent_link_drain(keeper);
	keeper_read_stderr(keeper);
	loop_source_free(take_ptr(keeper->greeting_timer));
	loop_source_free(take_ptr(keeper->kill_timer));
	keeper->qemu_gone = true;
	keeper->paused = false;
	keeper->end.cause = keeper_decide_cause(keeper);
	/* By SIGTERM, SIGINT or SIGHUP, which QEMU catches and does not tell apart. */
	if (keeper->end.cause == KEEPER_END_KILLED && !WIFSIGNALED(status))
		keeper->end.wait_status = W_EXITCODE(0, SIGTERM);
	keeper->end.qemu_stderr = text_str(&keeper->stderr_tail);
	sessions_guest_ended(keeper);
	keeper_check_told(keeper);
	return loop_add_timer(keeper->loop, clock_ms() + TELL_TIMEOUT_MS,
			      keeper_on_untold, keeper, &keeper->tell_timer);
}

/* ---- Ending it ---- */

static struct error *keeper_on_overdue(void *argument)
{
	struct keeper *keeper = argument;

	log_debug("guest %s: killing QEMU", keeper->name);
	keeper->stopping = true;
	process_kill(&keeper->process, SIGKILL);
	return NULL;
}

static void keeper_kill_after(struct keeper *keeper, uint64_t timeout_ms,
			      loop_timer_fn handler)
{
	loop_source_free(take_ptr(keeper->kill_timer));
	/* No memory for a timer: what was asked of QEMU must do. */
	error_ignore(loop_add_timer(keeper->loop, clock_ms() + timeout_ms, handler,
				    keeper, &keeper->kill_timer));
}

void keeper_stop(struct keeper *keeper)
{
	if (keeper->qemu_gone)
		return;
	keeper->stopping = true;
	if (!keeper->qmp || !qmp_is_ready(keeper->qmp)) {
		process_kill(&keeper->process, SIGKILL);
		return;
	}
	qmp_execute(keeper->qmp, "quit", NULL, NULL, NULL);
	keeper_kill_after(keeper, QUIT_TIMEOUT_MS, keeper_on_overdue);
}

static struct error *keeper_on_no_shutdown(void *argument)
{
	keeper_stop(argument);
	return NULL;
}

void keeper_shutdown(struct keeper *keeper, uint64_t timeout_ms)
{
	if (keeper->qemu_gone || keeper->stopping)
		return;
	/* A guest that stands still cannot hear. */
	if (keeper->paused)
		qmp_execute(keeper->qmp, "cont", NULL, NULL, NULL);
	if (!agent_link_shutdown(keeper, PROTO_SHUTDOWN_POWEROFF))
		qmp_execute(keeper->qmp, "system_powerdown", NULL, NULL, NULL);
	keeper_kill_after(keeper, timeout_ms, keeper_on_no_shutdown);
}

/* QEMU does not do what it should: the reason goes to what it said itself. */
static void keeper_give_up(struct keeper *keeper, const char *why)
{
	text_appendf(&keeper->stderr_tail, "klab: %s\n", why);
	keeper->given_up = true;
	process_kill(&keeper->process, SIGKILL);
}

/* ---- QMP ---- */

static void keeper_on_qmp_ready(void *argument)
{
	struct keeper *keeper = argument;

	loop_source_free(take_ptr(keeper->greeting_timer));
	keeper_say(keeper, KEEPER_EVENT_QEMU_STARTED, NULL);
	if (keeper->start_halted)
		keeper_set_paused(keeper, true);
}

static void keeper_on_qmp_closed(const struct error *err, void *argument)
{
	struct keeper *keeper = argument;

	if (err)
		keeper_give_up(keeper, error_sentence(err));
	else if (!keeper->kill_timer)
		/* It is about to exit, and has no reason not to. */
		keeper_kill_after(keeper, QUIT_TIMEOUT_MS, keeper_on_overdue);
}

static void keeper_on_qmp_event(const char *name, struct json_object *data,
				void *argument)
{
	keeper_handle_event(argument, name, data);
}

static const struct qmp_handlers keeper_qmp_handlers = {
	.ready = keeper_on_qmp_ready,
	.event = keeper_on_qmp_event,
	.closed = keeper_on_qmp_closed,
};

static struct error *keeper_on_no_greeting(void *argument)
{
	struct keeper *keeper = argument;
	_cleanup_free_ char *why = xasprintf("QEMU did not answer within %.3g seconds",
					     (double)keeper->greeting_timeout_ms / 1000);

	keeper_give_up(keeper, why);
	return NULL;
}

/* ---- The console and stderr ---- */

static void keeper_on_console(const void *data, size_t size, void *argument)
{
	struct keeper *keeper = argument;

	keeper->just_reset = false;
	if (!keeper->console_spoke) {
		keeper->console_spoke = true;
		keeper_say(keeper, KEEPER_EVENT_CONSOLE_FIRST, NULL);
	}
	services_console_output(keeper, data, size);
	if (keeper->on_console)
		keeper->on_console(data, size, keeper->argument);
}

static void keeper_on_panic(const char *text, void *argument)
{
	keeper_say(argument, KEEPER_EVENT_PANIC, text);
}

static void keeper_on_log_failed(const struct error *err, void *argument)
{
	keeper_say(argument, KEEPER_EVENT_FAULT, error_sentence(err));
}

static void keeper_on_console_room(void *argument)
{
	services_console_room(argument);
}

static const struct console_handlers keeper_console_handlers = {
	.output = keeper_on_console,
	.panic = keeper_on_panic,
	.log_failed = keeper_on_log_failed,
	.input_room = keeper_on_console_room,
};

static void keeper_read_stderr(struct keeper *keeper)
{
	struct text *tail = &keeper->stderr_tail;
	char buffer[KEEPER_STDERR_MAX];
	ssize_t n;

	while (keeper->stderr_source) {
		n = read(keeper->stderr_fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			loop_source_free(take_ptr(keeper->stderr_source));
			return;
		}
		text_append_harmless(tail, buffer, (size_t)n);
		if (tail->length > KEEPER_STDERR_MAX) {
			size_t cut = tail->length - KEEPER_STDERR_MAX;

			memmove(tail->data, tail->data + cut, KEEPER_STDERR_MAX);
			text_truncate(tail, KEEPER_STDERR_MAX);
		}
	}
}

static struct error *keeper_on_stderr(int fd, uint32_t events, void *argument)
{
	keeper_read_stderr(argument);
	return NULL;
}

/* ---- The start ---- */

static struct error *keeper_wire(struct keeper *keeper,
				 const struct keeper_options *options,
				 struct wires *wires)
{
	TRY(qmp_new(keeper->loop, take_fd(wires->qmp[0]), &keeper_qmp_handlers, keeper,
		    &keeper->qmp));
	TRY(console_new(keeper->loop, take_fd(wires->console[0]), options->console_log,
			&keeper_console_handlers, keeper, &keeper->console));
	if (options->machine->agent)
		TRY(agent_link_init(keeper, take_fd(wires->agent[0]),
				    take_fd(wires->agent[1]),
				    options->heartbeat_timeout_ms));
	keeper->stderr_fd = take_fd(wires->output[0]);
	TRY(loop_add_io(keeper->loop, keeper->stderr_fd, EPOLLIN, keeper_on_stderr,
			keeper, &keeper->stderr_source));
	return loop_add_timer(keeper->loop, clock_ms() + keeper->greeting_timeout_ms,
			      keeper_on_no_greeting, keeper, &keeper->greeting_timer);
}

static char *machine_summary(const struct machine *machine)
{
	const struct arch_machine *row =
		arch_machine_find(machine->arch, machine->machine);
	_cleanup_free_ char *memory = format_size(machine->memory);

	return xasprintf("%s, %u CPU, %s, %s", row ? row->name : "?",
			 machine->cpus ? machine->cpus : 1, memory,
			 machine->accel == ACCEL_KVM ? "KVM" : "TCG");
}

static struct keeper *keeper_alloc(struct loop *loop,
				   const struct keeper_options *options)
{
	struct keeper *keeper = xnew(struct keeper);

	keeper->loop = loop;
	keeper->name = xstrdup(options->name);
	keeper->console_log = options->console_log ? xstrdup(options->console_log) : NULL;
	keeper->services = options->services;
	keeper->on_event = options->on_event;
	keeper->on_console = options->on_console;
	keeper->argument = options->argument;
	keeper->arch = options->machine->arch;
	keeper->machine_summary = machine_summary(options->machine);
	keeper->start_halted = options->machine->start_halted;
	keeper->started_at = time(NULL);
	keeper->greeting_timeout_ms = options->greeting_timeout_ms
					      ? options->greeting_timeout_ms
					      : GREETING_TIMEOUT_MS;
	keeper->runtime = RUNTIME_NONE;
	keeper->process = PROCESS_NONE;
	keeper->stderr_fd = -1;
	keeper->agent.fd = keeper->agent.peer_fd = -1;
	return keeper;
}

struct error *keeper_new(struct loop *loop, const struct keeper_options *options,
			 struct keeper **ret)
{
	_cleanup_(keeper_freep) struct keeper *keeper = keeper_alloc(loop, options);
	_cleanup_(wires_deinit) struct wires wires = WIRES_NONE;

	TRY(runtime_claim(options->name, &keeper->runtime));
	TRY(clients_listen(keeper));
	TRY(wires_make(&wires));
	TRY(qemu_spawn(options->machine, &wires, &keeper->process));
	keeper->qemu_pid = keeper->process.pid;
	TRY(loop_add_child(loop, &keeper->process, keeper_on_exit, keeper,
			   &keeper->child_source));
	TRY(keeper_wire(keeper, options, &wires));
	*ret = take_ptr(keeper);
	return NULL;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	keeper->qemu_gone = true; /* whatever is told below: nobody acts on QEMU */
	clients_free(keeper);
	sessions_free(keeper);
	gdb_link_free(keeper);
	loop_source_free(keeper->child_source);
	process_deinit(&keeper->process);
	loop_source_free(keeper->reaper);
	loop_source_free(keeper->greeting_timer);
	loop_source_free(keeper->kill_timer);
	loop_source_free(keeper->tell_timer);
	loop_source_free(keeper->stderr_source);
	close_fd(keeper->stderr_fd);
	qmp_free(keeper->qmp);
	console_free(keeper->console);
	agent_link_deinit(keeper);
	runtime_release(&keeper->runtime);
	text_deinit(&keeper->stderr_tail);
	free(keeper->machine_summary);
	free(keeper->console_log);
	free(keeper->name);
	free(keeper);
}

/* ---- Questions ---- */

struct error *keeper_connect(struct keeper *keeper, int *ret_fd)
{
	_cleanup_close_ int ours = -1;
	_cleanup_close_ int theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_os(errno, "cannot make a connection to the guest");
	ours = pair[0];
	theirs = pair[1];
	TRY(clients_add(keeper, take_fd(ours)));
	*ret_fd = take_fd(theirs);
	return NULL;
}

const struct keeper_end *keeper_get_end(const struct keeper *keeper)
{
	return keeper->qemu_gone ? &keeper->end : NULL;
}

const char *keeper_fact(const struct keeper *keeper, const char *name)
{
	if (keeper->agent.state != AGENT_READY)
		return NULL;
	for (size_t i = 0; i < keeper->agent.facts.count; i++) {
		const char *rest = after_prefix(keeper->agent.facts.items[i], name);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

bool keeper_is_paused(const struct keeper *keeper)
{
	return keeper->paused;
}
