// SPDX-License-Identifier: GPL-2.0-or-later
/* The newc reader: of an initramfs that anyone may have made. */
#include <limits.h>
#include <string.h>

#include "format/cpio.h"

#define MAGIC_SIZE 6
#define FIELD_COUNT 13
#define TRAILER "TRAILER!!!"

enum field {
	FIELD_INODE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_LINKS,
	FIELD_MTIME,
	FIELD_SIZE,
	FIELD_DEVICE_MAJOR,
	FIELD_DEVICE_MINOR,
	FIELD_MAJOR,
	FIELD_MINOR,
	FIELD_NAME_SIZE,
	FIELD_CHECKSUM,
};

struct cpio_reader cpio_reader_of(const void *data, size_t size)
{
	return (struct cpio_reader){ .bytes = reader_of(data, size) };
}

const uint8_t *cpio_reader_rest(const struct cpio_reader *reader, size_t *ret_size)
{
	*ret_size = reader_left(&reader->bytes);
	return reader->bytes.data + reader->bytes.position;
}

static bool hex_digit(uint8_t c, uint32_t *value)
{
	if (c >= '0' && c <= '9')
		*value = *value << 4 | (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*value = *value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

static bool read_fields(struct reader *r, uint32_t fields[FIELD_COUNT])
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const uint8_t *digits = reader_bytes(r, 8);

		if (!digits)
			return false;
		fields[i] = 0;
		for (size_t j = 0; j < 8; j++)
			if (!hex_digit(digits[j], &fields[i]))
				return false;
	}
	return true;
}

/* "070701", or "070702" with a checksum, which nobody looks at. */
static bool at_magic(const struct reader *r)
{
	const uint8_t *bytes = r->data + r->position;

	return reader_left(r) >= MAGIC_SIZE && memcmp(bytes, "07070", 5) == 0 &&
	       (bytes[5] == '1' || bytes[5] == '2');
}

/* The end of the data may lack its padding. */
static void skip_padding(struct reader *r)
{
	size_t padding = -r->position & 3;

	(void)reader_skip(r, MIN(padding, reader_left(r)));
}

static void skip_zeros(struct reader *r)
{
	while (reader_left(r) && r->data[r->position] == 0)
		(void)reader_skip(r, 1);
}

static struct error *read_item(struct reader *r, struct cpio_item *item)
{
	uint32_t fields[FIELD_COUNT];
	size_t start = r->position;
	const uint8_t *name;
	size_t name_size;

	if (!reader_skip(r, MAGIC_SIZE) || !read_fields(r, fields))
		return error_new(ERROR_CORRUPT, "broken cpio header at byte %zu", start);
	name_size = fields[FIELD_NAME_SIZE];
	name = reader_bytes(r, name_size);
	if (!name || name_size == 0 || name_size > PATH_MAX || name[name_size - 1] != 0)
		return error_new(ERROR_CORRUPT,
				 "broken name in the cpio header at byte %zu", start);
	skip_padding(r);
	*item = (struct cpio_item){
		.name = (const char *)name,
		.mode = fields[FIELD_MODE],
		.inode = fields[FIELD_INODE],
		.links = fields[FIELD_LINKS],
		.uid = fields[FIELD_UID],
		.gid = fields[FIELD_GID],
		.mtime = fields[FIELD_MTIME],
		.major = fields[FIELD_MAJOR],
		.minor = fields[FIELD_MINOR],
		.data = reader_bytes(r, fields[FIELD_SIZE]),
		.size = fields[FIELD_SIZE],
	};
	if (!item->data)
		return error_new(ERROR_CORRUPT,
				 "the cpio archive ends in the middle of %s", item->name);
	skip_padding(r);
	return NULL;
}

struct error *cpio_read(struct cpio_reader *reader, struct cpio_item *ret, bool *ret_end)
{
	struct reader *r = &reader->bytes;
	struct cpio_item item;

	for (;;) {
		if (!at_magic(r)) {
			if (r->position == 0)
				return error_new(ERROR_CORRUPT,
						 "not a cpio archive of the newc format");
			*ret_end = true;
			return NULL;
		}
		TRY(read_item(r, &item));
		if (strcmp(item.name, TRAILER) != 0)
			break;
		skip_zeros(r);
	}
	*ret = item;
	*ret_end = false;
	return NULL;
}
