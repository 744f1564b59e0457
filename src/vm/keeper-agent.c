// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The link to the agent: one virtio-serial port, which outlives the programs at its other
 * end.  When the guest resets, or another agent opens the port, what was half said is
 * forgotten on both sides: the channel begins anew, and what QEMU had not yet read of our
 * words is taken back through a duplicate of its own descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

#define PING_INTERVAL_MS 2000
/* Clients are not read while so much waits for the agent. */
#define AGENT_QUEUE_FULL (4u << 20)

static struct error *agent_channel_open(struct keeper *keeper);

static void heartbeat_arm(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;
	bool beats = agent->state == AGENT_READY && !keeper->paused && agent->timeout_ms;

	agent->heard_ms = clock_ms();
	loop_source_set_deadline(agent->ping_timer,
				 beats ? agent->heard_ms + PING_INTERVAL_MS : UINT64_MAX);
}

static struct error *agent_on_ping(void *argument)
{
	struct keeper *keeper = argument;
	struct agent_link *agent = &keeper->agent;
	_cleanup_text_ struct text payload = { 0 };
	uint64_t now = clock_ms();

	if (now - agent->heard_ms >= agent->timeout_ms && !agent->lost) {
		agent->lost = true;
		keeper_say(keeper, KEEPER_EVENT_HEARTBEAT_LOST, NULL);
	}
	/* A queue that does not move needs no further questions. */
	if (!channel_queued(agent->channel)) {
		payload_u64(&payload, ++agent->cookie);
		channel_send(agent->channel, PROTO_PING, 0, 0, payload.data,
			     payload.length);
	}
	loop_source_set_deadline(agent->ping_timer, now + PING_INTERVAL_MS);
	return NULL;
}

void agent_link_pause(struct keeper *keeper, bool paused)
{
	if (keeper->agent.state != AGENT_NONE)
		heartbeat_arm(keeper);
}

static void agent_greet(struct keeper *keeper)
{
	static const char *const facts[] = { NULL };

	channel_send_hello(keeper->agent.channel, facts);
	keeper->agent.hello_due = true;
}

static struct error *agent_greets(struct keeper *keeper, const struct frame *frame)
{
	struct agent_link *agent = &keeper->agent;
	struct hello hello;

	TRY(hello_read(frame, &hello));
	log_debug("keeper: agent %s, version %u", hello.who, hello.version);
	if (!agent->hello_due && !hello.answer) {
		/* Another agent, which nobody announced. */
		sessions_agent_lost(keeper, "the guest's agent was started anew");
		channel_send_hello_answer(agent->channel);
	}
	agent->hello_due = false;
	strv_deinit(&agent->facts);
	agent->facts = hello.facts;
	hello.facts = (struct strv){ 0 };
	hello_deinit(&hello);
	agent->state = AGENT_READY;
	keeper->just_reset = false;
	keeper->panicked = false; /* perhaps it is the kernel that dumps the other */
	agent->lost = false;
	heartbeat_arm(keeper);
	keeper_say(keeper, KEEPER_EVENT_AGENT_READY, NULL);
	sessions_agent_ready(keeper);
	if (agent->shutdown_due)
		agent_link_shutdown(keeper, agent->shutdown);
	return NULL;
}

static struct error *agent_faults(struct keeper *keeper, const struct frame *frame)
{
	struct reader r = reader_of(frame->payload, frame->size);
	_cleanup_text_ struct text harmless = { 0 };
	_cleanup_free_ char *what = NULL;

	TRY(payload_read_string(&r, &what));
	text_append_harmless(&harmless, what, strlen(what));
	keeper_say(keeper, KEEPER_EVENT_FAULT, text_str(&harmless));
	return NULL;
}

static struct error *agent_hear(struct keeper *keeper, const struct frame *frame)
{
	struct agent_link *agent = &keeper->agent;

	if (frame->type == PROTO_HELLO)
		return agent_greets(keeper, frame);
	if (keeper->panicked)
		return NULL;
	if (agent->state != AGENT_READY)
		return error_new(ERROR_CORRUPT, "it did not greet");
	agent->heard_ms = clock_ms();
	agent->lost = false;
	switch (frame->type) {
	case PROTO_PING:
		if (channel_queued(agent->channel) < AGENT_QUEUE_FULL)
			channel_send(agent->channel, PROTO_PONG, 0, 0, frame->payload,
				     frame->size);
		return NULL;
	case PROTO_PONG:
		return NULL;
	case PROTO_FAULT:
		return agent_faults(keeper, frame);
	default:
		return sessions_from_agent(keeper, frame);
	}
}

static struct error *agent_on_frame(const struct frame *frame, void *argument)
{
	struct keeper *keeper = argument;
	struct error *err;

	keeper->agent.hearing = true;
	/* A reset that QEMU has told of came before what the next agent says. */
	if (frame->type == PROTO_HELLO && keeper->qmp)
		qmp_process(keeper->qmp);
	err = agent_hear(keeper, frame);
	keeper->agent.hearing = false;
	return err;
}

static void agent_on_closed(const struct error *err, void *argument)
{
	struct keeper *keeper = argument;
	_cleanup_free_ char *why = NULL;

	if (keeper->qemu_gone || !err)
		return; /* QEMU has gone, and its end is told elsewhere */
	why = xasprintf("the guest's agent is not heard any more: %s",
			error_sentence(err));
	keeper->agent.state = AGENT_BROKEN;
	heartbeat_arm(keeper);
	sessions_agent_lost(keeper, why);
	sessions_refuse_held(keeper, why);
	clients_hold(keeper, false);
	keeper_say(keeper, KEEPER_EVENT_FAULT, why);
}

static void agent_on_drained(void *argument)
{
	clients_hold(argument, false);
}

static const struct channel_handlers agent_handlers = {
	.frame = agent_on_frame,
	.closed = agent_on_closed,
	.drained = agent_on_drained,
};

static struct error *agent_channel_open(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;
	int fd = fcntl(agent->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return error_os(errno, "duplicating the agent's descriptor");
	return channel_new(keeper->loop, fd, &agent_handlers, keeper, &agent->channel);
}

struct error *agent_link_init(struct keeper *keeper, int fd, int peer_fd,
			      uint64_t timeout_ms)
{
	struct agent_link *agent = &keeper->agent;

	agent->fd = fd;
	agent->peer_fd = peer_fd;
	agent->timeout_ms = timeout_ms;
	agent->state = AGENT_AWAITED;
	TRY(loop_add_timer(keeper->loop, UINT64_MAX, agent_on_ping, keeper,
			   &agent->ping_timer));
	TRY(agent_channel_open(keeper));
	agent_greet(keeper);
	return NULL;
}

void agent_link_deinit(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;

	channel_free(take_ptr(agent->channel));
	loop_source_free(take_ptr(agent->ping_timer));
	close_fd(agent->fd);
	close_fd(agent->peer_fd);
	strv_deinit(&agent->facts);
	agent->facts = (struct strv){ 0 };
}

static void swallow(int fd)
{
	char buffer[4096];
	ssize_t n;

	do
		n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && errno == EINTR));
}

void agent_link_resync(struct keeper *keeper, const char *why)
{
	struct agent_link *agent = &keeper->agent;
	_cleanup_error_ struct error *err = NULL;

	if (agent->state == AGENT_NONE || keeper->qemu_gone)
		return;
	/* Sessions that had ended before.  (When the next agent is already heard, all that
	 * was said before has been read.) */
	if (!agent->hearing)
		agent_link_drain(keeper);
	agent->state = AGENT_AWAITED;
	heartbeat_arm(keeper);
	sessions_agent_lost(keeper, why);
	channel_free(take_ptr(agent->channel));
	if (!agent->hearing)
		swallow(agent->fd);
	swallow(agent->peer_fd);
	err = agent_channel_open(keeper);
	if (err) {
		/* No descriptor or memory is left. */
		agent->state = AGENT_BROKEN;
		keeper_say(keeper, KEEPER_EVENT_FAULT, error_sentence(err));
		return;
	}
	agent_greet(keeper);
	clients_hold(keeper, false);
}

void agent_link_panicked(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;

	if (agent->state == AGENT_NONE)
		return;
	agent->state = AGENT_BROKEN;
	heartbeat_arm(keeper);
	sessions_panicked(keeper);
	clients_hold(keeper, false);
}

void agent_link_drain(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;

	/* A failure closes the channel, which says why. */
	if (agent->channel)
		error_ignore(channel_drain(agent->channel));
}

void agent_link_pressure(struct keeper *keeper)
{
	struct agent_link *agent = &keeper->agent;

	if (agent->channel && channel_queued(agent->channel) > AGENT_QUEUE_FULL)
		clients_hold(keeper, true);
}

bool agent_link_shutdown(struct keeper *keeper, enum proto_shutdown how)
{
	struct agent_link *agent = &keeper->agent;
	_cleanup_text_ struct text payload = { 0 };

	if (keeper->qemu_gone)
		return false;
	/* One that is still on its way, as after a reset, does it when it comes. */
	agent->shutdown_due = agent->state == AGENT_AWAITED;
	agent->shutdown = how;
	if (agent->state != AGENT_READY)
		return false;
	payload_u32(&payload, how);
	channel_send(agent->channel, PROTO_SHUTDOWN, 0, 0, payload.data, payload.length);
	return true;
}
