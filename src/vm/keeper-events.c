// SPDX-License-Identifier: GPL-2.0-or-later
/* What QEMU tells the keeper over QMP, as a table of its events. */
#include "vm/keeper-internal.h"

void keeper_set_paused(struct keeper *keeper, bool paused)
{
	if (keeper->paused == paused)
		return;
	keeper->paused = paused;
	agent_link_pause(keeper, paused);
	keeper_say(keeper, paused ? KEEPER_EVENT_PAUSED : KEEPER_EVENT_RESUMED, NULL);
}

void keeper_set_panicked(struct keeper *keeper, const char *text)
{
	/* The kernel says it twice, and pvpanic once more. */
	if (keeper->panicked)
		return;
	if (!keeper->agent.hearing)
		agent_link_drain(keeper); /* what it said before */
	keeper->panicked = true;
	keeper_say(keeper, KEEPER_EVENT_PANIC, text);
	agent_link_panicked(keeper);
}

static const char *data_string(struct json_object *data, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(data, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static void event_stop(struct keeper *keeper, struct json_object *data)
{
	keeper_set_paused(keeper, true);
}

static void event_resume(struct keeper *keeper, struct json_object *data)
{
	keeper_set_paused(keeper, false);
}

static void event_reset(struct keeper *keeper, struct json_object *data)
{
	keeper->panicked = false;
	agent_link_resync(keeper, "the guest reset");
	/* A PC's firmware resets several times over before it boots: that is one. */
	if (!keeper->just_reset)
		keeper_say(keeper, KEEPER_EVENT_RESET, NULL);
	keeper->just_reset = true;
}

/* QEMU qapi/run-state.json, ShutdownCause. */
static void event_shutdown(struct keeper *keeper, struct json_object *data)
{
	static const struct {
		const char *reason;
		enum keeper_cause cause;
	} reasons[] = {
		{ "guest-shutdown", KEEPER_END_POWEROFF },
		{ "guest-reset", KEEPER_END_RESET },
		{ "subsystem-reset", KEEPER_END_RESET },
		{ "host-qmp-system-reset", KEEPER_END_RESET },
		{ "guest-panic", KEEPER_END_PANIC },
		{ "host-signal", KEEPER_END_KILLED },
		{ "host-error", KEEPER_END_FAILED },
		{ "host-qmp-quit", KEEPER_END_STOPPED },
		{ "host-ui", KEEPER_END_STOPPED },
	};
	const char *reason = data_string(data, "reason");

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (streq(reason, reasons[i].reason))
			keeper->guest_cause = reasons[i].cause;
}

static void event_panicked(struct keeper *keeper, struct json_object *data)
{
	keeper_set_panicked(keeper, "the guest reported a panic to QEMU");
}

/* The guest closed the port.  (Its opening is heard in the agent's HELLO; and QEMU tells
 * of this at most once in a second, so that an agent may be back already.) */
static void event_port(struct keeper *keeper, struct json_object *data)
{
	struct json_object *open;

	if (json_object_object_get_ex(data, "open", &open) &&
	    !json_object_get_boolean(open) && keeper->agent.state == AGENT_READY)
		agent_link_resync(keeper, "the guest's agent has gone");
}

void keeper_handle_event(struct keeper *keeper, const char *name,
			 struct json_object *data)
{
	static const struct {
		const char *name;
		void (*handle)(struct keeper *keeper, struct json_object *data);
	} events[] = {
		{ "STOP", event_stop },
		{ "RESUME", event_resume },
		{ "RESET", event_reset },
		{ "SHUTDOWN", event_shutdown },
		{ "GUEST_PANICKED", event_panicked },
		{ "VSERPORT_CHANGE", event_port },
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (streq(name, events[i].name))
			events[i].handle(keeper, data);
}
