// SPDX-License-Identifier: GPL-2.0-or-later
/* The keeper's life with its QEMU: the start, and what QMP and the console say. */
#include "vm/keeper.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

/* QEMU is loaded, makes its devices and answers; a busy machine takes its time. */
#define GREETING_TIMEOUT_MS 30000

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
	else
		keeper_expect_exit(keeper);
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

/* ---- The console ---- */

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
	keeper_set_panicked(argument, text);
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
	TRY(servers_spawn(keeper, options->machine, &wires));
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
	servers_end(keeper);
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
