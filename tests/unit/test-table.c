// SPDX-License-Identifier: GPL-2.0-or-later
/* ui/table: the same rows for people and for programs. */
#include "ui/table.h"

#include <locale.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/text.h"
#include "unit.h"

enum { NAME, SIZE, PID, ADDRESS, RUNNING, HIDDEN };

static const struct table_column columns[] = {
	[NAME] = { .title = "NAME", .key = "name", .tree = true, .wide = true },
	[SIZE] = { .title = "SIZE", .key = "size", .type = TABLE_SIZE },
	[PID] = { .title = "PID", .key = "pid", .type = TABLE_NUMBER },
	[ADDRESS] = { .title = "AT", .key = "address", .type = TABLE_ADDRESS },
	[RUNNING] = { .title = "UP",
		      .key = "running",
		      .type = TABLE_BOOL,
		      .colour = COLOUR_GOOD },
	[HIDDEN] = { .key = "hidden" },
};

static const struct table_options plain = {
	.columns = columns,
	.column_count = ARRAY_SIZE(columns),
	.name = "guests",
};

static void fill(struct table *table)
{
	struct table_row *row = table_add(table, NULL);
	struct table_row *child;

	table_set_textf(table, row, NAME, "alpha-%d", 1);
	table_set_u64(table, row, SIZE, 3 << 19);
	table_set_u64(table, row, PID, 7);
	table_set_u64(table, row, ADDRESS, 0xffffffff81000000);
	table_set_bool(table, row, RUNNING, true);
	table_set_text(table, row, HIDDEN, "more");
	child = table_add(table, row);
	table_set_text(table, child, NAME, "kid");
	table_set_u64(table, child, PID, 12345);
	table_set_bool(table, child, RUNNING, false);
	table_set_text(table, child, HIDDEN, NULL);
}

static char *filled(struct table_options options)
{
	_cleanup_(table_freep) struct table *table = table_new(&options);
	char *text = NULL;

	fill(table);
	assert_ok(table_to_string(table, &text));
	return text;
}

static char *one_cell(struct table_options options, const char *content)
{
	_cleanup_(table_freep) struct table *table = table_new(&options);
	char *text = NULL;

	table_set_text(table, table_add(table, NULL), NAME, content);
	assert_ok(table_to_string(table, &text));
	return text;
}

static void test_text(void **state)
{
	_cleanup_free_ char *text = filled(plain);

	assert_string_equal(text, "NAME       SIZE   PID AT               UP\n"
				  "alpha-1 1.5 MiB     7 ffffffff81000000 yes\n"
				  "`-kid         - 12345 -                no\n");
}

static void test_no_heading(void **state)
{
	struct table_options options = plain;
	_cleanup_free_ char *text = NULL;

	options.no_heading = true;
	text = filled(options);
	assert_true(has_prefix(text, "alpha-1 "));
}

static void test_colour(void **state)
{
	struct table_options options = plain;
	_cleanup_free_ char *with = NULL, *without = filled(plain);

	assert_null(strchr(without, '\033'));
	options.colour = true;
	options.width = 80;
	with = filled(options);
	assert_non_null(strstr(with, "\033[32myes"));
}

/* On a narrow terminal the wide column is cut, numbers and addresses never. */
static void test_narrow(void **state)
{
	struct table_options options = plain;
	_cleanup_(table_freep) struct table *table = NULL;
	_cleanup_free_ char *text = NULL;
	struct table_row *row;

	options.width = 60;
	table = table_new(&options);
	row = table_add(table, NULL);
	table_set_textf(table, row, NAME, "%0100d", 0);
	table_set_u64(table, row, ADDRESS, 0xffffffff81000000);
	assert_ok(table_to_string(table, &text));
	assert_non_null(strstr(text, "ffffffff81000000"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 60);
}

static struct json_object *json_rows(struct json_object *all)
{
	struct json_object *rows = NULL;

	assert_true(json_object_object_get_ex(all, "guests", &rows));
	assert_true(json_object_is_type(rows, json_type_array));
	return rows;
}

static struct json_object *member(struct json_object *row, const char *name)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(row, name, &value));
	return value;
}

static void test_json(void **state)
{
	struct table_options options = plain;
	struct json_object *all, *row, *child;
	_cleanup_free_ char *text = NULL;

	options.json = true;
	options.colour = true; /* to no effect */
	text = filled(options);
	all = json_tokener_parse(text);
	assert_non_null(all);
	assert_int_equal(json_object_array_length(json_rows(all)), 1);
	row = json_object_array_get_idx(json_rows(all), 0);
	assert_string_equal(json_object_get_string(member(row, "name")), "alpha-1");
	assert_int_equal(json_object_get_uint64(member(row, "size")), 3 << 19);
	assert_true(json_object_get_uint64(member(row, "address")) == 0xffffffff81000000);
	assert_true(json_object_is_type(member(row, "running"), json_type_boolean));
	assert_true(json_object_get_boolean(member(row, "running")));
	assert_string_equal(json_object_get_string(member(row, "hidden")), "more");
	child = json_object_array_get_idx(member(row, "children"), 0);
	assert_null(member(child, "size"));
	assert_null(member(child, "hidden"));
	assert_false(json_object_get_boolean(member(child, "running")));
	json_object_put(all);
}

static void test_empty(void **state)
{
	struct table_options options = plain;
	_cleanup_(table_freep) struct table *text_table = table_new(&options);
	_cleanup_(table_freep) struct table *json_table = NULL;
	_cleanup_free_ char *text = NULL, *json = NULL;
	struct json_object *all;

	assert_ok(table_to_string(text_table, &text));
	assert_string_equal(text, "");
	options.json = true;
	json_table = table_new(&options);
	assert_ok(table_to_string(json_table, &json));
	all = json_tokener_parse(json);
	assert_non_null(all);
	assert_int_equal(json_object_array_length(json_rows(all)), 0);
	json_object_put(all);
}

/* Names of guests, files and tasks may be anything. */
static void test_hostile(void **state)
{
	static const char hostile[] = "a\033[31m\"b\\ \xff\xc3\xa9 \n\t x";
	struct table_options options = plain;
	_cleanup_free_ char *text = one_cell(options, hostile), *json = NULL;
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *all, *row;

	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\t'));
	assert_null(strchr(text, '\xff'));
	/* Heading and one line: the cell's newline is none. */
	assert_string_equal(strchr(strchr(text, '\n') + 1, '\n'), "\n");

	options.json = true;
	json = one_cell(options, hostile);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	all = json_tokener_parse_ex(tokener, json, -1);
	assert_non_null(all);
	row = json_object_array_get_idx(json_rows(all), 0);
	assert_string_equal(json_object_get_string(member(row, "name")),
			    "a\033[31m\"b\\ \\xff\xc3\xa9 \n\t x");
	json_object_put(all);
	json_tokener_free(tokener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	cmocka_unit_test(test_no_heading),
		cmocka_unit_test(test_colour),	cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_json),	cmocka_unit_test(test_empty),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
