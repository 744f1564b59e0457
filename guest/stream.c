// SPDX-License-Identifier: GPL-2.0-or-later
/* The streams of one session. */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "link.h"

#define GRANT_MIN (PROTO_CREDIT_INITIAL / 4)
#define END_OF_FILE 4 /* Ctrl-d, a terminal's VEOF unless changed */

static void input_granting(struct input *input, size_t size)
{
	input->owed += (uint32_t)size;
	if (input->owed < GRANT_MIN || input->ending)
		return;
	link_send_u32(PROTO_CREDIT, PROTO_STDIN, input->session, input->owed);
	input->window += input->owed;
	input->owed = 0;
}

/* The process takes no more, or there is no memory to keep it for the process. */
static void input_refuse(struct input *input)
{
	if (!input->ending)
		link_send(PROTO_CLOSE, PROTO_STDIN, input->session, NULL, 0);
	input_close(input);
}

static size_t input_write(struct input *input, const uint8_t *data, size_t size)
{
	ssize_t n = write(input->watch.fd, data, size);

	if (n > 0) {
		input->mid_line = data[n - 1] != '\n';
		input_granting(input, (size_t)n);
		return (size_t)n;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		input_refuse(input);
	return 0;
}

static void input_ready(struct watch *watch, uint32_t events)
{
	struct input *input = (struct input *)watch;

	input->start += input_write(input, input->backlog + input->start,
				    input->end - input->start);
	if (input->start != input->end)
		return;
	input->start = input->end = 0;
	watch_set(&input->watch, 0);
	if (input->ending && !input->tty)
		input_close(input);
}

static void input_keep(struct input *input, const uint8_t *data, size_t size)
{
	const size_t capacity = PROTO_CREDIT_INITIAL + 2; /* and two END_OF_FILE */

	if (!size || input->watch.fd < 0)
		return;
	if (!input->backlog)
		input->backlog = malloc(capacity);
	if (!input->backlog) {
		input_refuse(input);
		return;
	}
	if (input->end + size > capacity) {
		memmove(input->backlog, input->backlog + input->start,
			input->end - input->start);
		input->end -= input->start;
		input->start = 0;
	}
	memcpy(input->backlog + input->end, data, size);
	input->end += size;
	watch_set(&input->watch, EPOLLOUT);
}

bool input_data(struct input *input, const uint8_t *data, size_t size)
{
	size_t done = 0;

	if (input->watch.fd < 0)
		return true; /* was under way when it was closed */
	if (input->ending || size > input->window)
		return false;
	input->window -= (uint32_t)size;
	if (input->start == input->end)
		done = input_write(input, data, size);
	input_keep(input, data + done, size - done);
	return true;
}

void input_end(struct input *input)
{
	static const uint8_t ends[] = { END_OF_FILE, END_OF_FILE };
	bool mid_line = input->start == input->end
				? input->mid_line
				: input->backlog[input->end - 1] != '\n';

	if (input->watch.fd < 0 || input->ending)
		return;
	input->ending = true;
	/* In the middle of a line the first one only hands over what is there. */
	if (input->tty)
		input_keep(input, ends, mid_line ? 2 : 1);
	else if (input->start == input->end)
		input_close(input);
}

void input_close(struct input *input)
{
	watch_close(&input->watch);
	free(input->backlog);
	input->backlog = NULL;
	input->start = input->end = 0;
}

void input_init(struct input *input, uint32_t session, int fd, bool tty)
{
	*input = (struct input){
		.watch = { .fd = fd, .ready = input_ready },
		.session = session,
		.tty = tty,
		.window = PROTO_CREDIT_INITIAL,
	};
}

bool output_is_open(const struct output *output)
{
	return output->watch.fd >= 0;
}

void output_close(struct output *output)
{
	watch_close(&output->watch);
}

static void output_end(struct output *output)
{
	/* A session that has ended says EXIT instead. */
	if (!output->draining)
		link_send(PROTO_CLOSE, output->stream, output->session, NULL, 0);
	output_close(output);
}

/* One read; false: nothing more can be done for now. */
static bool output_read(struct output *output)
{
	size_t size = 0;
	uint8_t *room = output->credit ? link_data_room(&size) : NULL;
	ssize_t n;

	if (!room) {
		watch_set(&output->watch, 0); /* until credit or the link has room */
		return false;
	}
	size = size < output->credit ? size : output->credit;
	if (output->limited && size > output->left)
		size = output->left;
	n = read(output->watch.fd, room, size);
	if (n < 0 && (errno == EINTR || (errno == EAGAIN && !output->draining)))
		return false;
	if (n <= 0) { /* EIO: a terminal without processes */
		output_end(output);
		return false;
	}
	link_data(output->stream, output->session, (size_t)n);
	output->credit -= (uint32_t)n;
	output->left -= output->limited ? (size_t)n : 0;
	if (output->limited && !output->left)
		output_end(output);
	return output_is_open(output);
}

static void output_ready(struct watch *watch, uint32_t events)
{
	(void)output_read((struct output *)watch); /* once: the others have their turn */
}

void output_resume(struct output *output)
{
	if (!output_is_open(output) || !output->credit)
		return;
	if (!output->draining)
		watch_set(&output->watch, EPOLLIN);
	while (output->draining && output_read(output))
		;
}

bool output_grant(struct output *output, uint32_t more)
{
	if (more > PROTO_CREDIT_MAX - output->credit)
		return false;
	output->credit += more;
	output_resume(output);
	return true;
}

void output_drain(struct output *output, bool tty)
{
	int left = 0;

	if (!output_is_open(output))
		return;
	output->draining = true;
	watch_set(&output->watch, 0);
	/* A terminal was hung up with its session's leader, so it ends by itself. */
	if (!tty && ioctl(output->watch.fd, FIONREAD, &left) == 0) {
		output->limited = true;
		output->left = (size_t)left;
	}
	if (output->limited && !left)
		output_end(output);
	else
		output_resume(output);
}

void output_init(struct output *output, uint32_t session, uint8_t stream, int fd)
{
	*output = (struct output){
		.watch = { .fd = fd, .ready = output_ready },
		.session = session,
		.stream = stream,
		.credit = PROTO_CREDIT_INITIAL,
	};
	watch_set(&output->watch, EPOLLIN);
}
