// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/option, lab/options, lab/check, lab/nearest: rows and the values they take. */
#include "lab/options.h"

#include <ctype.h>

#include "base/text.h"
#include "lab/check.h"
#include "lab/nearest.h"
#include "lab/settings.h"
#include "unit.h"
#include "vm/runtime.h"

static const struct option_row *find(const char *name)
{
	for (const struct settings_table *t = settings_tables(); t->rows; t++) {
		const struct option_row *row = option_find(t->rows, name);

		if (row)
			return row;
	}
	fail_msg("no option is called %s", name);
	return NULL;
}

static void test_values(void **state)
{
	struct guest_options options = {};

	assert_ok(option_set(find("kernel"), &options, "debian"));
	assert_ok(option_set(find("kernel"), &options, "host"));
	assert_string_equal(options.kernel, "host");
	assert_ok(option_set(find("memory"), &options, "512"));
	assert_int_equal(options.memory, 512 << 20);
	assert_ok(option_set(find("memory"), &options, "2G"));
	assert_int_equal(options.memory, 2ULL << 30);
	assert_ok(option_set(find("cpus"), &options, "4"));
	assert_int_equal(options.cpus, 4);
	assert_ok(option_set(find("timeout"), &options, "1.5"));
	assert_int_equal(options.timeout_ms, 1500);
	assert_ok(option_set(find("kaslr"), &options, NULL));
	assert_true(options.kaslr);
	assert_ok(option_set(find("kaslr"), &options, "Off"));
	assert_false(options.kaslr);
	assert_ok(option_set(find("tty"), &options, NULL));
	assert_int_equal(options.tty, TTY_YES);
	assert_ok(option_set(find("no-tty"), &options, NULL));
	assert_int_equal(options.tty, TTY_NO);
	assert_ok(option_set(find("json"), &options, NULL));
	assert_string_equal(options.json, "");
	guest_options_deinit(&options);
	assert_null(options.kernel);
}

/* The order of the words in the table is the order of the enum. */
static void test_choices(void **state)
{
	struct guest_options options = {};

	assert_ok(option_set(find("accel"), &options, "tcg"));
	assert_int_equal(options.accel, ACCEL_TCG);
	assert_ok(option_set(find("accel"), &options, "auto"));
	assert_int_equal(options.accel, ACCEL_AUTO);
	assert_ok(option_set(find("boot"), &options, "image"));
	assert_int_equal(options.boot, BOOT_IMAGE);
	assert_ok(option_set(find("boot"), &options, "pvh"));
	assert_int_equal(options.boot, BOOT_PVH);
	assert_ok(option_set(find("fail-on"), &options, "oops"));
	assert_int_equal(options.fail_on, FAIL_ON_OOPS);
	assert_ok(option_set(find("fail-on"), &options, "warn"));
	assert_int_equal(options.fail_on, FAIL_ON_WARN);
	guest_options_deinit(&options);
}

static void test_lists(void **state)
{
	struct guest_options options = {};

	assert_ok(option_set(find("append"), &options, "quiet"));
	assert_ok(option_set(find("append"), &options, "loglevel=7"));
	assert_int_equal(options.append.count, 2);
	assert_ok(option_set(find("append"), &options, ""));
	assert_int_equal(options.append.count, 0);
	assert_ok(option_set(find("append"), &options, "debug"));
	assert_string_equal(options.append.items[0], "debug");
	guest_options_deinit(&options);
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *name, *value, *complaint;
	} cases[] = {
		{ "memory", "much", "not a size" },
		{ "memory", "-1", "not a size" },
		{ "cpus", "0", "not between 1 and" },
		{ "cpus", "two", "not a number" },
		{ "timeout", "soon", "not a duration" },
		{ "accel", "xen", "not one of auto, kvm, tcg" },
		{ "kaslr", "perhaps", "neither yes nor no" },
		{ "arch", "pdp11", "not an architecture" },
		{ "machine", "pc,usb=on", "not a plain word" },
		{ "machine", "", "not a plain word" },
		{ "net", "tap", "not a network" },
		{ "net", "tap=", "cannot name a network device" },
		{ "net", "tap=a-name-of-16-byte", "cannot name a network device" },
		{ "net", "tap=a,script=x", "cannot name a network device" },
		{ "net", "socket=", "no path for a socket" },
		{ "net", "username", "not a network" },
		{ "rodir", "/x", "shares no directory" },
		{ "rodir", "/x=", "shares no directory" },
		{ "rwdir", "x=/x", "shares no directory" },
		{ "env", "=x", "sets no variable" },
		{ "env", "1A=x", "sets no variable" },
		{ "cwd", "tmp", "not an absolute path" },
		{ "name", "../x", "cannot name a guest" },
		{ "name", ".x", "cannot name a guest" },
		{ "name", "", "cannot name a guest" },
		{ "suite", "../sid", "not a plain word" },
	};
	struct settings settings;

	settings_init(&settings);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_error(settings_set(&settings, find(cases[i].name), cases[i].value,
					  "test"),
			     ERROR_USAGE, cases[i].complaint);
	/* What is refused leaves nothing behind. */
	assert_int_equal(settings.effective_count, 0);
	assert_null(settings.guest.arch);
	settings_deinit(&settings);
}

/* Every row is whole, its name is one option's only, and so is its letter. */
static void test_tables(void **state)
{
	_cleanup_strv_ struct strv names = {};
	char letters[128] = "";

	for (const struct settings_table *t = settings_tables(); t->rows; t++) {
		option_rows_for_each(row, t->rows)
		{
			assert_non_null(row->help);
			if (row->kind == OPTION_TITLE)
				continue;
			if (strv_contains(&names, row->name))
				fail_msg("--%s is there twice", row->name);
			strv_push(&names, row->name);
			if (strlen(row->name) > 13)
				fail_msg("--%s is too long for the help", row->name);
			if (has_suffix(row->help, "."))
				fail_msg("--%s: its help ends in a full stop", row->name);
			if (row->kind == OPTION_CHOICE)
				assert_non_null(row->choices);
			if (row->kind == OPTION_NUMBER)
				assert_true(row->maximum > row->minimum);
			if (row->kind == OPTION_FLAG || row->kind == OPTION_CONSTANT ||
			    row->kind == OPTION_COUNT)
				assert_null(row->argument);
			else
				assert_non_null(row->argument);
			if (!row->letter)
				continue;
			assert_true(isalpha((unsigned char)row->letter));
			assert_null(strchr(letters, row->letter));
			letters[strlen(letters)] = row->letter;
		}
	}
}

static const char *nearest_of(const char *word)
{
	static const char *const names[] = { "memory", "cpus", "kernels",
					     "kernel", "run",  "list" };
	struct nearest nearest = nearest_to(word);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		nearest_offer(&nearest, names[i]);
	return nearest.name;
}

static void test_nearest(void **state)
{
	assert_string_equal(nearest_of("memroy"), "memory"); /* swapped */
	assert_string_equal(nearest_of("kernl"), "kernel");
	assert_string_equal(nearest_of("rnu"), "run");
	assert_string_equal(nearest_of("kernelss"), "kernels");
	assert_null(nearest_of("frobnicate"));
	assert_null(nearest_of("0123456789012345678901234567890123456789012345"));
}

/* What is taken here must be taken by the runtime directory too. */
static void test_guest_names(void **state)
{
	static const char longest[] = "g23456789012345678901234567890123456789012345678";

	assert_int_equal(strlen(longest), RUNTIME_NAME_MAX);
	assert_ok(check_guest_name(longest));
	assert_ok(check_guest_name("6.1-test"));
	assert_error(check_guest_name(
			     "g234567890123456789012345678901234567890123456789"),
		     ERROR_USAGE, "cannot name a guest");
	assert_error(check_guest_name(".hidden"), ERROR_USAGE, "cannot name a guest");
	assert_error(check_guest_name("Big"), ERROR_USAGE, "cannot name a guest");
	assert_error(check_guest_name(""), ERROR_USAGE, "cannot name a guest");
}

static void test_environment_name(void **state)
{
	_cleanup_free_ char *name = option_environment_name(find("boot-timeout"));

	assert_string_equal(name, "KLAB_BOOT_TIMEOUT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_guest_names),
		cmocka_unit_test(test_environment_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
