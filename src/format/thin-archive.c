// SPDX-License-Identifier: GPL-2.0-or-later
/* A thin archive has headers of 60 bytes, and one member with content: the paths. */
#include "format/thin-archive.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "!<thin>\n"
#define MAGIC_SIZE 8
#define HEADER_SIZE 60
#define SIZE_AT 48 /* 10 digits */
#define SIZE_DIGITS 10

static size_t member_size(const uint8_t *header)
{
	char digits[SIZE_DIGITS + 1];

	memcpy(digits, header + SIZE_AT, SIZE_DIGITS);
	digits[SIZE_DIGITS] = '\0';
	return (size_t)strtoull(digits, NULL, 10); /* ten digits do not overflow */
}

/* The member "//", behind the index if there is one. */
static const char *find_names(const uint8_t *data, size_t size, size_t *ret_size)
{
	size_t at = MAGIC_SIZE, length;

	if (size < MAGIC_SIZE || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
		return NULL;
	while (size - at >= HEADER_SIZE && data[at] == '/') {
		length = member_size(data + at);
		if (length > size - at - HEADER_SIZE)
			return NULL;
		if (data[at + 1] == '/') {
			*ret_size = length;
			return (const char *)data + at + HEADER_SIZE;
		}
		at += HEADER_SIZE + length + length % 2;
		if (at > size)
			return NULL;
	}
	return NULL;
}

bool thin_archive_next(const uint8_t *data, size_t size, size_t *position,
		       const char **ret_name, size_t *ret_length)
{
	size_t names_size = 0;
	const char *names = find_names(data, size, &names_size);
	const char *name, *end;

	if (!names || *position >= names_size)
		return false;
	name = names + *position;
	end = memmem(name, names_size - *position, "/\n", 2);
	if (!end)
		return false;
	*position = (size_t)(end + 2 - names);
	*ret_name = name;
	*ret_length = (size_t)(end - name);
	return true;
}
