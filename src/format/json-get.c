// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Members of a JSON object that must have a type.  json-c converts ("12" is 12, -1 as
 * unsigned is 0); here another type is an error that names the member.
 */
#include "format/json.h"

#include <json-c/json_util.h>
#include <string.h>

struct json_object *json_find(const struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, name, &value))
		return NULL;
	return value;
}

static struct error *json_get(const struct json_object *object, const char *name,
			      enum json_type type, struct json_object **ret)
{
	struct json_object *value = json_find(object, name);

	if (!value)
		return error_new(ERROR_NOT_FOUND, "JSON object has no \"%s\"", name);
	if (!json_object_is_type(value, type))
		return error_new(ERROR_CORRUPT, "JSON member \"%s\" is %s, not %s", name,
				 json_type_to_name(json_object_get_type(value)),
				 json_type_to_name(type));
	*ret = value;
	return NULL;
}

struct error *json_get_string(const struct json_object *object, const char *name,
			      const char **ret)
{
	struct json_object *value;
	const char *string;

	TRY(json_get(object, name, json_type_string, &value));
	string = json_object_get_string(value);
	if (strlen(string) != (size_t)json_object_get_string_len(value))
		return error_new(ERROR_CORRUPT, "JSON member \"%s\" has a NUL in it",
				 name);
	*ret = string;
	return NULL;
}

struct error *json_get_u64(const struct json_object *object, const char *name,
			   uint64_t *ret)
{
	struct json_object *value;

	TRY(json_get(object, name, json_type_int, &value));
	if (json_object_get_int64(value) < 0)
		return error_new(ERROR_CORRUPT, "JSON member \"%s\" is negative", name);
	*ret = json_object_get_uint64(value);
	return NULL;
}

struct error *json_get_i64(const struct json_object *object, const char *name,
			   int64_t *ret)
{
	struct json_object *value;

	TRY(json_get(object, name, json_type_int, &value));
	/* Unsigned ones beyond INT64_MAX are cut off to it. */
	if (json_object_get_int64(value) >= 0 &&
	    json_object_get_uint64(value) > INT64_MAX)
		return error_new(ERROR_CORRUPT, "JSON member \"%s\" is out of range",
				 name);
	*ret = json_object_get_int64(value);
	return NULL;
}

struct error *json_get_bool(const struct json_object *object, const char *name, bool *ret)
{
	struct json_object *value;

	TRY(json_get(object, name, json_type_boolean, &value));
	*ret = json_object_get_boolean(value);
	return NULL;
}

struct error *json_get_object(const struct json_object *object, const char *name,
			      struct json_object **ret)
{
	return json_get(object, name, json_type_object, ret);
}

struct error *json_get_array(const struct json_object *object, const char *name,
			     struct json_object **ret)
{
	return json_get(object, name, json_type_array, ret);
}
