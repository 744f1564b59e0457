// SPDX-License-Identifier: GPL-2.0-or-later
/* kernel/stale: what an edit in a tree looks like. */
#include "kernel/stale.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/thin-archive.h"
#include "os/file.h"
#include "unit.h"

#define BUILT 1000000

struct tree {
	char *directory;
	struct kernel kernel;
};

/* A file that was changed so many seconds after the build. */
static void put(const struct tree *tree, const char *name, const void *content,
		size_t size, int after)
{
	_cleanup_free_ char *path = path_join(tree->directory, name);
	_cleanup_free_ char *directory = path_parent(path);
	const struct timespec times[2] = { { .tv_sec = BUILT + after },
					   { .tv_sec = BUILT + after } };

	assert_ok(dir_make(directory, 0777));
	assert_ok(file_write(path, content, size, 0666));
	assert_return_code(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void touch(const struct tree *tree, const char *name, int after)
{
	put(tree, name, "", 0, after);
}

static void archive(const struct tree *tree, const char *name, const char *names)
{
	_cleanup_text_ struct text text = { 0 };

	text_appendf(&text, "!<thin>\n%-48s%-10zu`\n%s", "//", strlen(names), names);
	put(tree, name, text.data, text.length, 2);
}

static void tree_begin(struct tree *tree)
{
	*tree = (struct tree){ 0 };
	assert_ok(temp_dir_make("klab-stale", &tree->directory));
	tree->kernel.source = KERNEL_TREE;
	tree->kernel.name = tree->kernel.source_directory = tree->directory;
	tree->kernel.config = path_join(tree->directory, ".config");
	tree->kernel.image = path_join(tree->directory, "arch/x86/boot/bzImage");
	touch(tree, ".config", -9);
	touch(tree, "include/config/auto.conf", -8);
	touch(tree, "init/main.c", -100);
	touch(tree, "init/main.o", 0);
	touch(tree, "arch/x86/lib/copy.S", -100);
	touch(tree, "arch/x86/lib/copy.o", 1);
	touch(tree, "made/here.o", 1);
	touch(tree, "drivers/one.c", -100);
	touch(tree, "drivers/one.o", 1);
	archive(tree, "vmlinux.a", "init/main.o/\nmade/here.o/\nnot/there.o/\n");
	archive(tree, "arch/x86/lib/lib.a", "copy.o/\n");
	put(tree, "drivers/card.mod", "drivers/one.o\n", 14, 1);
	put(tree, "modules.order", "drivers/card.ko\nnot/there.o\n", 28, 1);
	touch(tree, "vmlinux", 3);
	touch(tree, "arch/x86/boot/bzImage", 4);
}

static void tree_end(struct tree *tree)
{
	free(tree->kernel.config);
	free(tree->kernel.image);
	temp_dir_free(tree->directory);
}

static void check(const struct tree *tree, const char *wanted)
{
	_cleanup_free_ char *why = kernel_stale(&tree->kernel);

	assert_string_equal(why ? why : "fresh", wanted);
}

static void test_edits(void **state)
{
	static const struct {
		const char *file;
		int after;
		const char *wanted;
	} cases[] = {
		{ "init/main.c", 10, "init/main.c has changed" },
		{ "arch/x86/lib/copy.S", 10, "arch/x86/lib/copy.S has changed" },
		{ "drivers/one.c", 10, "drivers/one.c has changed" },
		{ ".config", 10, ".config has changed" },
		{ "init/main.o", 10, "init/main.o was compiled but not linked" },
		{ "vmlinux", 10, "vmlinux is newer than bzImage" },
		/* Newer than the image, but what was compiled has them. */
		{ "drivers/one.o", 10, "fresh" },
		{ "init/other.c", 10, "fresh" },
		{ "init/main.c", 0, "fresh" }, /* as make sees it */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree;

		tree_begin(&tree);
		check(&tree, "fresh");
		touch(&tree, cases[i].file, cases[i].after);
		check(&tree, cases[i].wanted);
		tree_end(&tree);
	}
}

static void test_less(void **state)
{
	struct tree tree;

	tree_begin(&tree);
	touch(&tree, "init/main.c", 10);
	tree.kernel.source = KERNEL_STORED;
	check(&tree, "fresh");
	tree.kernel.source = KERNEL_TREE;
	put(&tree, "vmlinux.a", "!<arch>\n", 8, 0);
	check(&tree, "fresh");
	tree.kernel.source_directory = (char *)"/nowhere";
	check(&tree, "fresh");
	tree_end(&tree);
}

static void test_archives(void **state)
{
	static const char whole[] = "!<thin>\n/               "
				    "0           0     0     0       3         `\nabc\n"
				    "//                                              "
				    "8         `\na/b.o/\nc";
	size_t position = 0, length;
	const char *name;

	assert_true(thin_archive_next((const uint8_t *)whole, sizeof(whole) - 1,
				      &position, &name, &length));
	assert_int_equal(length, 5);
	assert_memory_equal(name, "a/b.o", 5);
	assert_false(thin_archive_next((const uint8_t *)whole, sizeof(whole) - 1,
				       &position, &name, &length));
	for (size_t size = 0; size < sizeof(whole) - 9; size++) {
		position = 0;
		assert_false(thin_archive_next((const uint8_t *)whole, size, &position,
					       &name, &length));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
