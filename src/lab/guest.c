// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest's life: events of the keeper, and deadlines. */
#include "base/log.h"
#include "base/mem.h"
#include "lab/explain.h"
#include "lab/guest-internal.h"

#define BOOT_TIMEOUT_MS 120000
#define HEARTBEAT_TIMEOUT_MS 60000
/* An init of the root's own stops its services first; who is tired of waiting isn't. */
#define SHUTDOWN_TIMEOUT_MS 60000
#define SHUTDOWN_HASTY_MS 10000
#define FAIL_GRACE_MS 3000 /* for the rest of a crash's text, and the reset after it */
#define CONSOLE_TAIL_MAX (128u * 1024)

static void begin_phase(struct guest *guest, enum phase phase)
{
	uint64_t now = clock_us();

	guest->verdict.phase_us[guest->phase] += now - guest->mark_us;
	guest->mark_us = now;
	guest->phase = phase;
}

static bool is_hasty(enum ended ended)
{
	return ended == ENDED_TIMEOUT || ended == ENDED_INTERRUPTED;
}

void guest_finish(struct guest *guest, enum ended ended, int status)
{
	if (guest->finishing || guest->ended)
		return;
	guest->finishing = true;
	verdict_set(&guest->verdict, ended, status);
	begin_phase(guest, PHASE_STOP);
	/* Only a disk can lose something; without one the power cord is the fast way. */
	if (guest->ready && machine_keeps(&guest->plan->machine) && ended != ENDED_HANG)
		keeper_shutdown(guest->keeper, is_hasty(ended) ? SHUTDOWN_HASTY_MS
							       : SHUTDOWN_TIMEOUT_MS);
	else
		keeper_stop(guest->keeper);
}

void guest_command_ended(struct guest *guest, const struct session_end *end)
{
	if (guest->finishing || guest->ended)
		return;
	verdict_set_session_end(&guest->verdict, end);
	guest_finish(guest, guest->verdict.ended, guest->verdict.status);
}

static struct error *on_timeout(void *argument)
{
	struct guest *guest = argument;

	if (!guest->ended) {
		guest_finish(guest, ENDED_TIMEOUT, STATUS_TIMEOUT);
		return NULL;
	}
	verdict_set(&guest->verdict, ENDED_TIMEOUT, STATUS_TIMEOUT);
	guest->handlers.ended(guest->handlers.argument);
	return NULL;
}

static struct error *on_boot_timeout(void *argument)
{
	guest_finish(argument, ENDED_HANG, STATUS_HANG);
	return NULL;
}

/* The text of the crash has had its time. */
static struct error *on_grace(void *argument)
{
	struct guest *guest = argument;

	guest_set_crash(guest);
	guest_finish(guest, guest->verdict.ended, guest->verdict.status);
	return NULL;
}

/* A panic ends a run of one command; another guest stands still, to be looked at. */
static bool crash_ends(const struct guest *guest)
{
	return guest_must_fail(guest) && (guest->purpose == PLAN_COMMAND ||
					  guest->options->fail_on != FAIL_ON_NOTHING);
}

static void on_console(const void *data, size_t size, void *argument)
{
	struct guest *guest = argument;
	enum crash_kind before = guest->crash.worst;

	guest->console_silent = false;
	if (!guest->was_ready && guest->handlers.booting)
		guest->handlers.booting(guest->handlers.argument);
	text_append_bytes(&guest->console, data, size);
	if (guest->console.length > CONSOLE_TAIL_MAX) {
		size_t excess = guest->console.length - CONSOLE_TAIL_MAX / 2;

		memmove(guest->console.data, guest->console.data + excess,
			CONSOLE_TAIL_MAX / 2);
		text_truncate(&guest->console, CONSOLE_TAIL_MAX / 2);
	}
	crash_watch_feed(&guest->crash, data, size);
	/* The rest of the boot timeout would be waited for in vain. */
	if (!guest->was_ready && guest->plan->machine.agent &&
	    console_is_hopeless(text_str(&guest->console), size))
		guest_finish(guest, ENDED_HANG, STATUS_HANG);
	if (guest->crash.worst <= before || guest->finishing)
		return;
	if (crash_ends(guest))
		deadline_set(&guest->grace, FAIL_GRACE_MS);
}

static void on_ended(struct guest *guest)
{
	const struct keeper_end *end = keeper_get_end(guest->keeper);

	guest_decide_end(guest, end);
	begin_phase(guest, PHASE_COUNT - 1);
	guest->ended = true;
	guest->ready = false;
	guest_explain_end(guest, end);
	guest->handlers.ended(guest->handlers.argument);
}

/* The guest is not what was ordered, as its agent says (guest/setup.h). */
static bool is_in_trouble(struct guest *guest)
{
	const char *trouble = keeper_fact(guest->keeper, "trouble");
	_cleanup_text_ struct text harmless = { 0 };

	if (!trouble || guest->finishing)
		return false;
	text_append_harmless(&harmless, trouble, strlen(trouble));
	guest->verdict.message = text_take(&harmless);
	guest_finish(guest, ENDED_ERROR, STATUS_CANNOT_RUN);
	return true;
}

static void on_ready(struct guest *guest)
{
	const char *release = keeper_fact(guest->keeper, "release");

	guest->ready = true;
	guest->was_ready = true;
	deadline_clear(&guest->boot_timeout);
	begin_phase(guest, PHASE_COMMAND);
	free(guest->verdict.release);
	guest->verdict.release = release ? xstrdup(release) : NULL;
	if (is_in_trouble(guest))
		return;
	guest->handlers.ready(guest->handlers.argument);
}

static void each_deadline(struct guest *guest, void (*act)(struct deadline *))
{
	act(&guest->timeout);
	act(&guest->boot_timeout);
	act(&guest->grace);
}

static void on_event(enum keeper_event event, const char *text, void *argument)
{
	struct guest *guest = argument;

	switch (event) {
	case KEEPER_EVENT_QEMU_STARTED:
		begin_phase(guest, PHASE_BOOT);
		break;
	case KEEPER_EVENT_AGENT_READY:
		on_ready(guest);
		break;
	case KEEPER_EVENT_PAUSED:
		each_deadline(guest, deadline_pause);
		break;
	case KEEPER_EVENT_RESUMED:
		each_deadline(guest, deadline_resume);
		break;
	case KEEPER_EVENT_RESET:
		guest->ready = false;
		guest->handlers.reset(guest->handlers.argument);
		break;
	case KEEPER_EVENT_PANIC:
		if (guest->purpose == PLAN_COMMAND)
			deadline_set(&guest->grace, FAIL_GRACE_MS);
		else
			guest->handlers.panicked(guest->handlers.argument);
		break;
	case KEEPER_EVENT_HEARTBEAT_LOST:
		if (guest->purpose == PLAN_COMMAND)
			guest_finish(guest, ENDED_HANG, STATUS_HANG);
		break;
	case KEEPER_EVENT_FAULT:
		log_debug("agent: %s", text);
		break;
	case KEEPER_EVENT_CONSOLE_FIRST:
		break;
	case KEEPER_EVENT_ENDED:
		on_ended(guest);
		break;
	}
}

static void on_crash_line(const char *line, size_t size, void *argument)
{
	struct guest *guest = argument;

	guest->handlers.crash_line(line, size, guest->handlers.argument);
}

static void describe(struct guest *guest)
{
	const struct plan *plan = guest->plan;
	struct verdict *verdict = &guest->verdict;

	verdict->kernel = xstrdup(plan->kernel->name);
	verdict->release = plan->kernel->release ? xstrdup(plan->kernel->release) : NULL;
	verdict->image = plan->machine.initrd ? xstrdup(plan->machine.initrd) : NULL;
	verdict->machine = xstrdup(plan->machine.machine);
	verdict->arch = xstrdup(plan->machine.arch->name);
	verdict->accel = xstrdup(plan->machine.accel == ACCEL_KVM ? "kvm" : "tcg");
	verdict->accel_reason = plan->accel.reason ? xstrdup(plan->accel.reason) : NULL;
	verdict->boot = xstrdup(plan->boot == BOOT_PVH ? "pvh" : "image");
	verdict->start = xstrdup("cold");
	verdict->kaslr = plan->kaslr;
	verdict->id = xstrdup(guest->rundir->id);
	verdict->console = xstrdup(guest->rundir->console);
}

static struct error *set_deadlines(struct guest *guest, uint64_t started_us)
{
	const struct guest_options *options = guest->options;
	uint64_t spent_ms = (clock_us() - started_us) / 1000;

	TRY(deadline_init(&guest->timeout, guest->loop, on_timeout, guest));
	TRY(deadline_init(&guest->boot_timeout, guest->loop, on_boot_timeout, guest));
	TRY(deadline_init(&guest->grace, guest->loop, on_grace, guest));
	if (options->timeout_ms)
		deadline_set(&guest->timeout, options->timeout_ms > spent_ms
						      ? options->timeout_ms - spent_ms
						      : 0);
	if (guest->plan->machine.agent)
		deadline_set(&guest->boot_timeout, options->boot_timeout_ms
							   ? options->boot_timeout_ms
							   : BOOT_TIMEOUT_MS);
	return NULL;
}

struct error *guest_start(struct loop *loop, const struct guest_start_options *options,
			  struct guest **ret)
{
	_cleanup_(guest_freep) struct guest *guest = xnew(struct guest);
	struct keeper_options keeper = {
		.name = options->name,
		.machine = &options->plan->machine,
		.console_log = options->rundir->console,
		.listed = true,
		.on_event = on_event,
		.on_console = on_console,
		.argument = guest,
		.heartbeat_timeout_ms = HEARTBEAT_TIMEOUT_MS,
	};

	guest->loop = loop;
	guest->plan = options->plan;
	guest->options = options->options;
	guest->rundir = options->rundir;
	guest->purpose = options->purpose;
	guest->handlers = options->handlers;
	guest->console_silent = true;
	guest->crash.on_line = on_crash_line;
	guest->crash.argument = guest;
	guest->mark_us = options->started_us;
	describe(guest);
	TRY(set_deadlines(guest, options->started_us));
	begin_phase(guest, PHASE_QEMU);
	TRY(keeper_new(loop, &keeper, &guest->keeper));
	*ret = take_ptr(guest);
	return NULL;
}

void guest_free(struct guest *guest)
{
	if (!guest)
		return;
	keeper_free(guest->keeper);
	deadline_deinit(&guest->timeout);
	deadline_deinit(&guest->boot_timeout);
	deadline_deinit(&guest->grace);
	crash_watch_deinit(&guest->crash);
	text_deinit(&guest->console);
	verdict_deinit(&guest->verdict);
	free(guest);
}

struct keeper *guest_keeper(struct guest *guest)
{
	return guest->keeper;
}

bool guest_is_ready(const struct guest *guest)
{
	return guest->ready;
}

bool guest_has_ended(const struct guest *guest)
{
	return guest->ended;
}

bool guest_is_given_up(const struct guest *guest)
{
	return guest->verdict.ended == ENDED_TIMEOUT ||
	       guest->verdict.ended == ENDED_INTERRUPTED ||
	       guest->verdict.ended == ENDED_HANG;
}

void guest_take_verdict(struct guest *guest, struct verdict *ret)
{
	*ret = guest->verdict;
	guest->verdict = (struct verdict){ 0 };
}
