// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's end of the channel. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "frames.h"
#include "note.h"
#include "session.h"
#include "setup.h"
#include "shutdown.h"
#include "watch.h"

/* The queue never overflows: the host is not heard while ANSWERS_MAX wait for it, streams
 * are not read while DATA_MAX wait, and one round of input (FRAMES_SIZE of the smallest
 * frames that are answered) makes at most four times its size of answers. */
#define ANSWERS_MAX ((size_t)64 * 1024)
#define DATA_MAX ((size_t)128 * 1024)
#define QUEUE_SIZE ((size_t)1024 * 1024)

static struct frames input;
static uint8_t queue[QUEUE_SIZE];
static size_t queue_start, queue_end;
static size_t frame_left; /* bytes at queue_start that end a frame already begun */

static bool readable, writable, hung_up;
static bool hello_due; /* we sent one that is not answered yet */

static void link_ready(struct watch *watch, uint32_t events)
{
	readable |= (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
	writable |= (events & EPOLLOUT) != 0;
}

static struct watch port = { .fd = -1, .ready = link_ready };

bool link_hung_up(void)
{
	return hung_up;
}

static size_t link_queued(void)
{
	return queue_end - queue_start;
}

/* Room for size bytes behind the queue, or NULL. */
static uint8_t *link_room(size_t size)
{
	if (queue_end + size > sizeof(queue)) {
		memmove(queue, queue + queue_start, link_queued());
		queue_end -= queue_start;
		queue_start = 0;
	}
	return queue_end + size <= sizeof(queue) ? queue + queue_end : NULL;
}

static void link_seal(enum proto_type type, uint8_t stream, uint32_t session, size_t size)
{
	proto_header_put(queue + queue_end, &(struct proto_header){
						    .length = (uint32_t)size,
						    .type = (uint8_t)type,
						    .stream = stream,
						    .session = session,
					    });
	queue_end += PROTO_HEADER_SIZE + size;
}

void link_send(enum proto_type type, uint8_t stream, uint32_t session,
	       const void *payload, size_t size)
{
	uint8_t *room = link_room(PROTO_HEADER_SIZE + size);

	if (!room)
		return; /* cannot be, see QUEUE_SIZE */
	if (size)
		memcpy(room + PROTO_HEADER_SIZE, payload, size);
	link_seal(type, stream, session, size);
}

void link_send_u32(enum proto_type type, uint8_t stream, uint32_t session, uint32_t value)
{
	uint8_t payload[4];

	proto_put_u32(payload, value);
	link_send(type, stream, session, payload, sizeof(payload));
}

static size_t put_string(uint8_t *at, const char *s, size_t size)
{
	proto_put_u32(at, (uint32_t)size);
	memcpy(at + 4, s, size);
	return 4 + size;
}

void link_send_exit(uint32_t session, enum proto_exit how, uint32_t value,
		    const char *message)
{
	uint8_t payload[12 + 512];
	size_t size = strnlen(message, 512);

	proto_put_u32(payload, how);
	proto_put_u32(payload + 4, value);
	put_string(payload + 8, message, size);
	link_send(PROTO_EXIT, 0, session, payload, 12 + size);
}

void link_send_fault(const char *text, size_t size)
{
	uint8_t payload[4 + 512];

	if (size > 512)
		size = 512;
	put_string(payload, text, size);
	link_send(PROTO_FAULT, 0, 0, payload, 4 + size);
}

uint8_t *link_data_room(size_t *ret_size)
{
	uint8_t *room;

	if (link_queued() >= DATA_MAX)
		return NULL;
	room = link_room(PROTO_HEADER_SIZE + PROTO_PAYLOAD_MAX);
	*ret_size = PROTO_PAYLOAD_MAX;
	return room ? room + PROTO_HEADER_SIZE : NULL;
}

void link_data(uint8_t stream, uint32_t session, size_t size)
{
	link_seal(PROTO_DATA, stream, session, size);
}

static void link_hello(bool answer)
{
	struct utsname name;
	char facts[6][512];
	uint32_t count = 4;
	uint8_t payload[8 + sizeof(facts)];
	size_t at = 8;

	uname(&name);
	(void)snprintf(facts[0], sizeof(facts[0]), "release=%s", name.release);
	(void)snprintf(facts[1], sizeof(facts[1]), "version=%s", name.version);
	(void)snprintf(facts[2], sizeof(facts[2]), "arch=%s", name.machine);
	(void)snprintf(facts[3], sizeof(facts[3]), "pid=%d", (int)getpid());
	if (setup_trouble())
		(void)snprintf(facts[count++], sizeof(facts[0]), "trouble=%s",
			       setup_trouble());
	if (answer)
		(void)snprintf(facts[count++], sizeof(facts[0]), PROTO_ANSWER);
	proto_put_u32(payload, PROTO_MAGIC);
	payload[4] = payload[6] = PROTO_VERSION;
	payload[5] = payload[7] = 0;
	at += put_string(payload + at, "klab-agent " KLAB_VERSION,
			 strlen("klab-agent " KLAB_VERSION));
	proto_put_u32(payload + at, count);
	at += 4;
	for (uint32_t i = 0; i < count; i++)
		at += put_string(payload + at, facts[i], strlen(facts[i]));
	link_send(PROTO_HELLO, 0, 0, payload, at);
}

/* Whether the HELLO says that it is an answer; its facts are of no other interest. */
static bool is_answer(struct fields *fields)
{
	char **facts;
	bool answer = false;

	(void)fields_string(fields); /* who */
	facts = fields_strings(fields);
	for (char **fact = facts; !fields->bad && *fact; fact++)
		answer |= strcmp(*fact, PROTO_ANSWER) == 0;
	free(facts);
	return answer;
}

/* Someone new is there: what was queued was for another.  But a frame that is half
 * written is written to its end, or the rest would not be understood. */
static void link_greeted_anew(void)
{
	sessions_hang_up();
	queue_end = queue_start + frame_left;
	link_hello(true);
}

static const char *handle_hello(const struct proto_header *header, uint8_t *payload)
{
	struct fields fields = { payload, header->length, false };
	uint32_t magic = fields_u32(&fields);
	uint16_t lowest = fields_u16(&fields);
	uint16_t highest = fields_u16(&fields);

	if (magic != PROTO_MAGIC)
		return "a HELLO that is not klab's";
	if (lowest > PROTO_VERSION || highest < PROTO_VERSION)
		return "a HELLO without a version that this agent speaks";
	if (!hello_due && !is_answer(&fields))
		link_greeted_anew();
	hello_due = false;
	note_report();
	return NULL;
}

static const char *handle_connection(const struct proto_header *header, uint8_t *payload)
{
	switch (header->type) {
	case PROTO_HELLO:
		return handle_hello(header, payload);
	case PROTO_PING:
		link_send(PROTO_PONG, 0, 0, payload, header->length);
		return NULL;
	case PROTO_PONG:
		return NULL;
	case PROTO_SHUTDOWN:
		if (proto_u32(payload) >= PROTO_SHUTDOWN_COUNT)
			return "a SHUTDOWN of unknown kind";
		shutdown_request((enum proto_shutdown)proto_u32(payload));
		return NULL;
	default:
		return "a frame that only the agent sends";
	}
}

static const char *handle_frame(const struct proto_header *header, uint8_t *payload)
{
	if (header->session == 0)
		return handle_connection(header, payload);
	return session_frame(header, payload);
}

static void link_broken(const char *wrong)
{
	sessions_hang_up();
	note_fault("the host sent %s", wrong);
}

static void link_read(void)
{
	size_t size;
	uint8_t *room = frames_room(&input, &size);
	ssize_t n = read(port.fd, room, size);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		readable = false;
		hung_up = n == 0 || errno != EAGAIN;
		return;
	}
	hung_up = false;
	frames_parse(&input, (size_t)n, handle_frame, link_broken);
}

static void link_sent(size_t size)
{
	while (size) {
		size_t part;

		if (!frame_left)
			frame_left = PROTO_HEADER_SIZE + proto_u32(queue + queue_start);
		part = size < frame_left ? size : frame_left;
		frame_left -= part;
		queue_start += part;
		size -= part;
	}
}

static void link_write(void)
{
	while (writable && link_queued()) {
		ssize_t n = write(port.fd, queue + queue_start, link_queued());

		if (n > 0)
			link_sent((size_t)n);
		else if (n == 0 || errno != EINTR)
			writable = false; /* the next edge tells */
	}
	if (!link_queued())
		queue_start = queue_end = 0;
}

bool link_work(void)
{
	size_t before;

	if (readable && link_queued() < ANSWERS_MAX)
		link_read();
	before = link_queued();
	link_write();
	if (before >= DATA_MAX && link_queued() < DATA_MAX)
		sessions_resume();
	return (readable && link_queued() < ANSWERS_MAX) || (writable && link_queued());
}

void link_open(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	port.fd = fd;
	input.lost = true; /* whatever comes before the host's HELLO is not for us */
	/* Edge-triggered: a port without its host would report EPOLLHUP for ever. */
	watch_set(&port, EPOLLIN | EPOLLOUT | EPOLLET);
	writable = true;
	link_hello(false);
	hello_due = true;
	link_write();
}
