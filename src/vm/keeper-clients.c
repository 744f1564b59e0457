// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections of klab commands to the keeper: over its socket, from processes of the same
 * user only, or over a socketpair from this process.
 */
#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

static void client_hang_up(struct keeper_client *client)
{
	if (client->dead)
		return;
	client->dead = true;
	sessions_client_gone(client);
	keeper_reap_later(client->keeper);
}

static struct error *client_greets(struct keeper_client *client,
				   const struct frame *frame)
{
	struct hello hello;

	TRY(hello_read(frame, &hello));
	log_trace("keeper: a client of %s", hello.who);
	hello_deinit(&hello);
	if (client->greeted) {
		/* It begins anew: what was before is void. */
		sessions_client_gone(client);
		channel_send_hello(client->channel, NULL);
	}
	client->greeted = true;
	return NULL;
}

static struct error *client_on_frame(const struct frame *frame, void *argument)
{
	struct keeper_client *client = argument;
	struct keeper *keeper = client->keeper;

	if (client->dead)
		return NULL;
	if (frame->type == PROTO_HELLO)
		return client_greets(client, frame);
	if (!client->greeted)
		return error_new(ERROR_CORRUPT, "a client does not greet");
	switch (frame->type) {
	case PROTO_PING:
		channel_send(client->channel, PROTO_PONG, 0, 0, frame->payload,
			     frame->size);
		return NULL;
	case PROTO_PONG:
		client->told = client->asked;
		keeper_check_told(keeper);
		return NULL;
	case PROTO_SHUTDOWN:
		agent_link_shutdown(keeper, proto_u32(frame->payload));
		return NULL;
	default:
		return sessions_from_client(client, frame);
	}
}

static void client_on_closed(const struct error *err, void *argument)
{
	struct keeper_client *client = argument;

	if (err)
		log_debug("keeper: a client is dropped: %s", error_sentence(err));
	client_hang_up(client);
}

static const struct channel_handlers client_handlers = {
	.frame = client_on_frame,
	.closed = client_on_closed,
};

struct error *clients_add(struct keeper *keeper, int fd)
{
	struct keeper_client *client = xnew(struct keeper_client);
	struct error *err;

	client->keeper = keeper;
	err = channel_new(keeper->loop, fd, &client_handlers, client, &client->channel);
	if (err) {
		free(client);
		return err;
	}
	client->next = keeper->clients;
	keeper->clients = client;
	keeper->client_count++;
	channel_send_hello(client->channel,
			   (const char *const *)keeper->agent.facts.items);
	return NULL;
}

/* Root may use everybody's guests, as it may everything else. */
static bool is_same_user(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static struct error *clients_on_connect(int listen_fd, uint32_t events, void *argument)
{
	struct keeper *keeper = argument;
	_cleanup_close_ int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	_cleanup_error_ struct error *err = NULL;

	/* It may have gone again; of descriptors there may be none: the client waits. */
	if (fd < 0)
		return NULL;
	if (!is_same_user(fd) || keeper->client_count >= KEEPER_CLIENTS_MAX)
		return NULL; /* closing says it */
	err = clients_add(keeper, take_fd(fd));
	if (err)
		log_debug("keeper: a client is not taken: %s", error_sentence(err));
	return NULL;
}

struct error *clients_listen(struct keeper *keeper)
{
	return loop_add_io(keeper->loop, keeper->runtime.listen_fd, EPOLLIN,
			   clients_on_connect, keeper, &keeper->listen_source);
}

void clients_hold(struct keeper *keeper, bool hold)
{
	for (struct keeper_client *c = keeper->clients; c; c = c->next)
		if (!c->dead)
			channel_pause(c->channel, hold);
}

void clients_ask(struct keeper *keeper)
{
	static const uint8_t cookie[8];

	for (struct keeper_client *c = keeper->clients; c; c = c->next) {
		if (c->dead || c->asked)
			continue;
		c->asked = true;
		channel_send(c->channel, PROTO_PING, 0, 0, cookie, sizeof(cookie));
	}
}

bool clients_told(const struct keeper *keeper)
{
	for (const struct keeper_client *c = keeper->clients; c; c = c->next)
		if (!c->dead && !c->told)
			return false;
	return true;
}

void clients_reap(struct keeper *keeper)
{
	struct keeper_client **link = &keeper->clients;

	while (*link) {
		struct keeper_client *client = *link;

		if (!client->dead) {
			link = &client->next;
			continue;
		}
		*link = client->next;
		keeper->client_count--;
		channel_free(client->channel);
		free(client);
	}
}

void clients_free(struct keeper *keeper)
{
	loop_source_free(take_ptr(keeper->listen_source));
	for (struct keeper_client *c = keeper->clients; c; c = c->next)
		client_hang_up(c);
	clients_reap(keeper);
}
