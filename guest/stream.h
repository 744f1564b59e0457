/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The streams of one session between the link and its process: stdin with what the
 * process has not taken yet, outputs that are read as far as credit reaches.
 */
#ifndef KLAB_GUEST_STREAM_H
#define KLAB_GUEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch.h"

struct input {
	struct watch watch; /* first: handlers cast */
	uint32_t session;
	bool tty;
	bool ending;	  /* close when all is written */
	bool mid_line;	  /* a terminal's line has been begun */
	uint32_t window;  /* bytes that the host may still send */
	uint32_t owed;	  /* bytes written, not yet granted again */
	uint8_t *backlog; /* PROTO_CREDIT_INITIAL bytes and a little, once needed */
	size_t start, end;
};

void input_init(struct input *input, uint32_t session, int fd, bool tty);
/* False: more than was granted. */
bool input_data(struct input *input, const uint8_t *data, size_t size);
/* No more will come. */
void input_end(struct input *input);
void input_close(struct input *input);

struct output {
	struct watch watch; /* first: handlers cast */
	uint32_t session;
	uint8_t stream;
	uint32_t credit;
	bool draining; /* the process has ended: what is there, and no more */
	bool limited;
	size_t left; /* while limited */
};

void output_init(struct output *output, uint32_t session, uint8_t stream, int fd);
bool output_is_open(const struct output *output);
/* False: more than PROTO_CREDIT_MAX. */
bool output_grant(struct output *output, uint32_t more);
/* The link has room again. */
void output_resume(struct output *output);
/* Read what the process left behind, without waiting for others that hold the pipe. */
void output_drain(struct output *output, bool tty);
void output_close(struct output *output);

#endif
