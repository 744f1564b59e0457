// SPDX-License-Identifier: GPL-2.0-or-later
/* New modules out of the templates, and what a build has made. */
#include "lab/module.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-module", &f->root));
	store = path_join(f->root, "store");
	assert_ok(store_open(store, &f->store));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void test_names(void **state)
{
	char longest[57];

	assert_ok(module_check_name("demo"));
	assert_ok(module_check_name("_a9"));
	assert_error(module_check_name(""), ERROR_USAGE, "no name");
	assert_error(module_check_name("9a"), ERROR_USAGE, "no name");
	assert_error(module_check_name("a-b"), ERROR_USAGE, "no name");
	assert_error(module_check_name("../a"), ERROR_USAGE, "no name");
	assert_error(module_check_name("\xc3\xa4"), ERROR_USAGE, "no name");
	memset(longest, 'a', sizeof(longest));
	longest[55] = '\0';
	assert_ok(module_check_name(longest));
	longest[55] = 'a';
	longest[56] = '\0';
	assert_error(module_check_name(longest), ERROR_USAGE, "too long");
}

static char *content(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_bytes_ struct bytes bytes = { 0 };

	assert_ok(file_read(path, 1 << 20, &bytes));
	return xstrndup((const char *)bytes.data, bytes.size);
}

static void test_new(void **state)
{
	static const char *const files[] = { "demo.c", "Kbuild", "Makefile", "test",
					     ".gitignore" };
	struct fixture *f = *state;
	_cleanup_free_ char *wanted = path_join(f->root, "here");
	_cleanup_free_ char *again = NULL;
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *kbuild = NULL;
	_cleanup_free_ char *test = path_join(wanted, "test");

	assert_ok(module_new(f->store, "demo", wanted, &directory));
	assert_string_equal(directory, wanted);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = content(directory, files[i]);

		assert_null(strstr(text, "@NAME@"));
		assert_null(strstr(text, "@AUTHOR@"));
	}
	kbuild = content(directory, "Kbuild");
	assert_non_null(strstr(kbuild, "obj-m := demo.o\n"));
	assert_int_equal(access(test, X_OK), 0);
	assert_error(module_new(f->store, "demo", wanted, &again), ERROR_EXISTS,
		     "is there already");
}

/* Nothing is left where the directory can't be made. */
static void test_new_in_nowhere(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *wanted = path_join(f->root, "no/such/demo");
	_cleanup_free_ char *parent = path_join(f->root, "no");
	_cleanup_free_ char *directory = NULL;
	struct error *err = module_new(f->store, "demo", wanted, &directory);

	assert_non_null(err);
	error_free(err);
	assert_false(path_exists(parent));
}

static void put(const struct fixture *f, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(f->root, name);

	assert_ok(file_write(path, text, strlen(text), 0644));
}

static void test_built_files(void **state)
{
	struct fixture *f = *state;
	_cleanup_strv_ struct strv files = { 0 };
	_cleanup_strv_ struct strv none = { 0 };
	_cleanup_free_ char *order = xasprintf("%s/one.ko\ntwo.o\ngone.o\n", f->root);
	_cleanup_free_ char *one = path_join(f->root, "one.ko");
	_cleanup_free_ char *two = path_join(f->root, "two.ko");

	assert_error(module_built_files(f->root, &none), ERROR_NOT_FOUND,
		     "no module is built");
	put(f, "one.ko", "");
	put(f, "two.ko", "");
	put(f, "modules.order", order); /* of kernels before and since 6.4 */
	assert_ok(module_built_files(f->root, &files));
	assert_int_equal(files.count, 2);
	assert_string_equal(files.items[0], one);
	assert_string_equal(files.items[1], two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_new),
		TEST(test_new_in_nowhere),
		TEST(test_built_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
