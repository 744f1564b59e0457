// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of a .config, and the .config in a kernel. */
#include "files.h"

#include "format/kconfig.h"

static const char config[] = "#\n# Linux/x86 6.1.0 Kernel Configuration\n#\n"
			     "CONFIG_PVH=y\n"
			     "CONFIG_PVHX=m\n"
			     "# CONFIG_KASAN is not set\n"
			     "# CONFIG_FOO is set by hand\n"
			     "CONFIG_TWICE=m\n"
			     "CONFIG_HZ=250\n"
			     "CONFIG_LOCALVERSION=\"-a\\\"b\\\\c\"\n"
			     "CONFIG_EMPTY=\"\"\n"
			     " CONFIG_INDENTED=y\n"
			     "# CONFIG_TWICE is not set\n"
			     "CONFIG_LAST=y";

static void assert_value(const char *option, const char *wanted)
{
	_cleanup_free_ char *value = kconfig_get(config, strlen(config), option);

	if (wanted)
		assert_string_equal(value, wanted);
	else
		assert_null(value);
}

static void test_values(void **state)
{
	assert_value("CONFIG_PVH", "y");
	assert_value("PVH", "y");
	assert_value("CONFIG_PVHX", "m");
	assert_value("CONFIG_PV", NULL);
	assert_value("CONFIG_KASAN", "n");
	assert_value("CONFIG_FOO", NULL);
	assert_value("CONFIG_HZ", "250");
	assert_value("CONFIG_LOCALVERSION", "-a\"b\\c");
	assert_value("CONFIG_EMPTY", "");
	assert_value("CONFIG_INDENTED", NULL);
	assert_value("CONFIG_TWICE", "n");
	assert_value("CONFIG_LAST", "y");
	assert_value("", NULL);
}

static void test_enabled(void **state)
{
	assert_true(kconfig_enabled(config, strlen(config), "PVH", false));
	assert_false(kconfig_enabled(config, strlen(config), "PVHX", false));
	assert_true(kconfig_enabled(config, strlen(config), "PVHX", true));
	assert_false(kconfig_enabled(config, strlen(config), "KASAN", true));
	assert_false(kconfig_enabled(config, strlen(config), "NONE", true));
	assert_false(kconfig_enabled("", 0, "NONE", true));
	/* Cut off in the middle of a name, of a word. */
	assert_false(kconfig_enabled("CONFIG_PVH", 10, "PVH", true));
	assert_false(kconfig_enabled("# CONFIG_PVH is not", 19, "PVH", true));
}

static void test_copy_in_a_kernel(void **state)
{
	_cleanup_text_ struct text kernel = tests_file("fuzz/corpus/kconfig/in-a-kernel");
	_cleanup_text_ struct text found = { 0 };
	const uint8_t *bytes = (const uint8_t *)kernel.data;

	assert_ok(kconfig_extract(bytes, kernel.length, &found));
	assert_true(kconfig_enabled(found.data, found.length, "CONFIG_IKCONFIG", false));
	text_deinit(&found);
	assert_error(kconfig_extract(bytes, kernel.length - 60, &found), ERROR_CORRUPT,
		     "gzip data ends in the middle");
	assert_error(kconfig_extract(bytes, 30, &found), ERROR_NOT_FOUND,
		     "no copy of its configuration");
	assert_error(kconfig_extract(bytes, 0, &found), ERROR_NOT_FOUND, "no copy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_enabled),
		cmocka_unit_test(test_copy_in_a_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
