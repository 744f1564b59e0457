// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON of a QMP peer or a keeper's client: what parses comes out as a line that parses. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_members(const struct json_object *value)
{
	struct json_object *member;
	const char *string;
	uint64_t number;
	int64_t signed_number;
	bool yes;

	/* Only that nothing bad happens is of interest. */
	error_ignore(json_get_string(value, "a", &string));
	error_ignore(json_get_u64(value, "a", &number));
	error_ignore(json_get_i64(value, "a", &signed_number));
	error_ignore(json_get_bool(value, "a", &yes));
	error_ignore(json_get_array(value, "a", &member));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ struct json_object *value = NULL;
	_cleanup_json_ struct json_object *again = NULL;
	_cleanup_error_ struct error *err = json_parse(data, size, &value);
	_cleanup_free_ char *line = NULL;

	if (err)
		return 0;
	read_members(value);
	line = json_line(value);
	if (strchr(line, '\n'))
		abort();
	err = json_parse(line, strlen(line), &again);
	if (err)
		abort();
	return 0;
}
