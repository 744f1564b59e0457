/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded reader over bytes that come from outside.  Reading past the end does not
 * touch memory: it returns zero and marks the reader failed, so that a parser may read a
 * whole header and ask once.
 */
#ifndef KLAB_BASE_READER_H
#define KLAB_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *data; /* borrowed */
	size_t size;
	size_t position; /* never beyond size */
	bool failed;
};

static inline struct reader reader_of(const void *data, size_t size)
{
	return (struct reader){ .data = data, .size = size };
}

static inline size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : r->size - r->position;
}

/* The next n bytes, or NULL (and failed) if there are fewer. */
static inline const uint8_t *reader_bytes(struct reader *r, size_t n)
{
	const uint8_t *bytes;

	if (r->failed || n > r->size - r->position) {
		r->failed = true;
		return NULL;
	}
	bytes = r->data + r->position;
	r->position += n;
	return bytes;
}

static inline bool reader_seek(struct reader *r, size_t position)
{
	if (position > r->size)
		r->failed = true;
	else
		r->position = position;
	return !r->failed;
}

static inline bool reader_skip(struct reader *r, size_t n)
{
	return reader_bytes(r, n) != NULL;
}

static inline uint64_t reader_uint_le(struct reader *r, size_t n)
{
	const uint8_t *bytes = reader_bytes(r, n);
	uint64_t value = 0;

	for (size_t i = n; bytes && i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

static inline uint64_t reader_uint_be(struct reader *r, size_t n)
{
	const uint8_t *bytes = reader_bytes(r, n);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

#define reader_u8(r) ((uint8_t)reader_uint_le((r), 1))
#define reader_u16(r) ((uint16_t)reader_uint_le((r), 2))
#define reader_u32(r) ((uint32_t)reader_uint_le((r), 4))
#define reader_u64(r) reader_uint_le((r), 8)

/* A NUL-terminated string within the bounds, or NULL (and failed). */
static inline const char *reader_string(struct reader *r)
{
	const void *end;
	const char *s;

	if (r->failed)
		return NULL;
	s = (const char *)r->data + r->position;
	end = memchr(s, 0, r->size - r->position);
	if (!end) {
		r->failed = true;
		return NULL;
	}
	r->position += (size_t)((const char *)end - s) + 1;
	return s;
}

#endif
