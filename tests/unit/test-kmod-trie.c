// SPDX-License-Identifier: GPL-2.0-or-later
/* The tries that modprobe looks into, read by the library that it looks with. */
#include "format/kmod-trie.h"

#include <libkmod.h>

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

DEFINE_CLEANUP(struct kmod_ctx *, kmod_unref)

struct fixture {
	char *root;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-kmod", &f->root));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	temp_dir_free(f->root);
	free(f);
	return 0;
}

/* rows: key, value, key, value..., NULL */
static void write_index(const struct fixture *f, const char *name,
			const char *const *rows)
{
	_cleanup_kmod_trie_ struct kmod_trie index = { 0 };
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_text_ struct text text = { 0 };

	for (; *rows; rows += 2)
		kmod_trie_add(&index, xstrdup(rows[0]), xstrdup(rows[1]));
	kmod_trie_write(&index, &text);
	assert_ok(file_write(path, text.data, text.length, 0644));
}

/* The names of the modules that a name or alias comes to: "a b ". */
static char *look_up(const struct fixture *f, const char *alias)
{
	static const char *const no_config[] = { NULL };
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = kmod_new(f->root, no_config);
	_cleanup_text_ struct text names = { 0 };
	struct kmod_list *list = NULL, *item;

	assert_int_equal(kmod_module_new_from_lookup(kmod, alias, &list), 0);
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		text_appendf(&names, "%s ", kmod_module_get_name(module));
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return text_take(&names);
}

static void check(const struct fixture *f, const char *alias, const char *wanted)
{
	_cleanup_free_ char *names = look_up(f, alias);

	assert_string_equal(names, wanted);
}

static void test_names_and_what_they_need(void **state)
{
	static const char *const rows[] = {
		"ext2",	      "kernel/fs/ext2.ko: kernel/fs/mbcache.ko",
		"ext",	      "kernel/ext.ko:",
		"ext24",      "kernel/ext24.ko:",
		"mbcache",    "kernel/fs/mbcache.ko:",
		"virtio_net", "kernel/virtio-net.ko:",
		NULL,
	};
	struct fixture *f = *state;
	static const char *const no_config[] = { NULL };
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = kmod_new(f->root, no_config);
	_cleanup_free_ char *directory = path_join(f->root, "kernel/fs");
	_cleanup_free_ char *needed = path_join(directory, "mbcache.ko");
	struct kmod_list *list = NULL, *needs;
	struct kmod_module *module;

	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(needed, "x", 1, 0644));
	write_index(f, "modules.dep.bin", rows);
	check(f, "ext2", "ext2 ");
	check(f, "ext", "ext ");
	check(f, "ext24", "ext24 ");
	check(f, "virtio-net", "virtio_net ");
	check(f, "ex", "");
	check(f, "ext2x", "");
	check(f, "nothing", "");

	assert_int_equal(kmod_module_new_from_lookup(kmod, "ext2", &list), 0);
	module = kmod_module_get_module(list);
	assert_true(has_suffix(kmod_module_get_path(module), "/kernel/fs/ext2.ko"));
	needs = kmod_module_get_dependencies(module);
	assert_non_null(needs);
	kmod_module_unref_list(needs);
	kmod_module_unref(module);
	kmod_module_unref_list(list);
}

static void test_aliases(void **state)
{
	static const char *const rows[] = {
		"fs_ext9",
		"ext9",
		"virtio:d00000001v*",
		"first",
		"virtio:d0000000[1-3]v*",
		"second",
		"virtio:d*",
		"third",
		"virtio:d00000001v*",
		"fourth",
		NULL,
	};
	static const char *const none[] = { NULL };
	struct fixture *f = *state;
	_cleanup_free_ char *names = NULL;

	write_index(f, "modules.alias.bin", rows);
	write_index(f, "modules.dep.bin", none);
	check(f, "fs-ext9", "ext9 ");
	check(f, "virtio:d00000002v00001AF4", "second third ");
	check(f, "pci:v00001AF4", "");
	/* Which of several comes first is kmod's affair, but for equal patterns. */
	names = look_up(f, "virtio:d00000001v00001AF4");
	assert_int_equal(strlen(names), strlen("first second third fourth "));
	assert_true(strstr(names, "first ") < strstr(names, "fourth "));
}

static void test_what_is_built_in(void **state)
{
	static const char *const rows[] = { "ext4", "", "jbd2", "", NULL };
	static const char *const none[] = { NULL };
	struct fixture *f = *state;

	write_index(f, "modules.dep.bin", none);
	write_index(f, "modules.alias.bin", none);
	check(f, "ext4", "");
	write_index(f, "modules.builtin.bin", rows);
	check(f, "ext4", "ext4 ");
	check(f, "ext3", "");
}

static void test_keys_that_no_module_has(void **state)
{
	_cleanup_kmod_trie_ struct kmod_trie index = { 0 };
	char *longest = xcalloc(1, 2001);

	memset(longest, 'x', 2000);
	kmod_trie_add(&index, longest, xstrdup("a"));
	kmod_trie_add(&index, xstrdup("na\xc3\xafve"), xstrdup("a"));
	kmod_trie_add(&index, xstrdup(""), xstrdup("a"));
	assert_int_equal(index.count, 0);
}

static void test_dashes(void **state)
{
	char key[] = "a-b[0-9]-c[-";

	kmod_trie_normalize(key);
	assert_string_equal(key, "a_b[0-9]_c[-");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_names_and_what_they_need),
		TEST(test_aliases),
		TEST(test_what_is_built_in),
		TEST(test_keys_that_no_module_has),
		TEST(test_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
