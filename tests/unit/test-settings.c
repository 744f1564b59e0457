// SPDX-License-Identifier: GPL-2.0-or-later
/* os/settings: the INI dialect, line by line. */
#include "os/settings.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "unit.h"

/* "section|name|value|line;" for each setting. */
static struct error *collect(const char *section, const char *name, const char *value,
			     const char *source, void *argument)
{
	struct text *text = argument;

	if (streq(name, "refused"))
		return error_new(ERROR_USAGE, "%s: no such setting", source);
	text_appendf(text, "%s|%s|%s|%s;", section, name, value,
		     strrchr(source, ':') + 1);
	return NULL;
}

static struct error *read_bytes(const void *data, size_t size, struct text *ret)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;

	assert_ok(temp_dir_make("klab-test-", &directory));
	path = xasprintf("%s/klab.conf", directory);
	assert_ok(file_write(path, data, size, 0600));
	return settings_read(path, collect, ret);
}

static void test_good(void **state)
{
	struct {
		const char *content;
		const char *wanted;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "a=b", "|a|b|1;" },
		{ "a = b\n", "|a|b|1;" },
		{ "# no = no\n; no = no\na = b\n", "|a|b|3;" },
		{ "  a  =  b  c  \n", "|a|b  c|1;" },
		{ "a =\n", "|a||1;" },
		{ "a = b\r\nc = d\r\n", "|a|b|1;|c|d|2;" },
		{ "\xef\xbb\xbf"
		  "a = b\n",
		  "|a|b|1;" },
		{ "x=1\n[run]\na=b\n [ other ] \nc=d\n",
		  "|x|1|1;run|a|b|3;other|c|d|5;" },
		/* What INI readers like to spoil. */
		{ "append = console=ttyS0 ; # x\n", "|append|console=ttyS0 ; # x|1;" },
		{ "a = b\n  c = d\n", "|a|b|1;|c|d|2;" },
		{ "a = \"b\"\n", "|a|\"b\"|1;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_text_ struct text text = { 0 };

		assert_ok(read_bytes(cases[i].content, strlen(cases[i].content), &text));
		assert_string_equal(text_str(&text), cases[i].wanted);
	}
}

static void test_bad(void **state)
{
	struct {
		const char *content;
		size_t size;
		const char *wanted;
	} cases[] = {
		{ "word\n", 5, "klab.conf:1: \"word\" is not NAME = VALUE" },
		{ "a=b\n= c\n", 8, "klab.conf:2:" },
		{ "\n[open\na=b\n", 11, "klab.conf:2: the section's ] is missing" },
		{ "[\n", 2, "] is missing" },
		{ "a=\0b\n", 5, "not a text file" },
		{ "\n\nrefused=1\n", 12, "klab.conf:3: no such setting" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_text_ struct text text = { 0 };

		assert_error(read_bytes(cases[i].content, cases[i].size, &text),
			     ERROR_USAGE, cases[i].wanted);
	}
}

static void test_long_line(void **state)
{
	_cleanup_text_ struct text content = { 0 }, got = { 0 };

	text_append(&content, "append = ");
	for (int i = 0; i < 4000; i++)
		text_append(&content, "word ");
	assert_ok(read_bytes(content.data, content.length, &got));
	assert_true(got.length > 19900);
}

static void test_absent(void **state)
{
	_cleanup_text_ struct text text = { 0 };

	assert_ok(settings_read("/nowhere/klab.conf", collect, &text));
	assert_ok(settings_read("/dev/null/klab.conf", collect, &text));
	assert_int_equal(text.length, 0);
	/* There but not readable as a file is said. */
	assert_error(settings_read("/", collect, &text), ERROR_OS, "directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
