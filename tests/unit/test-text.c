// SPDX-License-Identifier: GPL-2.0-or-later
/* base/text, base/strv, base/parse. */
#include "base/text.h"

#include "base/mem.h"
#include "unit.h"

static void test_append(void **state)
{
	_cleanup_text_ struct text t = { 0 };
	_cleanup_free_ char *taken = NULL;

	assert_string_equal(text_str(&t), "");
	for (int i = 0; i < 1000; i++)
		text_appendf(&t, "%d,", i % 10);
	assert_int_equal(t.length, 2000);
	text_truncate(&t, 4);
	assert_string_equal(text_str(&t), "0,1,");
	taken = text_take(&t);
	assert_string_equal(taken, "0,1,");
	assert_string_equal(text_str(&t), "");
}

static void test_shell_round_trip(void **state)
{
	const char *const words[] = { "plain", "",	"two words",   "it's",
				      "a\"b",  "$HOME", "back\\slash", "new\nline",
				      "*",     NULL };
	_cleanup_strv_ struct strv in = { 0 }, out = { 0 };
	_cleanup_free_ char *line = NULL;

	strv_push_all(&in, words);
	line = strv_shell(&in);
	assert_ok(strv_split_shell(line, &out));
	assert_int_equal(in.count, out.count);
	for (size_t i = 0; i < in.count; i++)
		assert_string_equal(in.items[i], out.items[i]);
}

static void test_split_shell(void **state)
{
	_cleanup_strv_ struct strv v = { 0 };

	assert_ok(strv_split_shell("  a 'b c'd \"e \\\" \\n\" \\  ", &v));
	assert_int_equal(v.count, 4);
	assert_string_equal(v.items[1], "b cd");
	assert_string_equal(v.items[2], "e \" \\n");
	assert_string_equal(v.items[3], " ");
	assert_error(strv_split_shell("'open", &v), ERROR_USAGE, "not closed");
	assert_error(strv_split_shell("end\\", &v), ERROR_USAGE, "nothing follows");
	assert_int_equal(v.count, 4);
}

static void test_strv_insert(void **state)
{
	const char *const more[] = { "x", "y", NULL };
	_cleanup_strv_ struct strv v = { 0 };
	_cleanup_free_ char *joined = NULL;

	assert_null(strv_argv(&v)[0]);
	strv_push(&v, "a");
	strv_push(&v, "b");
	strv_insert_all(&v, 1, more);
	joined = strv_join(&v, " ");
	assert_string_equal(joined, "a x y b");
	assert_null(v.items[4]);
	assert_true(strv_contains(&v, "y"));
	assert_false(strv_contains(&v, "z"));
}

/* What a guest prints must not move the cursor or set the title of a terminal. */
static void test_harmless(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "ok\tline\n", "ok\tline\n" },
		{ "\033[2J", "\\x1b[2J" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m" },		       /* C1 CSI */
		{ "\xc0\xaf", "\\xc0\\xaf" },	       /* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "cut \xe2\x82", "cut \\xe2\\x82" },
		{ "\r\b\x7f", "\\x0d\\x08\\x7f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_text_ struct text t = { 0 };

		text_append_harmless(&t, cases[i].in, strlen(cases[i].in));
		assert_string_equal(text_str(&t), cases[i].out);
	}
}

static void test_paths(void **state)
{
	static const struct {
		const char *directory, *name, *joined;
	} cases[] = {
		{ "a", "b", "a/b" },
		{ "a/", "/b", "a/b" },
		{ "/", "b", "/b" },
		{ "//", "b", "/b" },
	};
	_cleanup_free_ char *parent = path_parent("/a/b"), *root = path_parent("/a");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *p = path_join(cases[i].directory, cases[i].name);

		assert_string_equal(p, cases[i].joined);
	}
	assert_string_equal(parent, "/a");
	assert_string_equal(root, "/");
	assert_string_equal(path_base("/a/b"), "b");
}

static void test_versions(void **state)
{
	assert_true(version_compare("6.9.1", "6.10.0") < 0);
	assert_true(version_compare("6.1.0-49-amd64", "6.1.0-9-amd64") > 0);
	assert_int_equal(version_compare("7.2", "7.2"), 0);
}

static void test_numbers(void **state)
{
	uint64_t v = 7;

	assert_ok(parse_u64("0x10", 0, 100, &v));
	assert_int_equal(v, 16);
	assert_error(parse_u64("-1", 0, 100, &v), ERROR_USAGE, "not a number");
	assert_error(parse_u64("", 0, 100, &v), ERROR_USAGE, "not a number");
	assert_error(parse_u64("101", 0, 100, &v), ERROR_USAGE, "between");
	assert_error(parse_u64("99999999999999999999", 0, UINT64_MAX, &v), ERROR_USAGE,
		     "not a number");
	assert_int_equal(v, 16);

	assert_ok(parse_size("2", 1 << 20, &v));
	assert_int_equal(v, 2 << 20);
	assert_ok(parse_size("3GiB", 1 << 20, &v));
	assert_true(v == 3ULL << 30);
	assert_ok(parse_size("512k", 1, &v));
	assert_int_equal(v, 512 << 10);
	assert_error(parse_size("17179869184G", 1, &v), ERROR_USAGE, "not a size");
	assert_error(parse_size("1X", 1, &v), ERROR_USAGE, "not a size");

	assert_ok(parse_duration("1.5", &v));
	assert_int_equal(v, 1500);
	assert_ok(parse_duration("250ms", &v));
	assert_int_equal(v, 250);
	assert_ok(parse_duration("2m", &v));
	assert_int_equal(v, 120000);
	assert_error(parse_duration("inf", &v), ERROR_USAGE, "not a duration");
	assert_error(parse_duration("1d", &v), ERROR_USAGE, "not a duration");
}

static void test_format_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = { { 17, "17 B" },
		      { 1536, "1.5 KiB" },
		      { 20ULL << 20, "20 MiB" },
		      { 3ULL << 40, "3.0 TiB" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = format_size(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_shell_round_trip),
		cmocka_unit_test(test_split_shell),
		cmocka_unit_test(test_strv_insert),
		cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_format_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
