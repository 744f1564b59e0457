// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking a guest's copy records apart. */
#include "agent/copy-record.h"

#include <stdlib.h>

#include "agent/channel.h"
#include "base/reader.h"

void record_deinit(struct record *record)
{
	free(record->name);
	free(record->target);
	*record = (struct record){ 0 };
}

struct error *copy_broken(const char *what)
{
	return error_new(ERROR_CORRUPT, "the guest sent %s", what);
}

/* Steps over a string; *ret_whole false: not all of it is here yet. */
static struct error *skip_string(struct reader *r, uint32_t max, bool *ret_whole)
{
	uint32_t size = reader_u32(r);

	*ret_whole = false;
	if (r->failed)
		return NULL;
	if (size > max)
		return copy_broken("too long a name");
	*ret_whole = reader_skip(r, size);
	return NULL;
}

static struct error *record_measure(struct reader r, bool *ret_whole)
{
	*ret_whole = false;
	if (reader_left(&r) < PROTO_COPY_HEADER_SIZE)
		return NULL;
	if (reader_u32(&r) != PROTO_COPY_MAGIC)
		return copy_broken("something that is no copy record");
	(void)reader_skip(&r, PROTO_COPY_HEADER_SIZE - sizeof(uint32_t));
	TRY(skip_string(&r, PROTO_COPY_NAME_MAX, ret_whole));
	if (*ret_whole)
		TRY(skip_string(&r, PROTO_COPY_TARGET_MAX, ret_whole));
	return NULL;
}

static struct error *record_decode(struct reader *r, struct record *record)
{
	(void)reader_skip(r, 4); /* magic */
	record->kind = (enum proto_copy_kind)reader_u32(r);
	record->mode = reader_u32(r) & 07777;
	(void)reader_skip(r, 8); /* owner and group mean nothing here */
	record->mtime = reader_u64(r);
	(void)reader_skip(r, 8); /* size: a hint */
	TRY(payload_read_string(r, &record->name));
	return payload_read_string(r, &record->target);
}

struct error *record_parse(const uint8_t *data, size_t size, struct record *ret,
			   size_t *ret_size)
{
	_cleanup_(record_deinit) struct record record = { 0 };
	struct reader r = reader_of(data, size);
	bool whole;

	*ret_size = 0;
	TRY(record_measure(r, &whole));
	if (!whole)
		return NULL;
	TRY(record_decode(&r, &record));
	*ret_size = r.position;
	*ret = record;
	record = (struct record){ 0 };
	return NULL;
}
