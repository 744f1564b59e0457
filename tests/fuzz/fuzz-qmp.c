// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QMP from a QEMU that a guest has taken over: the input is all it ever says.  Commands
 * wait for answers meanwhile, and each must be answered exactly once.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm/qmp.h"

static unsigned int answers;

static void on_event(const char *name, struct json_object *data, void *argument)
{
}

static void on_reply(const struct qmp_reply *reply, void *argument)
{
	answers++;
	if (!reply->result == !reply->error)
		abort();
}

static void check(struct error *err)
{
	if (err)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct qmp_handlers handlers = { .event = on_event };
	struct loop *loop;
	struct qmp *qmp;
	int fds[2];

	/* What fits the socket, so that nobody must take turns. */
	if (size > 64u << 10)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		abort();
	check(loop_new(&loop));
	check(qmp_new(loop, fds[0], &handlers, NULL, &qmp));
	answers = 0;
	qmp_execute(qmp, "query-status", NULL, on_reply, NULL);
	qmp_execute_human(qmp, "info qtree", on_reply, NULL);
	if (size && send(fds[1], data, size, 0) != (ssize_t)size)
		abort();
	if (shutdown(fds[1], SHUT_WR) < 0)
		abort();
	qmp_process(qmp);
	if (answers != 2)
		abort();
	qmp_free(qmp);
	loop_free(loop);
	close(fds[1]);
	return 0;
}
