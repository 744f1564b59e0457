// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON: exact numbers, strict types, limits, one line out. */
#include "unit.h"

#include "base/mem.h"
#include "base/text.h"
#include "format/json.h"

#define KERNEL_ADDRESS UINT64_C(0xffffffff81000000)

static struct json_object *parsed(const char *text)
{
	struct json_object *value = NULL;

	assert_ok(json_parse(text, strlen(text), &value));
	return value;
}

static void assert_no_parse(const char *text, const char *why)
{
	struct json_object *value = NULL;

	assert_error(json_parse(text, strlen(text), &value), ERROR_CORRUPT, why);
	assert_null(value);
}

static void test_addresses_stay_exact(void **state)
{
	_cleanup_json_ struct json_object *object = json_new_object();
	_cleanup_json_ struct json_object *again = NULL;
	_cleanup_free_ char *line = NULL;
	uint64_t address;
	int64_t number;

	json_add_u64(object, "address", KERNEL_ADDRESS);
	json_add_i64(object, "status", INT64_MIN);
	line = json_line(object);
	assert_string_equal(
		line,
		"{\"address\":18446744071578845184,\"status\":-9223372036854775808}");
	again = parsed(line);
	assert_ok(json_get_u64(again, "address", &address));
	assert_true(address == KERNEL_ADDRESS);
	assert_ok(json_get_i64(again, "status", &number));
	assert_true(number == INT64_MIN);
}

static void test_one_line_whatever_is_in_it(void **state)
{
	_cleanup_json_ struct json_object *object = json_new_object();
	struct json_object *array;
	_cleanup_free_ char *line = NULL;

	json_add_string(object, "text", "a\nb\t\"c\" /d\x1b");
	json_add_string(object, "absent", NULL);
	json_add_bool(object, "yes", true);
	json_add_seconds(object, "boot", 1100);
	array = json_add_array(object, "list");
	json_append_string(array, "x");
	json_add_u64(json_append_object(array), "n", 1);
	json_add_strings(object, "argv", (const char *const[]){ "sh", "-c", NULL });
	json_add_strings(object, "none", NULL);
	line = json_line(object);
	assert_string_equal(
		line,
		"{\"text\":\"a\\nb\\t\\\"c\\\" /d\\u001b\",\"yes\":true,\"boot\":1.100,"
		"\"list\":[\"x\",{\"n\":1}],\"argv\":[\"sh\",\"-c\"],\"none\":[]}");
}

static void test_types_are_not_converted(void **state)
{
	_cleanup_json_ struct json_object *object =
		parsed("{\"s\": \"12\", \"n\": 12, \"m\": -1, \"b\": true, \"z\": null,"
		       " \"nul\": \"a\\u0000b\", \"big\": 18446744073709551615}");
	const char *string = "unchanged";
	struct json_object *sub;
	uint64_t u64;
	int64_t i64;
	bool yes;

	assert_error(json_get_u64(object, "s", &u64), ERROR_CORRUPT, "\"s\" is string");
	assert_error(json_get_u64(object, "m", &u64), ERROR_CORRUPT, "negative");
	assert_error(json_get_i64(object, "big", &i64), ERROR_CORRUPT, "out of range");
	assert_error(json_get_string(object, "n", &string), ERROR_CORRUPT,
		     "\"n\" is int");
	assert_error(json_get_string(object, "nul", &string), ERROR_CORRUPT, "NUL");
	assert_error(json_get_string(object, "z", &string), ERROR_NOT_FOUND, "\"z\"");
	assert_error(json_get_string(object, "none", &string), ERROR_NOT_FOUND,
		     "\"none\"");
	assert_error(json_get_object(object, "b", &sub), ERROR_CORRUPT, "not object");
	assert_error(json_get_bool(object, "n", &yes), ERROR_CORRUPT, "not boolean");
	assert_string_equal(string, "unchanged");
	assert_ok(json_get_string(object, "s", &string));
	assert_string_equal(string, "12");
	assert_ok(json_get_u64(object, "big", &u64));
	assert_true(u64 == UINT64_MAX);
	assert_ok(json_get_bool(object, "b", &yes));
	assert_true(yes);
	assert_null(json_find(sub = NULL, "s"));
}

static void test_scalars_and_blanks(void **state)
{
	_cleanup_json_ struct json_object *number = parsed("42");
	_cleanup_json_ struct json_object *object = parsed(" {} \r\n");
	_cleanup_json_ struct json_object *null = parsed("null");
	struct json_object *none = NULL;

	assert_int_equal(json_object_get_int(number), 42);
	assert_non_null(object);
	assert_null(null);
	assert_error(json_parse_object("[1]", 3, &none), ERROR_CORRUPT, "not an object");
	assert_error(json_parse_object("null", 4, &none), ERROR_CORRUPT, "not an object");
}

static void test_broken_texts(void **state)
{
	assert_no_parse("", "ends in the middle");
	assert_no_parse("{\"a\": ", "ends in the middle");
	assert_no_parse("{} x", "goes on at byte 3");
	assert_no_parse("{}{}", "goes on at byte 2");
	assert_no_parse("{a: 1}", "wrong at byte 1");
	assert_no_parse("[1,]", "wrong at byte 3");
	assert_no_parse("\"\xff\xfe\"", "wrong at byte");
	assert_no_parse("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "deep");
}

static void test_too_long(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, JSON_TEXT_MAX + 1);
	struct json_object *value = NULL;

	memset(text, ' ', JSON_TEXT_MAX + 1);
	assert_error(json_parse(text, JSON_TEXT_MAX + 1, &value), ERROR_CORRUPT,
		     "at most");
}

/* json-c cuts numbers off to the largest; nothing may take that for the true value. */
static void test_numbers_beyond_64_bits(void **state)
{
	_cleanup_json_ struct json_object *fine = parsed(
		"[18446744073709551615, -9223372036854775808, 1e30, \"99999999999999999999\"]");

	assert_non_null(fine);
	assert_no_parse("{\"a\": 18446744073709551616}", "beyond 64 bits at byte 6");
	assert_no_parse("[-9223372036854775809]", "beyond 64 bits at byte 1");
	assert_no_parse("[100000000000000000000]", "beyond 64 bits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_stay_exact),
		cmocka_unit_test(test_one_line_whatever_is_in_it),
		cmocka_unit_test(test_types_are_not_converted),
		cmocka_unit_test(test_scalars_and_blanks),
		cmocka_unit_test(test_broken_texts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_numbers_beyond_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
