// SPDX-License-Identifier: GPL-2.0-or-later
/* Build trees in all the states that they can be in, as kbuild leaves them. */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/resolvers.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	char *source;
	char *output;
	struct kernel *kernel;
};

static void put(const char *directory, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_free_ char *parent = path_parent(path);

	assert_ok(dir_make(parent, 0755));
	assert_ok(file_write(path, text, strlen(text), 0644));
}

static void put_source(const char *directory)
{
	put(directory, "Kbuild", "");
	put(directory, "Makefile", "");
	put(directory, "scripts/Makefile.build", "");
}

static void put_build(const char *directory, const char *config, const char *image)
{
	put(directory, ".config", config);
	put(directory, "include/config/kernel.release", "6.6.1-test+\n");
	put(directory, "vmlinux", "");
	if (image)
		put(directory, image, "");
	put(directory, "modules.order", "");
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-tree", &f->root));
	f->source = path_join(f->root, "linux");
	f->output = path_join(f->root, "out");
	put_source(f->source);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	kernel_free(f->kernel);
	temp_dir_free(f->root);
	free(f->source);
	free(f->output);
	free(f);
	return 0;
}

static struct error *resolve(struct fixture *f, const char *directory, const char *output,
			     const char *arch)
{
	kernel_free(take_ptr(f->kernel));
	return kernel_from_tree(directory, output, arch ? arch_find(arch) : NULL,
				&f->kernel);
}

static void assert_hint(struct error *err, const char *words)
{
	_cleanup_error_ struct error *owned = err;

	assert_non_null(err);
	if (!strstr(error_hint_text(err), words))
		fail_msg("the hint \"%s\" lacks \"%s\"", error_hint_text(err), words);
}

static void test_built_in_place(void **state)
{
	struct fixture *f = *state;

	put_build(f->source,
		  "CONFIG_X86_64=y\nCONFIG_DEBUG_INFO=y\nCONFIG_DEBUG_INFO_BTF=y\n",
		  "arch/x86/boot/bzImage");
	assert_ok(resolve(f, f->source, NULL, NULL));
	assert_int_equal(f->kernel->source, KERNEL_TREE);
	assert_ptr_equal(f->kernel->arch, arch_find("x86_64"));
	assert_string_equal(f->kernel->release, "6.6.1-test+");
	assert_true(has_suffix(f->kernel->image, "/linux/arch/x86/boot/bzImage"));
	assert_true(has_suffix(f->kernel->vmlinux, "/linux/vmlinux"));
	assert_string_equal(f->kernel->source_directory, f->source);
	assert_string_equal(f->kernel->modules, f->source);
	assert_true(f->kernel->modules_tree);
	assert_true(f->kernel->has_btf);
	assert_true(f->kernel->has_dwarf);
}

static void test_output_apart(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *link = path_join(f->output, "source");

	put_build(f->output, "CONFIG_ARM64=y\n", "arch/arm64/boot/Image");
	/* Named by O=. */
	assert_ok(resolve(f, f->source, f->output, NULL));
	assert_ptr_equal(f->kernel->arch, arch_find("aarch64"));
	assert_string_equal(f->kernel->source_directory, f->source);
	assert_string_equal(f->kernel->config + strlen(f->output), "/.config");
	assert_false(f->kernel->has_dwarf);
	/* Named itself, the source is where kbuild's link says. */
	assert_int_equal(symlink(f->source, link), 0);
	assert_ok(resolve(f, f->output, NULL, NULL));
	assert_string_equal(f->kernel->source_directory, f->source);
	/* O= of the environment does not bend a tree that is built in itself. */
	assert_ok(resolve(f, f->output, "/nowhere", NULL));
}

static void test_not_built(void **state)
{
	struct fixture *f = *state;

	assert_error(resolve(f, f->source, NULL, NULL), ERROR_NOT_FOUND, "is not built");
	assert_hint(resolve(f, f->source, NULL, NULL), "make -C ");
	assert_hint(resolve(f, f->source, NULL, NULL), "defconfig");
	assert_hint(resolve(f, f->source, f->output, NULL), "O=");
	assert_hint(resolve(f, f->source, NULL, "aarch64"), "Image modules");
	/* Configured, but no more. */
	put(f->source, ".config", "CONFIG_X86_64=y\n");
	assert_hint(resolve(f, f->source, NULL, NULL), "bzImage modules");
}

static void test_no_image(void **state)
{
	struct fixture *f = *state;

	/* For x86 the plain vmlinux will do, arm64 needs its Image. */
	put_build(f->source, "CONFIG_X86_64=y\n", NULL);
	assert_ok(resolve(f, f->source, NULL, NULL));
	assert_true(has_suffix(f->kernel->image, "/vmlinux"));
	put_build(f->output, "CONFIG_ARM64=y\n", NULL);
	assert_error(resolve(f, f->output, NULL, NULL), ERROR_NOT_FOUND,
		     "arch/arm64/boot/Image");
	assert_hint(resolve(f, f->output, NULL, NULL), "Image modules");
}

/* An image of an earlier build for another machine lies about. */
static void test_the_configuration_decides(void **state)
{
	struct fixture *f = *state;

	put_build(f->source, "CONFIG_ARM64=y\n", "arch/arm64/boot/Image");
	put(f->source, "arch/x86/boot/bzImage", "");
	assert_ok(resolve(f, f->source, NULL, NULL));
	assert_ptr_equal(f->kernel->arch, arch_find("aarch64"));
	assert_error(resolve(f, f->source, NULL, "x86_64"), ERROR_UNSUPPORTED,
		     "configured for aarch64");
	put_build(f->output, "# CONFIG_X86_64 is not set\nCONFIG_X86_64=m\n", NULL);
	assert_error(resolve(f, f->output, NULL, NULL), ERROR_NOT_FOUND, "no image");
}

static struct error *around(struct fixture *f, const char *directory, const char *output,
			    const char *arch)
{
	kernel_free(take_ptr(f->kernel));
	return kernel_around(directory, output, arch ? arch_find(arch) : NULL,
			     &f->kernel);
}

static void test_around(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *inside = path_join(f->source, "drivers/char");

	assert_ok(dir_make(inside, 0755));
	assert_error(around(f, inside, NULL, NULL), ERROR_NOT_FOUND, "is not built");
	put_build(f->source, "CONFIG_X86_64=y\n", "arch/x86/boot/bzImage");
	assert_ok(around(f, inside, NULL, NULL));
	assert_non_null(f->kernel);
	assert_string_equal(f->kernel->name, f->source);
	assert_error(around(f, inside, NULL, "aarch64"), ERROR_UNSUPPORTED,
		     "configured for x86_64");
	assert_ok(around(f, f->root, NULL, NULL));
	assert_null(f->kernel);
}

/* O= says which, in the source and elsewhere; what is not there is no reason to take
 * another. */
static void test_around_with_output(void **state)
{
	struct fixture *f = *state;

	put_build(f->source, "CONFIG_X86_64=y\n", "arch/x86/boot/bzImage");
	put_build(f->output, "CONFIG_ARM64=y\n", "arch/arm64/boot/Image");
	assert_ok(around(f, f->source, f->output, NULL));
	assert_string_equal(f->kernel->name, f->output);
	assert_string_equal(f->kernel->source_directory, f->source);
	assert_ok(around(f, f->root, f->output, NULL));
	assert_string_equal(f->kernel->name, f->output);
	assert_error(around(f, f->source, "/nowhere", NULL), ERROR_NOT_FOUND, "/nowhere");
	assert_error(around(f, f->root, "/nowhere", NULL), ERROR_NOT_FOUND, "/nowhere");
}

static void test_directory_without_a_tree(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *link = path_join(f->output, "source");

	assert_true(kernel_is_tree(f->source));
	assert_false(kernel_is_tree(f->root));
	assert_false(kernel_is_tree("/nonexistent"));
	/* Configured, with kbuild's link to the source, is a tree that is not built. */
	put(f->output, ".config", "CONFIG_X86_64=y\n");
	assert_false(kernel_is_tree(f->output));
	assert_int_equal(symlink(f->source, link), 0);
	assert_true(kernel_is_tree(f->output));
	assert_error(resolve(f, f->output, NULL, NULL), ERROR_NOT_FOUND, "is not built");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_built_in_place),
		TEST(test_output_apart),
		TEST(test_not_built),
		TEST(test_no_image),
		TEST(test_the_configuration_decides),
		TEST(test_around),
		TEST(test_around_with_output),
		TEST(test_directory_without_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
