// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/settings: which file and variable wins, who said it, and whom a tree may not
 * command. */
#include "lab/settings.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

/* A user's file, a project with a subdirectory, an environment. */
struct world {
	char *root;
	char *user_file;
	char *project;	    /* ROOT/project */
	char *project_file; /* its klab.conf */
	char *below;	    /* ROOT/project/sub/deep */
};

static int world_setup(void **state)
{
	struct world *world = xnew(struct world);

	assert_ok(temp_dir_make("klab-settings", &world->root));
	world->user_file = path_join(world->root, "user.conf");
	world->project = path_join(world->root, "project");
	world->project_file = path_join(world->project, "klab.conf");
	world->below = path_join(world->project, "sub/deep");
	assert_ok(dir_make(world->below, 0755));
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	temp_dir_free(world->root);
	free(world->user_file);
	free(world->project);
	free(world->project_file);
	free(world->below);
	free(world);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	assert_ok(file_write(path, text, strlen(text), 0644));
}

static struct error *load(const struct world *world, struct settings *settings,
			  char *const *environment)
{
	static char *const nothing[] = { NULL };
	const struct settings_places places = {
		.user_file = world->user_file,
		.directory = world->below,
		.environment = environment ? environment : nothing,
	};

	settings_init(settings);
	return settings_load(settings, &places);
}

static void test_nothing(void **state)
{
	_cleanup_settings_ struct settings settings;

	assert_ok(load(*state, &settings, NULL));
	assert_int_equal(settings.effective_count, 0);
	assert_int_equal(settings.notes.count, 0);
	assert_null(settings_source(&settings, "memory"));
	assert_int_equal(settings.store_budget, STORE_BUDGET_DEFAULT);
}

static void test_order(void **state)
{
	const struct world *world = *state;
	char *const environment[] = { (char *)"KLAB_CPUS=3", (char *)"KLAB_TIMEOUT=9",
				      NULL };
	_cleanup_settings_ struct settings settings;
	_cleanup_free_ char *source = xasprintf("%s:2", world->project_file);

	write_file(world->user_file, "memory = 1G\nplain = yes\ncpus = 1\ntimeout=7\n");
	write_file(world->project_file, "[run]\nmemory = 2G\ncpus = 2\n");
	assert_ok(load(world, &settings, environment));
	assert_ok(settings_set(&settings, settings_find("timeout"), "1",
			       "the command line"));

	assert_true(settings.guest.plain); /* user */
	assert_int_equal(settings.guest.memory, 2ULL << 30);
	assert_string_equal(settings_source(&settings, "memory"), source);
	assert_int_equal(settings.guest.cpus, 3);
	assert_string_equal(settings_source(&settings, "cpus"), "KLAB_CPUS");
	assert_int_equal(settings.guest.timeout_ms, 1000);
	assert_string_equal(settings_source(&settings, "timeout"), "the command line");
	assert_int_equal(settings.effective_count, 4);
}

static void test_lists_add_up(void **state)
{
	const struct world *world = *state;
	char *const emptied[] = { (char *)"KLAB_APPEND=", NULL };
	_cleanup_settings_ struct settings settings, without;

	write_file(world->user_file, "append = a\n");
	write_file(world->project_file, "append = b\nappend = c\n");
	assert_ok(load(world, &settings, NULL));
	assert_int_equal(settings.guest.append.count, 3);
	assert_string_equal(settings.guest.append.items[2], "c");
	assert_int_equal(settings.effective_count, 3);

	assert_ok(load(world, &without, emptied));
	assert_int_equal(without.guest.append.count, 0);
}

static void test_kbuild_variables(void **state)
{
	char *const both[] = { (char *)"ARCH=arm64", (char *)"O=/o",
			       (char *)"KBUILD_OUTPUT=/k", NULL };
	char *const own[] = { (char *)"KLAB_ARCH=x86_64", (char *)"ARCH=arm64",
			      (char *)"KBUILD_OUTPUT=/k", (char *)"LLVM=", NULL };
	char *const odd[] = { (char *)"ARCH=um", NULL };
	_cleanup_settings_ struct settings first, second, third;

	assert_ok(load(*state, &first, both));
	assert_string_equal(first.guest.arch, "arm64");
	assert_string_equal(first.guest.output, "/o");
	assert_ok(load(*state, &second, own));
	assert_string_equal(second.guest.arch, "x86_64");
	assert_string_equal(second.guest.output, "/k");
	assert_null(second.guest.llvm);
	assert_error(load(*state, &third, odd), ERROR_USAGE, "the variable ARCH");
}

static void test_unknown_key(void **state)
{
	const struct world *world = *state;
	_cleanup_settings_ struct settings settings;
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ char *message =
		xasprintf("%s:2: \"memroy\" is not a setting", world->project_file);

	write_file(world->project_file, "cpus = 1\nmemroy = 1G\n");
	err = load(world, &settings, NULL);
	assert_non_null(err);
	assert_string_equal(error_sentence(err), message);
	assert_string_equal(error_hint_text(err), "memory");
}

static void test_bad_value(void **state)
{
	const struct world *world = *state;
	_cleanup_settings_ struct settings settings;

	write_file(world->user_file, "\n\nmemory = lots\n");
	assert_error(load(world, &settings, NULL), ERROR_USAGE,
		     "user.conf:3: memory: \"lots\" is not a size");
}

static void test_variable_slip(void **state)
{
	char *const environment[] = { (char *)"KLAB_MEMROY=2G", (char *)"KLAB_DATA=/x",
				      (char *)"KLAB_TESTS=/y",	(char *)"KLAB_=z",
				      (char *)"KLABX=1",	NULL };
	_cleanup_settings_ struct settings settings;

	assert_ok(load(*state, &settings, environment));
	assert_int_equal(settings.notes.count, 1);
	assert_string_equal(settings.notes.items[0],
			    "the variable KLAB_MEMROY sets nothing: KLAB_MEMORY does");
}

/* What is a switch of one command line only is no setting. */
static void test_not_settings(void **state)
{
	const struct world *world = *state;
	static const char *const lines[] = { "name = x\n", "dry-run = yes\n",
					     "json = /tmp/x\n", "output = /\n" };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_settings_ struct settings settings;

		write_file(world->user_file, lines[i]);
		assert_error(load(world, &settings, NULL), ERROR_USAGE,
			     "is not a setting");
	}
}

/* A cloned tree belongs to whoever cloned it: that is no reason to run its programs. */
static void test_restricted(void **state)
{
	const struct world *world = *state;
	static const char *const lines[] = {
		"qemu = ./evil\n",	 "qemu-opts = -chardev file,path=x\n",
		"add = /etc/shadow\n",	 "overlay = /home\n",
		"disk = /dev/sda\n",	 "net = user,guestfwd=tcp::1-cmd:evil\n",
		"mirror = rsh://evil\n", "trust = /\n",
		"env = SECRET\n",	 "yes = yes\n",
		"store-budget = 0\n",	 "keyring = evil.gpg\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_settings_ struct settings settings;

		write_file(world->project_file, lines[i]);
		assert_error(load(world, &settings, NULL), ERROR_USAGE,
			     "needs your trust in this tree");
	}
}

static void test_trust(void **state)
{
	const struct world *world = *state;
	_cleanup_free_ char *trusts = xasprintf("trust = %s\n", world->root);
	_cleanup_free_ char *beside = xasprintf("trust = %s/proj\n", world->root);
	_cleanup_free_ char *sibling = path_join(world->root, "proj");
	_cleanup_settings_ struct settings settings, other;

	assert_ok(dir_make(sibling, 0755));
	write_file(world->project_file, "qemu = /opt/qemu\n");
	write_file(world->user_file, trusts);
	assert_ok(load(world, &settings, NULL));
	assert_string_equal(settings.guest.qemu, "/opt/qemu");
	/* "/x/proj" is not above "/x/project". */
	write_file(world->user_file, beside);
	assert_error(load(world, &other, NULL), ERROR_USAGE, "needs your trust");
}

static void test_writable_by_all(void **state)
{
	const struct world *world = *state;
	_cleanup_settings_ struct settings settings;

	write_file(world->project_file, "cpus = 2\n");
	assert_int_equal(chmod(world->project_file, 0666), 0);
	assert_ok(load(world, &settings, NULL));
	assert_int_equal(settings.guest.cpus, 0);
	assert_int_equal(settings.notes.count, 1);
	assert_non_null(strstr(settings.notes.items[0], "everybody may write it"));
}

/* Standing in ~/.config/klab, the user's file is not a stranger's. */
static void test_same_file(void **state)
{
	const struct world *world = *state;
	const struct settings_places places = {
		.user_file = world->project_file,
		.directory = world->project,
		.environment = (char *const[]){ NULL },
	};
	_cleanup_settings_ struct settings settings;

	write_file(world->project_file, "qemu = /opt/qemu\n");
	settings_init(&settings);
	assert_ok(settings_load(&settings, &places));
	assert_string_equal(settings.guest.qemu, "/opt/qemu");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),	    TEST(test_order),
		TEST(test_lists_add_up),    TEST(test_kbuild_variables),
		TEST(test_unknown_key),	    TEST(test_variable_slip),
		TEST(test_bad_value),	    TEST(test_not_settings),
		TEST(test_restricted),	    TEST(test_trust),
		TEST(test_writable_by_all), TEST(test_same_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
