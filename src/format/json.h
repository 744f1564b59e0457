/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, by json-c, which keeps all of uint64_t (kernel addresses) where others give up.
 * What json-c lacks is added here: limits on what comes from outside, errors that name the
 * member, types that are not silently converted.
 *
 * A `struct json_object *` is json-c's; what is added to an object belongs to it.
 */
#ifndef KLAB_FORMAT_JSON_H
#define KLAB_FORMAT_JSON_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

DEFINE_CLEANUP(struct json_object *, json_object_put)
#define _cleanup_json_ _cleanup_(json_object_putp)

/* The longest text that is parsed: QMP's largest answer (the schema) is 0.3 MiB. */
#define JSON_TEXT_MAX ((size_t)16 << 20)

/* One whole object, array or scalar, UTF-8, nested at most 32 deep; white space may follow
 * but nothing else. */
struct error *json_parse(const void *text, size_t size,
			 struct json_object **ret) _must_check_;
/* The same, for what must be an object. */
struct error *json_parse_object(const void *text, size_t size,
				struct json_object **ret) _must_check_;

struct json_object *json_new_object(void);
struct json_object *json_new_array(void);
/* A NULL value leaves the member out, so that optional ones need no `if`. */
void json_add_string(struct json_object *object, const char *name, const char *value);
void json_add_u64(struct json_object *object, const char *name, uint64_t value);
void json_add_i64(struct json_object *object, const char *name, int64_t value);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* Seconds with three decimals, from milliseconds. */
void json_add_seconds(struct json_object *object, const char *name, uint64_t ms);
/* Takes value. */
void json_add(struct json_object *object, const char *name, struct json_object *value);
/* A new empty one in object, borrowed from it. */
struct json_object *json_add_object(struct json_object *object, const char *name);
struct json_object *json_add_array(struct json_object *object, const char *name);
/* A NULL-terminated vector; NULL is an empty array. */
void json_add_strings(struct json_object *object, const char *name,
		      const char *const *values);
void json_append(struct json_object *array, struct json_object *value); /* takes value */
void json_append_string(struct json_object *array, const char *value);
struct json_object *json_append_object(struct json_object *array);

/* NULL: no such member, or null.  Borrowed. */
struct json_object *json_find(const struct json_object *object, const char *name);
/* A member that must be there and of this type: ERROR_NOT_FOUND without it, ERROR_CORRUPT
 * with another type, a number outside the range, a NUL in a string.  Results are borrowed
 * from the object. */
struct error *json_get_string(const struct json_object *object, const char *name,
			      const char **ret) _must_check_;
struct error *json_get_u64(const struct json_object *object, const char *name,
			   uint64_t *ret) _must_check_;
struct error *json_get_i64(const struct json_object *object, const char *name,
			   int64_t *ret) _must_check_;
struct error *json_get_bool(const struct json_object *object, const char *name,
			    bool *ret) _must_check_;
struct error *json_get_object(const struct json_object *object, const char *name,
			      struct json_object **ret) _must_check_;
struct error *json_get_array(const struct json_object *object, const char *name,
			     struct json_object **ret) _must_check_;

/* On one line, without a newline at its end; the caller frees. */
char *json_line(const struct json_object *value);
/* For people: indented, with a newline at the end. */
char *json_pretty(const struct json_object *value);

#endif
