// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON over json-c: parsing within limits, typed members, one line out.  Out of memory
 * ends the program, as everywhere.
 */
#include "format/json.h"

#include <inttypes.h>
#include <json-c/json_tokener.h>
#include <json-c/json_util.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define JSON_DEPTH_MAX 32

DEFINE_CLEANUP(struct json_tokener *, json_tokener_free)

/* json-c reports exhausted memory by NULL, which is also its null value. */
static struct json_object *made(struct json_object *value)
{
	if (!value)
		abort();
	return value;
}

static size_t skip_blanks(const char *text, size_t size, size_t at)
{
	while (at < size && memchr(" \t\r\n", text[at], 4))
		at++;
	return at;
}

/* Where a string that begins at `at` has its closing quote. */
static size_t string_end(const char *text, size_t size, size_t at)
{
	for (at++; at < size && text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at;
}

static bool fits_64_bits(const char *number, size_t length)
{
	bool negative = number[0] == '-';
	/* The first value that does not fit. */
	const char *first = negative ? "9223372036854775809" : "18446744073709551616";

	number += negative;
	length -= negative;
	if (length != strlen(first))
		return length < strlen(first);
	return memcmp(number, first, length) < 0;
}

/* json-c silently turns what is too large into the largest value it has. */
static struct error *check_integers(const char *text, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		size_t length = 0;

		if (text[at] == '"') {
			at = string_end(text, size, at);
			continue;
		}
		while (at + length < size &&
		       memchr("-+.eE0123456789", text[at + length], 15))
			length++;
		if (!length)
			continue;
		if (!memchr(text + at, '.', length) && !memchr(text + at, 'e', length) &&
		    !memchr(text + at, 'E', length) && !fits_64_bits(text + at, length))
			return error_new(
				ERROR_CORRUPT,
				"JSON text has a number beyond 64 bits at byte %zu", at);
		at += length - 1;
	}
	return NULL;
}

struct error *json_parse(const void *text, size_t size, struct json_object **ret)
{
	_cleanup_(json_tokener_freep) struct json_tokener *tokener = NULL;
	_cleanup_json_ struct json_object *value = NULL;
	enum json_tokener_error status;
	size_t end;

	if (size > JSON_TEXT_MAX)
		return error_new(ERROR_CORRUPT, "JSON text of %zu bytes (at most %zu)",
				 size, JSON_TEXT_MAX);
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!tokener)
		abort();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
						JSON_TOKENER_ALLOW_TRAILING_CHARS |
						JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, text, (int)size);
	status = json_tokener_get_error(tokener);
	end = skip_blanks(text, size, json_tokener_get_parse_end(tokener));
	/* A number at the very end may go on as far as the tokener knows: tell it. */
	if (status == json_tokener_continue) {
		value = json_tokener_parse_ex(tokener, " ", 1);
		status = json_tokener_get_error(tokener);
		end = size;
	}
	if (status == json_tokener_continue)
		return error_new(ERROR_CORRUPT, "JSON text ends in the middle");
	if (status != json_tokener_success)
		return error_new(ERROR_CORRUPT, "JSON text is wrong at byte %zu: %s", end,
				 json_tokener_error_desc(status));
	if (end != size)
		return error_new(ERROR_CORRUPT, "JSON text goes on at byte %zu", end);
	TRY(check_integers(text, size));
	*ret = take_ptr(value);
	return NULL;
}

struct error *json_parse_object(const void *text, size_t size, struct json_object **ret)
{
	_cleanup_json_ struct json_object *value = NULL;

	TRY(json_parse(text, size, &value));
	if (!json_object_is_type(value, json_type_object))
		return error_new(ERROR_CORRUPT, "JSON text is %s, not an object",
				 json_type_to_name(json_object_get_type(value)));
	*ret = take_ptr(value);
	return NULL;
}

struct json_object *json_new_object(void)
{
	return made(json_object_new_object());
}

struct json_object *json_new_array(void)
{
	return made(json_object_new_array());
}

void json_add(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_object_object_add(object, name, value) < 0)
		abort();
}

void json_add_string(struct json_object *object, const char *name, const char *value)
{
	if (value)
		json_add(object, name, made(json_object_new_string(value)));
}

void json_add_u64(struct json_object *object, const char *name, uint64_t value)
{
	json_add(object, name, made(json_object_new_uint64(value)));
}

void json_add_i64(struct json_object *object, const char *name, int64_t value)
{
	json_add(object, name, made(json_object_new_int64(value)));
}

void json_add_bool(struct json_object *object, const char *name, bool value)
{
	json_add(object, name, made(json_object_new_boolean(value)));
}

void json_add_seconds(struct json_object *object, const char *name, uint64_t ms)
{
	_cleanup_free_ char *text =
		xasprintf("%" PRIu64 ".%03u", ms / 1000, (unsigned int)(ms % 1000));

	/* With its text, since "%.17g" would make 0.1 of it 0.10000000000000001. */
	json_add(object, name, made(json_object_new_double_s((double)ms / 1000.0, text)));
}

struct json_object *json_add_object(struct json_object *object, const char *name)
{
	struct json_object *added = json_new_object();

	json_add(object, name, added);
	return added;
}

struct json_object *json_add_array(struct json_object *object, const char *name)
{
	struct json_object *added = json_new_array();

	json_add(object, name, added);
	return added;
}

void json_add_strings(struct json_object *object, const char *name,
		      const char *const *values)
{
	struct json_object *array = json_add_array(object, name);

	for (; values && *values; values++)
		json_append_string(array, *values);
}

void json_append(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, value) < 0)
		abort();
}

void json_append_string(struct json_object *array, const char *value)
{
	json_append(array, made(json_object_new_string(value)));
}

struct json_object *json_append_object(struct json_object *array)
{
	struct json_object *added = json_new_object();

	json_append(array, added);
	return added;
}

static char *json_text(const struct json_object *value, int flags)
{
	/* json-c caches the text in the value, so its parameter is not const. */
	const char *text =
		json_object_to_json_string_ext((struct json_object *)value,
					       flags | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		abort();
	return xstrdup(text);
}

char *json_line(const struct json_object *value)
{
	return json_text(value, JSON_C_TO_STRING_PLAIN);
}

char *json_pretty(const struct json_object *value)
{
	_cleanup_free_ char *text =
		json_text(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);

	return xasprintf("%s\n", text);
}
