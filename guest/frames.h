/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's frame parser: bytes from the host in, whole and checked frames out.  The
 * host is hostile here: after a broken frame nothing is believed until the next HELLO.
 */
#ifndef KLAB_GUEST_FRAMES_H
#define KLAB_GUEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/proto.h"

#define FRAMES_SIZE (PROTO_HEADER_SIZE + 2 * PROTO_PAYLOAD_MAX)

struct frames {
	size_t size;
	bool lost; /* out of step: looking for a HELLO */
	uint8_t data[FRAMES_SIZE];
};

/* payload may be changed in place; it is gone after the call.  NULL, or what is wrong with
 * the frame. */
typedef const char *(*frame_fn)(const struct proto_header *header, uint8_t *payload);

/* Where to read to; *ret_size is never 0. */
uint8_t *frames_room(struct frames *frames, size_t *ret_size);
/* size more bytes are there.  broken() is told at once what was wrong with a frame, before
 * anything that follows a new HELLO. */
void frames_parse(struct frames *frames, size_t size, frame_fn handle,
		  void (*broken)(const char *wrong));

/* Fields of a payload; reading over the end gives zeros and sets bad. */
struct fields {
	uint8_t *at;
	size_t left;
	bool bad;
};

uint16_t fields_u16(struct fields *fields);
uint32_t fields_u32(struct fields *fields);
/* NUL-terminated in place of its length, which has been read: no copy. */
char *fields_string(struct fields *fields);
/* NULL-terminated, the array malloc'ed, the strings in place. */
char **fields_strings(struct fields *fields);
/* All was there and nothing is left. */
bool fields_end(const struct fields *fields);

#endif
