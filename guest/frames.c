// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's frame parser, and the fields of payloads. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

uint8_t *frames_room(struct frames *frames, size_t *ret_size)
{
	*ret_size = sizeof(frames->data) - frames->size;
	return frames->data + frames->size;
}

/* Throws away what cannot be the beginning of a HELLO; true: a HELLO begins at *at. */
static bool frames_find_hello(const struct frames *frames, size_t *at)
{
	for (; frames->size - *at >= PROTO_HEADER_SIZE + 4; (*at)++) {
		struct proto_header header = proto_header_get(frames->data + *at);

		if (header.type == PROTO_HELLO && !proto_check(&header) &&
		    proto_u32(frames->data + *at + PROTO_HEADER_SIZE) == PROTO_MAGIC)
			return true;
	}
	return false;
}

static const char *frames_one(struct frames *frames, size_t *at, frame_fn handle,
			      bool *ret_more)
{
	struct proto_header header = proto_header_get(frames->data + *at);
	const char *wrong = proto_check(&header);

	if (wrong) {
		(*at)++; /* a HELLO may begin anywhere */
		return wrong;
	}
	*ret_more = frames->size - *at >= PROTO_HEADER_SIZE + (size_t)header.length;
	if (!*ret_more)
		return NULL;
	*at += PROTO_HEADER_SIZE + (size_t)header.length;
	return handle(&header, frames->data + *at - header.length);
}

void frames_parse(struct frames *frames, size_t size, frame_fn handle,
		  void (*broken)(const char *wrong))
{
	const char *wrong;
	bool more = true;
	size_t at = 0;

	frames->size += size;
	while (more && frames->size - at >= PROTO_HEADER_SIZE) {
		if (frames->lost && !frames_find_hello(frames, &at))
			break;
		frames->lost = false;
		wrong = frames_one(frames, &at, handle, &more);
		if (wrong) {
			frames->lost = true;
			broken(wrong);
		}
	}
	frames->size -= at;
	memmove(frames->data, frames->data + at, frames->size);
}

static uint8_t *fields_bytes(struct fields *fields, size_t size)
{
	if (fields->bad || fields->left < size) {
		fields->bad = true;
		return NULL;
	}
	fields->at += size;
	fields->left -= size;
	return fields->at - size;
}

uint16_t fields_u16(struct fields *fields)
{
	const uint8_t *bytes = fields_bytes(fields, 2);

	return bytes ? (uint16_t)(bytes[0] | bytes[1] << 8) : 0;
}

uint32_t fields_u32(struct fields *fields)
{
	const uint8_t *bytes = fields_bytes(fields, 4);

	return bytes ? proto_u32(bytes) : 0;
}

char *fields_string(struct fields *fields)
{
	uint32_t size = fields_u32(fields);
	uint8_t *bytes = fields_bytes(fields, size);
	char *s;

	if (!bytes || memchr(bytes, 0, size)) {
		fields->bad = true;
		return NULL;
	}
	s = (char *)bytes - 4;
	memmove(s, bytes, size);
	s[size] = 0;
	return s;
}

char **fields_strings(struct fields *fields)
{
	uint32_t count = fields_u32(fields);
	char **strings;

	if (fields->bad || count > fields->left / 4) {
		fields->bad = true;
		return NULL;
	}
	strings = calloc((size_t)count + 1, sizeof(*strings));
	for (uint32_t i = 0; strings && i < count; i++)
		strings[i] = fields_string(fields);
	if (!strings)
		fields->bad = true;
	return strings;
}

bool fields_end(const struct fields *fields)
{
	return !fields->bad && !fields->left;
}
