// SPDX-License-Identifier: GPL-2.0-or-later
/* Estimates of builds, from those before. */
#include "lab/build-steps.h"

#include "lab/config.h"
#include "os/file.h"
#include "unit.h"

static void test_steps(void **state)
{
	assert_true(build_is_step("  CC      init/main.o"));
	assert_true(build_is_step("  LD [M]  drivers/net/tun.ko"));
	assert_false(build_is_step("make[1]: Entering directory '/linux'"));
	assert_false(build_is_step("Kernel: arch/x86/boot/bzImage is ready  (#1)"));
	assert_false(build_is_step("  "));
	assert_false(build_is_step(""));
}

static void test_whole_builds(void **state)
{
	struct build_steps steps = { 0 };

	assert_int_equal(build_steps_estimate(&steps, true), 0);
	build_steps_count(&steps, true, true, 900);
	assert_int_equal(build_steps_estimate(&steps, true), 900);
	/* One that was interrupted goes on where it was. */
	build_steps_count(&steps, true, false, 300);
	assert_int_equal(build_steps_estimate(&steps, true), 600);
	build_steps_count(&steps, true, true, 610);
	assert_int_equal(build_steps_estimate(&steps, true), 910);
	/* More than there ever were: nothing is known. */
	build_steps_count(&steps, true, false, 2000);
	assert_int_equal(build_steps_estimate(&steps, true), 0);
}

static void test_builds_of_what_is_built(void **state)
{
	struct build_steps steps = { .whole = 900 };

	assert_int_equal(build_steps_estimate(&steps, false), 0);
	build_steps_count(&steps, false, true, 12);
	build_steps_count(&steps, false, false, 3);
	assert_int_equal(build_steps_estimate(&steps, false), 12);
	assert_int_equal(build_steps_estimate(&steps, true), 900);
}

static void test_they_are_kept(void **state)
{
	const struct build_steps steps = { .whole = 900, .partial = 30, .again = 12 };
	struct build_steps again = { 0 };
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;

	assert_ok(temp_dir_make("klab-steps", &directory));
	build_steps_load(directory, &again);
	assert_int_equal(again.whole, 0);
	build_steps_save(directory, &steps);
	build_steps_load(directory, &again);
	assert_memory_equal(&again, &steps, sizeof(steps));
	/* What is no such file says nothing. */
	path = path_join(directory, "steps");
	assert_ok(file_write(path, "7 x\n", 4, 0644));
	again = (struct build_steps){ 0 };
	build_steps_load(directory, &again);
	assert_int_equal(again.whole, 0);
}

static void test_comparing_configurations(void **state)
{
	static const char before[] = "CONFIG_B=y\nCONFIG_A=m\n# CONFIG_N is not set\n"
				     "CONFIG_GONE=y\n# CONFIG_NO is not set\n";
	static const char after[] = "CONFIG_A=y\nCONFIG_B=y\nCONFIG_N=y\nCONFIG_HZ=100\n";
	_cleanup_config_entries_ struct config_entries entries = { 0 };

	config_compare(before, strlen(before), after, strlen(after), &entries);
	assert_int_equal(entries.count, 4);
	assert_string_equal(entries.items[0].name, "A");
	assert_string_equal(entries.items[0].before, "m");
	assert_string_equal(entries.items[0].after, "y");
	assert_string_equal(entries.items[1].name, "GONE");
	assert_null(entries.items[1].after);
	assert_string_equal(entries.items[2].name, "HZ");
	assert_null(entries.items[2].before);
	assert_string_equal(entries.items[3].before, "n");
}

static void test_selecting_options(void **state)
{
	static const char config[] =
		"CONFIG_PCI=y\nCONFIG_VIRTIO_PCI=m\nCONFIG_PCI_MSI=y\n";
	static const struct {
		const char *pattern;
		size_t count;
	} rows[] = { { NULL, 3 },   { "pci", 3 },  { "CONFIG_PCI", 3 },
		     { "pci*", 2 }, { "*PCI", 2 }, { "usb", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_config_entries_ struct config_entries entries = { 0 };

		config_select(config, strlen(config), rows[i].pattern, &entries);
		assert_int_equal(entries.count, rows[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_whole_builds),
		cmocka_unit_test(test_builds_of_what_is_built),
		cmocka_unit_test(test_they_are_kept),
		cmocka_unit_test(test_comparing_configurations),
		cmocka_unit_test(test_selecting_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
