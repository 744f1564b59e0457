// SPDX-License-Identifier: GPL-2.0-or-later
/* --root, --rw and --disk-name, up to the disk that the guest gets. */
#include "lab/root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "image/recipe.h"
#include "lab/images.h"
#include "lab/named-disk.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	char *tree;
	struct store *store;
	struct guest_options options;
	struct root_request request;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL, *file = NULL;

	assert_ok(temp_dir_make("klab-root", &f->root));
	setenv("XDG_DATA_HOME", f->root, 1);
	store = path_join(f->root, "store");
	f->tree = path_join(f->root, "a Tree");
	file = path_join(f->tree, "file");
	assert_ok(dir_make(f->tree, 0755));
	assert_ok(file_write(file, "x", 1, 0644));
	assert_ok(store_open(store, &f->store));
	f->request = (struct root_request){
		.store = f->store,
		.options = &f->options,
		.arch = arch_find("x86_64"),
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	guest_options_deinit(&f->options);
	temp_dir_free(f->root);
	free(f->tree);
	free(f);
	return 0;
}

static void say_root(struct fixture *f, const char *prefix, const char *rest)
{
	free(f->options.root);
	f->options.root = xasprintf("%s%s", prefix, rest);
}

static void say_name(struct fixture *f, const char *name)
{
	free(f->options.disk_name);
	f->options.disk_name = name ? xstrdup(name) : NULL;
}

static void test_where_words_lead(void **state)
{
	static const struct {
		const char *word;
		enum root_where where;
	} words[] = {
		{ "dir:x", ROOT_DISK },
		{ "tar:x", ROOT_DISK },
		{ "some.img", ROOT_DISK },
		{ "/dev/sdb1", ROOT_DISK },
		{ "none", ROOT_INITRAMFS },
		{ "busybox", ROOT_INITRAMFS },
		{ "./x.recipe", ROOT_INITRAMFS },
		{ "hello", ROOT_INITRAMFS },
		{ "host", ROOT_HOST },
		{ "./host", ROOT_DISK },
		{ "hostile.img", ROOT_DISK },
		{ "host:9p", ROOT_HOST },
		{ "host:virtiofs", ROOT_HOST },
		{ "debian:host", ROOT_DISK },
	};
	struct fixture *f = *state;

	assert_int_equal(root_where(&f->options), ROOT_INITRAMFS);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		say_root(f, "", words[i].word);
		if (root_where(&f->options) != words[i].where)
			fail_msg("%s", words[i].word);
	}
	say_name(f, "work");
	assert_int_equal(root_where(&f->options), ROOT_DISK);
}

static void test_options_that_do_not_go_together(void **state)
{
	struct fixture *f = *state;

	assert_ok(root_check_options(&f->options));
	f->options.rw = true;
	assert_error(root_check_options(&f->options), ERROR_USAGE, "no disk to keep");
	strv_push(&f->options.disks, "x");
	assert_ok(root_check_options(&f->options));
	say_root(f, "dir:", f->tree);
	assert_ok(root_check_options(&f->options));
	f->options.no_agent = true;
	assert_error(root_check_options(&f->options), ERROR_USAGE, "klab's agent");
	f->options.initrd = xstrdup("none");
	assert_ok(root_check_options(&f->options));
	strv_push(&f->options.adds, "x");
	assert_error(root_check_options(&f->options), ERROR_USAGE, "--add and --overlay");
}

static void test_what_a_disk_asks_for(void **state)
{
	struct fixture *f = *state;
	_cleanup_(machine_deinit) struct machine machine = { 0 };
	_cleanup_text_ struct text setup = { 0 };
	_cleanup_strv_ struct strv modules = { 0 };
	_cleanup_free_ char *disk = path_join(f->tree, "file");
	struct root root = { .where = ROOT_DISK, .disk = disk, .filesystem = "xfs" };

	assert_ok(root_add(NULL, &f->options, NULL, &machine, &setup));
	root_add_modules(NULL, f->request.arch, &modules);
	assert_int_equal(machine.disk_count + setup.length + modules.count, 0);
	assert_null(root_append(NULL));
	assert_ok(root_add(&root, &f->options, NULL, &machine, &setup));
	assert_int_equal(machine.disk_count, 1);
	assert_string_equal(root_append(&root), "root=/dev/vda rw");
	f->options.init = xstrdup("klab");
	assert_ok(root_add(&root, &f->options, NULL, &machine, &setup));
	assert_string_equal(text_str(&setup), "root init\nroot agent\n");
	root_add_modules(&root, f->request.arch, &modules);
	root.filesystem = NULL;
	root_add_modules(&root, f->request.arch, &modules);
	assert_string_equal(modules.items[0], "virtio_blk");
	assert_string_equal(modules.items[1], "xfs");
	assert_string_equal(modules.items[3], "ext4");
}

static void test_a_directory_from_the_store(void **state)
{
	struct fixture *f = *state;
	_cleanup_(root_freep) struct root *first = NULL, *second = NULL;
	_cleanup_free_ char *file = path_join(f->tree, "more");

	say_root(f, "dir:", f->tree);
	assert_ok(root_resolve(&f->request, &first));
	assert_int_equal(first->mode, MACHINE_DISK_DISCARD);
	assert_string_equal(first->filesystem, "ext4");
	assert_int_equal(first->lock, -1);
	assert_true(has_suffix(first->disk, "/disk.ext4,format=raw"));
	assert_ok(file_write(file, "y", 1, 0644));
	assert_ok(root_resolve(&f->request, &second));
	assert_string_not_equal(first->disk, second->disk);
}

static void test_words_that_name_nothing(void **state)
{
	struct fixture *f = *state;
	struct root *root;

	say_root(f, "dir:", "");
	assert_error(root_resolve(&f->request, &root), ERROR_USAGE, "names nothing");
	say_root(f, "dir:", "/nonexistent");
	assert_error(root_resolve(&f->request, &root), ERROR_USAGE, "no such directory");
	say_root(f, "tar:", "/nonexistent");
	assert_error(root_resolve(&f->request, &root), ERROR_OS, "No such file");
	say_root(f, "", "/nonexistent.img");
	assert_error(root_resolve(&f->request, &root), ERROR_NOT_FOUND, "no such file");
	say_root(f, "", f->tree);
	assert_error(root_resolve(&f->request, &root), ERROR_USAGE, "is a directory");
	say_root(f, "tar:", f->tree);
	assert_error(root_resolve(&f->request, &root), ERROR_USAGE, "is not a file");
}

static void test_a_named_disk(void **state)
{
	struct fixture *f = *state;
	_cleanup_(root_freep) struct root *root = NULL, *again = NULL;
	_cleanup_kept_images_ struct kept_images images = { 0 };
	struct root *other;

	say_name(f, "work");
	assert_error(root_resolve(&f->request, &other), ERROR_NOT_FOUND,
		     "there is no disk work");
	say_root(f, "dir:", f->tree);
	assert_ok(root_resolve(&f->request, &root));
	assert_int_equal(root->mode, MACHINE_DISK_KEEP);
	assert_true(has_suffix(root->disk, "/klab/disks/work/disk"));
	assert_error(root_resolve(&f->request, &other), ERROR_BUSY,
		     "another guest has the disk work");
	assert_error(images_remove(f->store, "work"), ERROR_BUSY, "another guest");
	root_free(take_ptr(root));

	/* What became of the directory does not matter any more. */
	assert_ok(tree_remove(f->tree));
	free(take_ptr(f->options.root));
	assert_ok(root_resolve(&f->request, &again));
	root_free(take_ptr(again));
	assert_ok(images_list(f->store, &images));
	assert_int_equal(images.count, 2); /* and the one in the store */
	assert_string_equal(images.items[0].name, "work");
	assert_true(has_suffix(images.items[0].from, "/a Tree"));
	assert_ok(images_remove(f->store, "work"));
	assert_error(images_remove(f->store, "work"), ERROR_NOT_FOUND, "no image work");
}

static void test_a_named_disk_of_something_else(void **state)
{
	struct fixture *f = *state;
	_cleanup_(root_freep) struct root *root = NULL;
	_cleanup_free_ char *second = path_join(f->root, "second");
	struct root *other;

	say_name(f, "work");
	say_root(f, "dir:", f->tree);
	assert_ok(root_resolve(&f->request, &root));
	root_free(take_ptr(root));
	assert_ok(dir_make(second, 0755));
	say_root(f, "dir:", second);
	assert_error(root_resolve(&f->request, &other), ERROR_USAGE,
		     "the disk work was made from dir:");
}

/* Written to, klab's own disk has the name of its words. */
static void test_rw(void **state)
{
	struct fixture *f = *state;
	_cleanup_(root_freep) struct root *root = NULL, *file = NULL;
	_cleanup_free_ char *image = path_join(f->root, "image");
	_cleanup_strv_ struct strv names = { 0 };

	f->options.rw = true;
	say_root(f, "dir:", f->tree);
	assert_ok(root_resolve(&f->request, &root));
	assert_int_equal(root->mode, MACHINE_DISK_KEEP);
	assert_ok(named_disk_list(&names));
	assert_int_equal(names.count, 1);
	assert_true(has_prefix(names.items[0], "dir-a-tree-"));
	assert_ok(file_write(image, "x", 1, 0644));
	say_root(f, "", image);
	assert_ok(root_resolve(&f->request, &file));
	assert_int_equal(file->mode, MACHINE_DISK_KEEP);
	assert_string_equal(file->disk, image);
	assert_null(file->filesystem);
}

/* How it is started is known as long as the disk is there. */
static void test_a_named_disk_keeps_its_init(void **state)
{
	struct fixture *f = *state;
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE,
					       other = NAMED_DISK_NONE;
	_cleanup_recipe_ struct recipe recipe = { 0 };
	_cleanup_free_ char *path = path_join(f->root, "image");
	_cleanup_free_ char *line = NULL, *again = NULL, *none = NULL;

	assert_ok(file_write(path, "x", 1, 0644));
	assert_ok(named_disk_init("kept", &none));
	assert_null(none);
	assert_ok(named_disk_make("kept", path, "words", "init /sbin/init console ready",
				  &disk));
	assert_ok(named_disk_init("kept", &line));
	assert_ok(recipe_parse_init("kept", line, &recipe));
	assert_string_equal(recipe.init, "/sbin/init");
	assert_true(recipe.console && recipe.ready && !recipe.alone);
	again = recipe_init_line(&recipe);
	assert_string_equal(again, line);

	assert_ok(named_disk_make("plain", path, "words", NULL, &other));
	assert_ok(named_disk_init("plain", &none));
	assert_null(none);
}

static const struct arch *another_arch(void)
{
	const struct arch *const *all = arch_all();

	return all[0] == arch_host() ? all[1] : all[0];
}

static void test_the_host_itself(void **state)
{
	struct fixture *f = *state;
	_cleanup_(root_freep) struct root *root = NULL;
	_cleanup_(machine_deinit) struct machine machine = { 0 };
	_cleanup_text_ struct text setup = { 0 };
	_cleanup_free_ char *directory = NULL, *here = getcwd(NULL, 0);
	_cleanup_free_ char *server = path_join(f->root, "virtiofsd"), *path = NULL;
	struct kernel kernel = { .arch = arch_host() };
	char installed[] = "/lib/modules/6.1", stored[] = "/home/me/lib/modules/6.1";
	struct root *other;

	say_root(f, "host", ":9p");
	f->request.arch = another_arch();
	assert_error(root_resolve(&f->request, &other), ERROR_USAGE,
		     "this host's programs are for");
	f->request.arch = arch_host();
	if (!arch_host())
		return;
	assert_ok(root_resolve(&f->request, &root));
	assert_null(root_append(root));
	kernel.modules = installed;
	assert_ok(root_add(root, &f->options, &kernel, &machine, &setup));
	kernel.modules = stored;
	assert_ok(root_add(root, &f->options, &kernel, &machine, &setup));
	root->server = xstrdup("/bin/virtiofsd");
	assert_ok(root_add(root, &f->options, &kernel, &machine, &setup));
	assert_string_equal(text_str(&setup), "host klab0 9p host\nhost klab1 9p klab\n"
					      "host klab2 virtiofs klab\n");
	assert_string_equal(machine.shares[2].server, "/bin/virtiofsd");
	assert_string_equal(machine.shares[0].path, "/");
	assert_true(machine.shares[0].read_only);
	assert_int_equal(machine.disk_count, 0);
	directory = root_directory(root);
	assert_string_equal(directory, here);
	assert_null(root_directory(NULL));
	f->request.qemu = "/bin/true";
	f->request.kernel = &kernel;
	say_root(f, "host", ":virtiofs");
	path = xstrdup(getenv("PATH"));
	setenv("PATH", f->root, 1);
	assert_ok(file_write(server, "#!/bin/sh\n", 10, 0755));
	assert_error(root_resolve(&f->request, &other), ERROR_FAILED,
		     "--root host:virtiofs: ");
	setenv("PATH", path, 1);
	say_root(f, "host", ":nfs");
	assert_error(root_resolve(&f->request, &other), ERROR_USAGE, "no such way");
}

static void test_what_the_host_cannot_be(void **state)
{
	struct fixture *f = *state;
	struct root *root;

	say_root(f, "host", "");
	assert_ok(root_check_options(&f->options));
	f->options.rw = true;
	assert_error(root_check_options(&f->options), ERROR_USAGE, "no guest writes to");
	f->options.rw = false;
	f->options.no_agent = true;
	assert_error(root_check_options(&f->options), ERROR_USAGE, "klab's agent");
	f->options.no_agent = false;
	/* Before a kernel is fetched for it. */
	f->options.arch = xstrdup(another_arch()->name);
	assert_error(root_check_options(&f->options), ERROR_USAGE, "the guest is");
	free(take_ptr(f->options.arch));
	strv_push(&f->options.adds, "x");
	assert_error(root_check_options(&f->options), ERROR_USAGE, "--add and --overlay");
	say_name(f, "work");
	assert_error(root_resolve(&f->request, &root), ERROR_USAGE, "is no disk");
}

static void test_a_kernel_that_cannot_mount_the_host(void **state)
{
	char name[] = "/linux";
	const struct root root = { .where = ROOT_HOST };
	const struct kernel kernel = { .name = name, .arch = arch_find("x86_64") };
	_cleanup_strv_ struct strv modules = { 0 };

	root_add_modules(&root, kernel.arch, &modules);
	for (size_t i = 0; i < modules.count; i++) {
		struct image image = { 0 };

		assert_ok(root_check_kernel(&root, &kernel, &image));
		strv_push(&image.missing_modules, modules.items[i]);
		assert_error(root_check_kernel(&root, &kernel, &image), ERROR_MISSING,
			     modules.items[i]);
		strv_deinit(&image.missing_modules);
	}
	assert_true(strv_contains(&modules, "overlay"));
}

/* Content and holes are where they were. */
static void test_a_copy_keeps_holes(void **state)
{
	struct fixture *f = *state;
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE;
	_cleanup_free_ char *path = path_join(f->root, "sparse");
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct stat st;

	assert_int_equal(pwrite(fd, "one", 3, 0), 3);
	assert_int_equal(pwrite(fd, "two", 3, 8 << 20), 3);
	assert_int_equal(ftruncate(fd, 16 << 20), 0);
	assert_ok(named_disk_make("copy", path, "words", NULL, &disk));
	assert_int_equal(stat(disk.path, &st), 0);
	assert_int_equal(st.st_size, 16 << 20);
	assert_true(st.st_blocks < 1024);
	assert_ok(file_read(disk.path, 17 << 20, &bytes));
	assert_memory_equal(bytes.data, "one", 4);
	assert_memory_equal(bytes.data + (8 << 20), "two", 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_where_words_lead),
		TEST(test_options_that_do_not_go_together),
		TEST(test_what_a_disk_asks_for),
		TEST(test_a_directory_from_the_store),
		TEST(test_words_that_name_nothing),
		TEST(test_a_named_disk),
		TEST(test_a_named_disk_of_something_else),
		TEST(test_rw),
		TEST(test_a_named_disk_keeps_its_init),
		TEST(test_the_host_itself),
		TEST(test_what_the_host_cannot_be),
		TEST(test_a_kernel_that_cannot_mount_the_host),
		TEST(test_a_copy_keeps_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
