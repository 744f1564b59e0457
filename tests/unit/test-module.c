// SPDX-License-Identifier: GPL-2.0-or-later
/* New modules out of the templates, and what a build has made. */
#include "lab/module.h"
#include "lab/module-load.h"

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

#define ANSWER_END \
	"old unloaded\ncrashed \nrelease 6.1.0\nloaded virtio_pci dummy \nlog\n"

/* What became of a module named demo that needs virtio-pci and lib, with this answer. */
static struct error *explain(const char *answer_text)
{
	struct module_answer answer = { .info.name = xstrdup("demo") };
	struct error *err;

	strv_push(&answer.info.depends, "virtio-pci");
	strv_push(&answer.info.depends, "lib");
	assert_ok(module_answer_parse(answer_text, &answer));
	err = module_explain(&answer);
	module_answer_deinit(&answer);
	return err;
}

static void test_answer(void **state)
{
	_cleanup_module_answer_ struct module_answer answer = { 0 };
	_cleanup_module_answer_ struct module_answer none = { 0 };

	assert_ok(module_answer_parse("failed load\nsaid a b\n" ANSWER_END "one\ntwo\n",
				      &answer));
	assert_string_equal(answer.failed, "load");
	assert_string_equal(answer.said, "a b");
	assert_string_equal(answer.old, "unloaded");
	assert_string_equal(answer.release, "6.1.0");
	assert_string_equal(answer.log, "one\ntwo\n");
	assert_error(module_answer_parse("sh: rmmod: not found\n", &none), ERROR_CORRUPT,
		     "did not say");
}

static void test_explain(void **state)
{
	static const struct {
		const char *failed, *said, *log, *wanted;
	} rows[] = {
		{ "load", "insmod: ERROR: could not insert module: Invalid module format",
		  "[1.0] demo: version magic '6.1.0 SMP' should be '6.12.0 SMP'\n",
		  "demo was built for \"6.1.0 SMP\", the running kernel is \"6.12.0 SMP\"" },
		{ "load", "insmod: ERROR: Invalid module format",
		  "demo: version magic '\033[31m' should be 'x'\n",
		  "built for \"\\x1b[31m\"" },
		{ "load", "Invalid module format",
		  "demo: disagrees about version of symbol module_layout\n",
		  "against another kernel" },
		{ "load", "unknown symbol", "demo: Unknown symbol lib_start (err -2)\n",
		  "demo needs lib, which is not loaded" },
		{ "load", "Invalid argument",
		  "BPF: Invalid name\nfailed to validate module [demo] BTF: -22\n",
		  "type information (BTF)" },
		{ "load", "Required key not available",
		  "Loading of unsigned module is rejected\n", "signed modules only" },
		{ "load", "Key was rejected by service", "", "signature of demo" },
		{ "load", "can't insert: File exists", "", "built in" },
		{ "load", "Killed", "BUG: kernel NULL pointer\nOops: 0002 [#1] SMP\n",
		  "crashed in demo" },
		{ "load", "insmod: can't insert '/tmp/a.ko': No such device ", "",
		  "demo does not load: No such device" },
		{ "unload", "rmmod: Resource temporarily unavailable", "", "in use" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text =
			xasprintf("failed %s\nsaid %s\n" ANSWER_END "%s", rows[i].failed,
				  rows[i].said, rows[i].log);

		assert_error(explain(text), ERROR_REFUSED, rows[i].wanted);
	}
	assert_ok(explain("failed \nsaid \n" ANSWER_END "demo: fine\n"));
}

/* A symbol that no module of the depends has: the kernel itself lacks it. */
static void test_explain_symbol(void **state)
{
	struct module_answer answer = { .info.name = xstrdup("demo") };

	assert_ok(module_answer_parse("failed load\nsaid x\n" ANSWER_END
				      "demo: Unknown symbol one (err -2)\n"
				      "demo: Unknown symbol two (err -2)\n",
				      &answer));
	assert_error(module_explain(&answer), ERROR_REFUSED, "no symbol one, two");
	module_answer_deinit(&answer);
}

/* kbuild's programs of a newer suite do not run here. */
static void test_newer_headers(void **state)
{
	static const char modpost[] =
		"#!/bin/sh\necho \"modpost: version \\`GLIBC_2.99' not found\" >&2\nexit 1\n";
	const struct fixture *f = *state;
	_cleanup_free_ char *kbuild = path_join(f->root, "Kbuild");
	_cleanup_free_ char *headers = path_join(f->root, "headers");
	_cleanup_free_ char *directory = path_join(headers, "scripts/mod");
	_cleanup_free_ char *program = path_join(directory, "modpost");
	struct kernel kernel = { .source = KERNEL_STORED, .name = (char *)"debian-99" };
	struct module_target target = { .kernel = &kernel, .directory = headers };
	struct module_build build = { .directory = f->root };
	_cleanup_strv_ struct strv files = { 0 };

	assert_ok(file_write(kbuild, "", 0, 0644));
	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(program, modpost, sizeof(modpost) - 1, 0755));
	assert_error(module_build(&build, &target, &files), ERROR_UNSUPPORTED,
		     "made for a newer system than this: their modpost needs GLIBC_2.99");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_names),	   TEST(test_new),
		TEST(test_new_in_nowhere), TEST(test_built_files),
		TEST(test_answer),	   TEST(test_explain),
		TEST(test_explain_symbol), TEST(test_newer_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
