// SPDX-License-Identifier: GPL-2.0-or-later
/* What a build tree must have for klab, from what kbuild leaves there. */
#include "lab/needs.h"

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

#define ENOUGH                                                                         \
	"CONFIG_BLK_DEV_INITRD=y\nCONFIG_BINFMT_ELF=y\nCONFIG_PCI=y\nCONFIG_SYSFS=y\n" \
	"CONFIG_EPOLL=y\nCONFIG_SIGNALFD=y\nCONFIG_VIRTIO_PCI=y\n"
#define CHANNEL "CONFIG_VIRTIO_CONSOLE=y\n"
#define BUS "CONFIG_PCI_HOST_GENERIC=y\n"

struct fixture {
	char *root;
	struct kernel *kernel;
	struct image image;
};

static void put(struct fixture *f, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_free_ char *parent = path_parent(path);

	assert_ok(dir_make(parent, 0755));
	assert_ok(file_write(path, text, strlen(text), 0644));
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-needs", &f->root));
	f->kernel = xnew(struct kernel);
	f->kernel->name = xstrdup("/linux");
	f->kernel->arch = arch_find("x86_64");
	f->kernel->config = path_join(f->root, ".config");
	f->kernel->modules = xstrdup(f->root);
	f->kernel->modules_tree = true;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	strv_deinit(&f->image.missing_modules);
	kernel_free(f->kernel);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void test_enough(void **state)
{
	struct fixture *f = *state;

	put(f, ".config", ENOUGH CHANNEL);
	assert_ok(needs_check(f->kernel, &f->image));
}

/* Each row of the table, and each option's whole name. */
static void test_all_that_is_missing_is_named(void **state)
{
	struct fixture *f = *state;

	put(f, ".config",
	    "# CONFIG_PCI is not set\nCONFIG_EPOLL_NOT=y\nCONFIG_SYSFS=y\n");
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING,
		     "initramfs: CONFIG_BLK_DEV_INITRD");
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING,
		     "no driver for klab's channel: CONFIG_VIRTIO_PCI, "
		     "CONFIG_VIRTIO_CONSOLE");
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING,
		     "CONFIG_EPOLL, CONFIG_SIGNALFD");
}

static void test_remedy(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct error *err = NULL;

	put(f, ".config", ENOUGH);
	f->kernel->source_directory = xstrdup("/src");
	err = needs_check(f->kernel, &f->image);
	assert_non_null(strstr(error_hint_text(err), "/src/scripts/config --file"));
	assert_non_null(strstr(error_hint_text(err), "-e CONFIG_VIRTIO_CONSOLE &&"));
	assert_non_null(strstr(error_hint_text(err), "olddefconfig"));
}

static void test_the_module_must_be_built(void **state)
{
	struct fixture *f = *state;

	put(f, ".config", ENOUGH "CONFIG_VIRTIO_CONSOLE=m\n");
	assert_ok(needs_check(f->kernel, &f->image));
	strv_push(&f->image.missing_modules, "virtio_console");
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING,
		     "virtio_console is not built");
}

static void test_an_architecture_of_its_own(void **state)
{
	struct fixture *f = *state;

	f->kernel->arch = arch_find("aarch64");
	put(f, ".config", ENOUGH CHANNEL);
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING,
		     "CONFIG_PCI_HOST_GENERIC");
	put(f, ".config", ENOUGH CHANNEL BUS);
	assert_ok(needs_check(f->kernel, &f->image));
}

/* A .config that was edited after the build says what will be. */
static void test_what_was_built_counts(void **state)
{
	struct fixture *f = *state;

	put(f, ".config", "");
	put(f, "include/config/auto.conf", ENOUGH CHANNEL);
	assert_ok(needs_check(f->kernel, &f->image));
	put(f, ".config", ENOUGH CHANNEL);
	put(f, "include/config/auto.conf", ENOUGH);
	assert_error(needs_check(f->kernel, &f->image), ERROR_MISSING, "channel");
}

static void test_only_trees_are_held_against_it(void **state)
{
	struct fixture *f = *state;

	put(f, ".config", "");
	f->kernel->modules_tree = false;
	assert_ok(needs_check(f->kernel, &f->image));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_enough),
		TEST(test_all_that_is_missing_is_named),
		TEST(test_remedy),
		TEST(test_the_module_must_be_built),
		TEST(test_an_architecture_of_its_own),
		TEST(test_what_was_built_counts),
		TEST(test_only_trees_are_held_against_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
