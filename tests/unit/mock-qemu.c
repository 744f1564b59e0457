// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for QEMU in test-keeper.c: speaks QMP on descriptor 3, is the agent on
 * descriptor 4 and the console on 5, and does what the last word of its command line says,
 * in orders that a real QEMU shows only on a bad day.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/proto.h"
#include "base/cleanup.h"

enum { QMP = 3, AGENT = 4, CONSOLE = 5 };

static const char *role;

/* The agent is there after the negotiation, as in life; the last one is gdb's, first the
 * socket that waits for it. */
static struct pollfd fds[] = { { .fd = QMP, .events = POLLIN },
			       { .fd = -1, .events = POLLIN },
			       { .fd = -1, .events = POLLIN } };

static bool is(const char *name)
{
	return strcmp(role, name) == 0;
}

/* ---- Writing ---- */

static void say(int fd, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n =
			send(fd, (const char *)bytes + done, size - done, MSG_NOSIGNAL);

		if (n < 0)
			_exit(9);
		done += (size_t)n;
	}
}

static void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

static void frame(enum proto_type type, uint8_t stream, uint32_t session,
		  const void *payload, uint32_t size)
{
	uint8_t head[PROTO_HEADER_SIZE];
	struct proto_header header = {
		.length = size,
		.type = type,
		.stream = stream,
		.session = session,
	};

	proto_header_put(head, &header);
	say(AGENT, head, sizeof(head));
	say(AGENT, payload, size);
}

static void hello(void)
{
	uint8_t payload[16 + 4 + 11] = { 0 };

	proto_put_u32(payload, PROTO_MAGIC);
	payload[4] = payload[6] = PROTO_VERSION;
	proto_put_u32(payload + 12, 1); /* one fact, behind an empty name */
	proto_put_u32(payload + 16, 11);
	memcpy(payload + 20, "release=1.2", 11);
	frame(PROTO_HELLO, 0, 0, payload, sizeof(payload));
}

static void started(uint32_t session)
{
	frame(PROTO_STARTED, 0, session, "\1\0\0\0", 4);
}

static void exit_with(uint32_t session, uint8_t status)
{
	const uint8_t payload[12] = { PROTO_EXIT_STATUS, 0, 0, 0, status };

	frame(PROTO_EXIT, 0, session, payload, sizeof(payload));
}

/* ---- Roles ---- */

static void shut_down(const char *reason)
{
	char line[128];

	(void)snprintf(line, sizeof(line),
		       "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, "
		       "\"reason\": \"%s\"}}\n",
		       reason);
	say_text(QMP, line);
	_exit(0);
}

static void on_start(uint32_t session)
{
	static unsigned int count;

	started(session);
	count++;
	if (is("reset") && count == 1) {
		/* Half a frame is under way when the guest resets. */
		say(AGENT, "\5\0\0\0", 4);
		say_text(QMP, "{\"event\": \"RESET\", \"data\": {\"guest\": true}}\n");
		return;
	}
	if (is("restart") && count == 1) {
		hello();
		return;
	}
	if (is("overrun")) {
		/* More than anybody may grant. */
		frame(PROTO_CREDIT, PROTO_STDIN, session, "\xff\xff\xff\xff", 4);
		return;
	}
	if (is("stranger"))
		frame(PROTO_DATA, PROTO_STDOUT, session + 1, "boo", 3);
	frame(PROTO_DATA, PROTO_STDOUT, session, "hi\n", 3);
	exit_with(session, 7);
	if (is("last-words")) {
		say_text(CONSOLE, "[    1.0] Kernel panic - not syncing: sorry\nbye");
		shut_down("guest-reset");
	}
}

static void on_frame(const struct proto_header *header)
{
	/* After a reset the keeper greets anew; the new agent greets too. */
	static unsigned int hellos;

	if (header->type == PROTO_HELLO && (hellos++ == 0 || is("reset")))
		hello();
	if (header->type == PROTO_START)
		on_start(header->session);
	if (header->type == PROTO_SHUTDOWN)
		shut_down("guest-shutdown");
}

/* ---- The gdbstub ---- */

static bool gdb_connected;

/* "gdbserver unix:PATH,server=on,wait=off" */
static void gdb_listen(const char *line)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = strstr(line, "unix:") + strlen("unix:");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strcspn(path, ","));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 1) != 0)
		_exit(5);
	fds[2].fd = fd;
}

/* QEMU stops the guest for a debugger, and lets it go on when that detaches. */
static void hear_gdb(void)
{
	char packet[256];
	ssize_t n;

	if (!gdb_connected) {
		int fd = accept(fds[2].fd, NULL, NULL);

		close(fds[2].fd);
		fds[2].fd = fd;
		gdb_connected = true;
		say_text(QMP, "{\"event\": \"STOP\"}\n");
		return;
	}
	n = recv(fds[2].fd, packet, sizeof(packet) - 1, 0);
	packet[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		fds[2].fd = -1;
	else if (strstr(packet, "$D#44"))
		say_text(QMP, "{\"event\": \"RESUME\"}\n");
	else if (strstr(packet, "\x03$?#3f")) /* the keeper's own words */
		say_text(fds[2].fd, "+$T05thread:01;#07");
	else
		say_text(fds[2].fd, packet);
}

static void on_command(const char *line)
{
	const char *id = strstr(line, "\"id\":");
	char answer[96];

	if (is("ignore-quit") && strstr(line, "\"quit\""))
		return;
	if (strstr(line, "gdbserver unix:"))
		gdb_listen(line);
	(void)snprintf(answer, sizeof(answer), "{\"return\": %s, \"id\": %d}\n",
		       strstr(line, "gdbserver") ? "\"Waiting for gdb connection\""
						 : "{}",
		       id ? atoi(id + 5) : 0);
	say_text(QMP, answer);
	if (strstr(line, "\"cont\"") && gdb_connected)
		say_text(QMP, "{\"event\": \"RESUME\"}\n");
	if (strstr(line, "qmp_capabilities")) {
		say_text(CONSOLE, "hello\n");
		fds[1].fd = is("no-agent") || is("not-json") ? -1 : AGENT;
		if (is("garbage"))
			say_text(AGENT, "GRUB loading, please wait...\n");
	}
	if (strstr(line, "system_powerdown"))
		shut_down("guest-shutdown");
	if (strstr(line, "\"quit\""))
		shut_down("host-qmp-quit");
}

/* ---- Reading ---- */

static void hear_agent(void)
{
	static uint8_t input[PROTO_HEADER_SIZE + PROTO_PAYLOAD_MAX];
	static size_t size;
	ssize_t n = read(AGENT, input + size, sizeof(input) - size);

	if (n <= 0)
		_exit(8);
	size += (size_t)n;
	while (size >= PROTO_HEADER_SIZE) {
		struct proto_header header = proto_header_get(input);
		size_t whole = PROTO_HEADER_SIZE + (size_t)header.length;

		if (proto_check(&header))
			_exit(7);
		if (size < whole)
			return;
		on_frame(&header);
		size -= whole;
		memmove(input, input + whole, size);
	}
}

static void hear_qmp(void)
{
	static char input[4096];
	static size_t size;
	ssize_t n = read(QMP, input + size, sizeof(input) - 1 - size);
	char *end;

	if (n <= 0)
		_exit(0);
	size += (size_t)n;
	input[size] = '\0';
	while ((end = strchr(input, '\n'))) {
		*end = '\0';
		on_command(input);
		size -= (size_t)(end + 1 - input);
		memmove(input, end + 1, size + 1);
	}
}

int main(int argc, char *argv[])
{
	role = argv[argc - 1];
	if (is("dies")) {
		fputs("mock-qemu: no such machine\n", stderr);
		return 1;
	}
	if (is("silent"))
		fds[0].fd = -1;
	else
		say_text(QMP, is("not-json") ? "{\"QMP\": {}}\nSegmentation fault\n"
					     : "{\"QMP\": {}}\n");
	if (is("killed"))
		(void)raise(SIGKILL);
	while (poll(fds, ARRAY_SIZE(fds), -1) > 0 || errno == EINTR) {
		if (fds[1].revents)
			hear_agent();
		if (fds[2].revents)
			hear_gdb();
		if (fds[0].revents)
			hear_qmp();
	}
	return 6;
}
