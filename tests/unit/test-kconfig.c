// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of a .config. */
#include <string.h>

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

static void assert_tristate(const char *text, const char *option, char wanted)
{
	assert_int_equal(kconfig_tristate(text, strlen(text), option), wanted);
}

static void test_tristates(void **state)
{
	assert_tristate(config, "PVH", 'y');
	assert_tristate(config, "CONFIG_PVHX", 'm');
	assert_tristate(config, "KASAN", 'n');
	assert_tristate(config, "HZ", 'n');
	assert_tristate(config, "NONE", 'n');
	assert_tristate("", "NONE", 'n');
	/* Cut off in the middle of a name, of a word. */
	assert_tristate("CONFIG_PVH", "PVH", 'n');
	assert_tristate("# CONFIG_PVH is not", "PVH", 'n');
}

static void test_copy_in_a_kernel(void **state)
{
	_cleanup_text_ struct text kernel = tests_file("fuzz/corpus/kconfig/in-a-kernel");
	_cleanup_text_ struct text found = { 0 };
	const uint8_t *bytes = (const uint8_t *)kernel.data;

	assert_ok(kconfig_extract(bytes, kernel.length, &found));
	assert_int_equal(kconfig_tristate(found.data, found.length, "CONFIG_IKCONFIG"),
			 'y');
	text_deinit(&found);
	assert_error(kconfig_extract(bytes, kernel.length - 60, &found), ERROR_CORRUPT,
		     "gzip data ends in the middle");
	text_deinit(&found);
	assert_error(kconfig_extract(bytes, 30, &found), ERROR_NOT_FOUND,
		     "no copy of its configuration");
	assert_error(kconfig_extract(NULL, 0, &found), ERROR_NOT_FOUND, "no copy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_tristates),
		cmocka_unit_test(test_copy_in_a_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
