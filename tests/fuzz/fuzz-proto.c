// SPDX-License-Identifier: GPL-2.0-or-later
/* A hostile agent, or keeper: its bytes into a client with sessions of each kind. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/client.h"

/* Less than a socket takes without anyone reading. */
#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct error *on_output(uint8_t stream, const void *data, size_t size,
			       void *argument)
{
	return NULL;
}

struct counted {
	struct session *session;
	unsigned int ended;
};

static struct error *on_input(void *argument)
{
	struct counted *counted = argument;

	if (session_write(counted->session, "input", 5) > 5)
		abort();
	return NULL;
}

static struct error *on_end(const struct session_end *end, void *argument)
{
	struct counted *counted = argument;

	if (strlen(end->message) > PROTO_PAYLOAD_MAX)
		abort();
	counted->ended++;
	return NULL;
}

static void on_closed(const struct error *err, void *argument)
{
	*(bool *)argument = true;
}

/* START goes the other way, but a keeper reads it from its clients. */
static void read_start(const uint8_t *data, size_t size)
{
	struct frame frame = { .type = PROTO_START, .payload = data, .size = size };
	_cleanup_(start_request_deinit) struct start_request request = { 0 };
	_cleanup_error_ struct error *err = start_request_read(&frame, &request);
	_cleanup_text_ struct text again = { 0 };

	if (err)
		return;
	start_request_write(&request, &again);
	if (again.length != size || memcmp(again.data, data, size) != 0)
		abort();
}

static void run_client(const uint8_t *data, size_t size)
{
	_cleanup_(loop_freep) struct loop *loop = NULL;
	_cleanup_(client_freep) struct client *client = NULL;
	struct counted counted[2] = { 0 };
	struct session_options options = { .service = "exec",
					   .fds = { -1, -1, -1 },
					   .on_output = on_output,
					   .on_input = on_input,
					   .on_end = on_end };
	bool closed = false;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	error_ignore(loop_new(&loop));
	error_ignore(client_new(loop, fds[0], on_closed, &closed, &client));
	for (int i = 0; i < 2; i++) {
		options.argument = &counted[i];
		error_ignore(client_start(client, &options, &counted[i].session));
	}
	if (send(fds[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && size)
		abort();
	shutdown(fds[1], SHUT_WR);
	for (int i = 0; i < 1000 && !closed; i++)
		error_ignore(loop_once(loop, 0));
	close(fds[1]);
	if (!closed || counted[0].ended != 1 || counted[1].ended != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	read_start(data, size);
	run_client(data, size);
	return 0;
}
