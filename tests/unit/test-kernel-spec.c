// SPDX-License-Identifier: GPL-2.0-or-later
/* The user's words, each leading to the right kernel or to a sentence that helps. */
#include <endian.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/resolvers.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	struct store *store;
	struct kernel *kernel;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-spec", &f->root));
	store = path_join(f->root, "store");
	assert_ok(store_open(store, &f->store));
	/* The default looks at where we are. */
	assert_int_equal(chdir(f->root), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chdir("/"), 0);
	kernel_free(f->kernel);
	store_free(f->store);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void put(const char *directory, const char *name, const void *data, size_t size)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_free_ char *parent = path_parent(path);

	assert_ok(dir_make(parent, 0755));
	assert_ok(file_write(path, data, size, 0644));
}

/* The header of an arm64 Image, Linux Documentation/arch/arm64/booting.rst. */
static void put_image(const char *directory, const char *name, const char *banner)
{
	uint8_t image[4096] = { 0 };
	uint64_t size = htole64(sizeof(image));

	memcpy(image + 16, &size, sizeof(size));
	memcpy(image + 56, "ARM\x64", 4);
	memcpy(image + 256, banner, strlen(banner));
	put(directory, name, image, sizeof(image));
}

static void store_kernel(struct fixture *f, const char *suite, const char *release,
			 const char *arch, bool debug)
{
	static const char *const kinds[] = { "kernel", "kernel-debug" };
	_cleanup_free_ char *key = xasprintf("debian-%s", release);
	const char *flavour =
		strstr(release, "cloud") ? "cloud" : arch_find(arch)->debian_flavour;

	for (size_t i = 0; i < (debug ? 2 : 1); i++) {
		_cleanup_free_ char *image = xasprintf("boot/vmlinuz-%s", release);
		_cleanup_free_ char *vmlinux =
			xasprintf("usr/lib/debug/boot/vmlinux-%s", release);
		_cleanup_free_ char *path = NULL;
		const struct strv packages = { 0 };
		struct store_draft *draft;

		assert_ok(store_draft_new(f->store, kinds[i], key, &draft));
		put(store_draft_path(draft), i ? vmlinux : image, "", 0);
		assert_ok(stored_write(store_draft_path(draft),
				       &(struct stored_facts){
					       .name = key,
					       .release = release,
					       .suite = suite,
					       .flavour = flavour,
					       .arch = arch_find(arch),
					       .packages = &packages,
				       }));
		assert_ok(store_draft_publish(draft, &path));
	}
}

static struct error *resolve(struct fixture *f, const char *spec, const char *arch)
{
	const struct kernel_resolve_options options = {
		.spec = spec,
		.arch = arch ? arch_find(arch) : NULL,
	};

	kernel_free(take_ptr(f->kernel));
	return kernel_resolve(f->store, &options, &f->kernel);
}

static void assert_release(struct fixture *f, const char *spec, const char *arch,
			   const char *release)
{
	assert_ok(resolve(f, spec, arch));
	assert_string_equal(f->kernel->release, release);
}

static void test_stored(void **state)
{
	struct fixture *f = *state;

	store_kernel(f, "bookworm", "6.1.0-9-amd64", "x86_64", false);
	store_kernel(f, "bookworm", "6.1.0-50-amd64", "x86_64", true);
	store_kernel(f, "trixie", "6.12.1-amd64", "x86_64", false);
	store_kernel(f, "trixie", "6.12.2-arm64", "aarch64", false);

	assert_release(f, "debian", "x86_64", "6.12.1-amd64");
	assert_release(f, "debian:bookworm", "x86_64", "6.1.0-50-amd64");
	assert_string_equal(f->kernel->name, "debian-6.1.0-50-amd64");
	assert_int_equal(f->kernel->source, KERNEL_STORED);
	assert_true(has_suffix(f->kernel->vmlinux, "vmlinux-6.1.0-50-amd64"));
	assert_release(f, "debian", "aarch64", "6.12.2-arm64");
	assert_release(f, "debian-6.1.0-9-amd64", NULL, "6.1.0-9-amd64");
	assert_null(f->kernel->vmlinux);
	assert_release(f, "6.12.2-arm64", NULL, "6.12.2-arm64");
	assert_ptr_equal(f->kernel->arch, arch_find("aarch64"));
	assert_error(resolve(f, "6.12.2-arm64", "x86_64"), ERROR_UNSUPPORTED,
		     "for aarch64, not for x86_64");
}

static void test_special_flavour_only_alone(void **state)
{
	struct fixture *f = *state;

	store_kernel(f, "bookworm", "6.1.0-50-cloud-amd64", "x86_64", false);
	assert_release(f, "debian", "x86_64", "6.1.0-50-cloud-amd64");
	store_kernel(f, "bookworm", "6.1.0-49-amd64", "x86_64", false);
	assert_release(f, "debian", "x86_64", "6.1.0-49-amd64");
	assert_release(f, "debian-6.1.0-50-cloud-amd64", NULL, "6.1.0-50-cloud-amd64");
}

static void test_broken_entry_hides_no_other(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *broken = NULL;
	struct store_draft *draft;
	struct kernel **kernels;
	size_t count;

	store_kernel(f, "bookworm", "6.1.0-9-amd64", "x86_64", false);
	assert_ok(store_draft_new(f->store, "kernel", "debian-7", &draft));
	put(store_draft_path(draft), "meta.json", "{\"release\": 7, ", 15);
	assert_ok(store_draft_publish(draft, &broken));
	assert_release(f, "debian", "x86_64", "6.1.0-9-amd64");
	assert_ok(kernels_stored(f->store, &kernels, &count));
	assert_int_equal(count, 1);
	kernels_free(kernels, count);
	assert_error(resolve(f, "debian-7", NULL), ERROR_CORRUPT, "meta.json");
}

static void test_nothing_stored(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct error *err = resolve(f, "debian:sid", "aarch64");

	assert_true(error_is(err, ERROR_MISSING));
	assert_non_null(strstr(error_hint_text(err), "klab fetch debian:sid"));
	assert_error(resolve(f, "debian:", NULL), ERROR_USAGE, "names no suite");
	assert_error(resolve(f, "6.1.0", NULL), ERROR_NOT_FOUND, "neither a file nor");
	assert_error(resolve(f, "/no/such", NULL), ERROR_OS, "/no/such");
	assert_error(resolve(f, ".", NULL), ERROR_NOT_FOUND, "no kernel tree");
}

static void test_file_with_its_neighbours(void **state)
{
	struct fixture *f = *state;

	put_image(f->root, "x/boot/vmlinuz-6.1.0-5-arm64", "");
	put(f->root, "x/boot/config-6.1.0-5-arm64", "CONFIG_DEBUG_INFO_BTF=y\n", 24);
	put(f->root, "x/lib/modules/6.1.0-5-arm64/modules.order", "", 0);
	put_image(f->root, "y/usr/lib/modules/7.2-arm64/vmlinuz", "");
	put(f->root, "y/usr/lib/modules/7.2-arm64/config", "", 0);

	assert_release(f, "x/boot/vmlinuz-6.1.0-5-arm64", NULL, "6.1.0-5-arm64");
	assert_int_equal(f->kernel->source, KERNEL_FILE);
	assert_ptr_equal(f->kernel->arch, arch_find("aarch64"));
	assert_true(has_suffix(f->kernel->modules, "x/lib/modules/6.1.0-5-arm64"));
	assert_true(has_suffix(f->kernel->config, "x/boot/config-6.1.0-5-arm64"));
	assert_true(f->kernel->has_btf);
	assert_false(f->kernel->modules_tree);

	/* The directory that a package was unpacked to. */
	assert_release(f, "./x", NULL, "6.1.0-5-arm64");
	assert_release(f, "y/usr/lib/modules/7.2-arm64/vmlinuz", NULL, "7.2-arm64");
	assert_non_null(f->kernel->config);
	assert_release(f, "y", NULL, "7.2-arm64");
	assert_non_null(f->kernel->modules);
	assert_error(resolve(f, "y", "x86_64"), ERROR_UNSUPPORTED, "for aarch64");
}

static void test_file_alone(void **state)
{
	struct fixture *f = *state;

	put_image(f->root, "Image", "Linux version 6.6.7-lone (me@here) #1\n");
	put(f->root, "text", "hello, this is no kernel\n", 25);
	assert_release(f, "./Image", NULL, "6.6.7-lone");
	assert_null(f->kernel->modules);
	assert_null(f->kernel->config);
	assert_error(resolve(f, "./text", NULL), ERROR_UNSUPPORTED, "text");
}

static void test_image_inside_of_its_tree(void **state)
{
	struct fixture *f = *state;

	put_image(f->root, "t/arch/arm64/boot/Image", "");
	put(f->root, "t/.config", "CONFIG_ARM64=y\n", 15);
	put(f->root, "t/include/config/kernel.release", "6.6.0-tree\n", 11);
	put(f->root, "t/modules.order", "", 0);
	assert_release(f, "t/arch/arm64/boot/Image", NULL, "6.6.0-tree");
	assert_true(f->kernel->modules_tree);
}

static void test_default_order(void **state)
{
	struct fixture *f = *state;
	const char *host = arch_host()->name;
	_cleanup_free_ char *tree = path_join(f->root, "t/fs");

	store_kernel(f, "bookworm", "6.1.0-9-any", host, false);
	assert_release(f, NULL, NULL, "6.1.0-9-any");
	/* A tree that we stand in comes first once it is built. */
	put(f->root, "t/.config", "CONFIG_ARM64=y\n", 15);
	put(f->root, "t/fs/x", "", 0);
	assert_int_equal(chdir(tree), 0);
	assert_release(f, NULL, host, "6.1.0-9-any");
	put_image(f->root, "t/arch/arm64/boot/Image", "");
	put(f->root, "t/include/config/kernel.release", "6.6.0-tree\n", 11);
	assert_release(f, NULL, NULL, "6.6.0-tree");
	assert_release(f, "", NULL, "6.6.0-tree");
}

static void test_host(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct error *err = NULL;

	err = kernel_from_host(f->root, "6.0-host", &f->kernel);
	assert_true(error_is(err, ERROR_NOT_FOUND));
	assert_non_null(strstr(error_hint_text(err), "-k debian"));
	put(f->root, "boot/vmlinuz-6.0-host", "", 0);
	put(f->root, "lib/modules/6.0-host/modules.order", "", 0);
	assert_ok(kernel_from_host(f->root, "6.0-host", &f->kernel));
	assert_int_equal(f->kernel->source, KERNEL_HOST);
	assert_string_equal(f->kernel->name, "host-6.0-host");
	assert_true(has_suffix(f->kernel->modules, "/lib/modules/6.0-host"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_stored),
		TEST(test_broken_entry_hides_no_other),
		TEST(test_nothing_stored),
		TEST(test_file_with_its_neighbours),
		TEST(test_file_alone),
		TEST(test_image_inside_of_its_tree),
		TEST(test_default_order),
		TEST(test_host),
		TEST(test_special_flavour_only_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
