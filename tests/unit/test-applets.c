// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of applets: the host's own busybox says itself what the right answer is. */
#include "image/applets.h"

#include <stdio.h>

#include "os/file.h"
#include "os/spawn.h"
#include "unit.h"

static void test_equals_what_busybox_says(void **state)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *path = program_find("busybox");
	_cleanup_bytes_ struct bytes binary = { 0 };
	_cleanup_bytes_ struct bytes list = { 0 };
	_cleanup_strv_ struct strv expected = { 0 };
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *text = NULL;
	int status;

	if (!path)
		skip();
	strv_push(&argv, "busybox");
	strv_push(&argv, "--list");
	assert_ok(process_capture(strv_argv(&argv), 10000, 65536, &list, NULL, &status));
	assert_int_equal(status, 0);
	text = strndup((const char *)list.data, list.size);
	strv_split(text, "\n", &expected);
	assert_ok(file_map(path, &binary));
	assert_ok(applets_find(binary.data, binary.size, &names));
	assert_int_equal(names.count, expected.count);
	for (size_t i = 0; i < names.count; i++)
		assert_string_equal(names.items[i], expected.items[i]);
}

/* String constants as they are: sizeof counts the last NUL. */
#define find(s, names) applets_find((s), sizeof(s), (names))
#define TABLE                                                                          \
	"[\0[[\0acpid\0ash\0busybox\0cat\0cp\0date\0dd\0df\0dmesg\0echo\0ls\0mv\0ps\0" \
	"rm\0sh\0"

static void test_finds_the_table_among_other_strings(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };

	assert_ok(find("applet\0busybox\0can't\0Error\0" TABLE "\x7f\0zz\0\0busybox\0",
		       &names));
	assert_int_equal(names.count, 17);
	assert_string_equal(names.items[0], "[");
	assert_string_equal(names.items[16], "sh");
}

/* The table may be the last thing in the file, or be cut off within a name. */
static void test_table_at_the_end(void **state)
{
	static const char cut[] = "x y\0" TABLE "tes";
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_strv_ struct strv same = { 0 };

	assert_ok(applets_find("x y\0" TABLE, sizeof("x y\0" TABLE) - 1, &names));
	assert_int_equal(names.count, 17);
	assert_ok(applets_find(cut, sizeof(cut) - 1, &same));
	assert_int_equal(same.count, 17);
}

static void test_no_table(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };

	assert_error(applets_find(NULL, 0, &names), ERROR_UNSUPPORTED, "no table");
	assert_error(find("busybox", &names), ERROR_UNSUPPORTED, "no table");
	assert_error(find("\0busybox", &names), ERROR_UNSUPPORTED, "no table");
	assert_error(find("a\0busybox\0b\0c", &names), ERROR_UNSUPPORTED, "no table");
	assert_int_equal(names.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_what_busybox_says),
		cmocka_unit_test(test_finds_the_table_among_other_strings),
		cmocka_unit_test(test_table_at_the_end),
		cmocka_unit_test(test_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
