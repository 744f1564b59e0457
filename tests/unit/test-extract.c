// SPDX-License-Identifier: GPL-2.0-or-later
/* What QEMU is given: unpacked once, from the store afterwards, and again if it changed. */
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <utime.h>

#include "kernel/kernel.h"
#include "os/file.h"

struct place {
	char *directory;
	struct store *store;
	struct kernel kernel;
	char image[4096];
};

static void place_make(struct place *place, const char *sample)
{
	_cleanup_free_ char *path = xasprintf("fuzz/corpus/kernel-image/%s", sample);
	_cleanup_text_ struct text file = tests_file(path);
	_cleanup_free_ char *root = NULL;

	*place = (struct place){ 0 };
	assert_ok(temp_dir_make("klab-test-extract", &place->directory));
	root = path_join(place->directory, "store");
	assert_ok(store_open(root, &place->store));
	snprintf(place->image, sizeof(place->image), "%s/image", place->directory);
	assert_ok(file_write(place->image, file.data, file.length, 0644));
	place->kernel.image = place->image;
	place->kernel.source = KERNEL_FILE;
}

static void place_free(struct place *place)
{
	store_free(place->store);
	temp_dir_free(place->directory);
}

#define _cleanup_place_ _cleanup_(place_free)

static void assert_same_file(const char *path, const char *sample)
{
	_cleanup_free_ char *name = xasprintf("fuzz/corpus/kernel-image/%s", sample);
	_cleanup_text_ struct text expected = tests_file(name);
	_cleanup_bytes_ struct bytes bytes = { 0 };

	assert_ok(file_read(path, 1 << 20, &bytes));
	assert_int_equal(bytes.size, expected.length);
	assert_memory_equal(bytes.data, expected.data, bytes.size);
}

static void test_once(void **state)
{
	_cleanup_place_ struct place place;
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;
	struct stat before, after;

	place_make(&place, "bzimage-zstd");
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &first));
	assert_same_file(first, "vmlinux");
	assert_true(has_suffix(first, "/vmlinux"));
	assert_int_equal(stat(first, &before), 0);
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &second));
	assert_string_equal(first, second);
	assert_int_equal(stat(second, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void test_again_when_it_changed(void **state)
{
	_cleanup_text_ struct text other =
		tests_file("fuzz/corpus/kernel-image/bzimage-xz");
	_cleanup_place_ struct place place;
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;

	place_make(&place, "bzimage-zstd");
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &first));
	assert_ok(file_write(place.image, other.data, other.length, 0644));
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &second));
	assert_string_not_equal(first, second);
}

/* Holes where there are zeros, in the middle and at the end; the bytes stay the same. */
static void test_zeros_take_no_room(void **state)
{
	_cleanup_text_ struct text elf = tests_file("fuzz/corpus/kernel-image/vmlinux");
	_cleanup_place_ struct place place;
	_cleanup_free_ char *packed = NULL;
	_cleanup_free_ char *unpacked = NULL;
	_cleanup_free_ char *command = NULL;
	_cleanup_free_ char *zeros = xcalloc(1, 1 << 20);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct stat st;

	place_make(&place, "vmlinux");
	text_append_bytes(&elf, zeros, 1 << 20);
	text_append(&elf, "end");
	text_append_bytes(&elf, zeros, (1 << 20) - 1);
	assert_ok(file_write(place.image, elf.data, elf.length, 0644));
	/* gzip is essential on Debian. */
	command = xasprintf("gzip %s", place.image);
	assert_int_equal(system(command), 0);
	packed = xasprintf("%s.gz", place.image);
	place.kernel.image = packed;
	assert_ok(kernel_plain_image(place.store, &place.kernel, &unpacked));
	assert_int_equal(stat(unpacked, &st), 0);
	assert_int_equal(st.st_size, elf.length);
	assert_true(st.st_blocks * 512 < 64 << 10);
	assert_ok(file_read(unpacked, 4 << 20, &bytes));
	assert_memory_equal(bytes.data, elf.data, elf.length);
}

static const struct {
	const char *sample;
	const char *pvh;   /* the sample it becomes; "": the file itself; NULL: none */
	const char *plain; /* NULL: an error */
} cases[] = {
	{ "bzimage-xz", "vmlinux", "" },
	{ "bzimage-old", "vmlinux", "" },
	{ "vmlinux", "", NULL },
	{ "vmlinux-no-pvh", NULL, NULL },
	{ "vmlinux.zst", "vmlinux", "vmlinux" },
	{ "image-arm64", NULL, "" },
	{ "image-arm64.gz", NULL, "image-arm64" },
	{ "zboot-zstd", NULL, "image-arm64" },
};

static void assert_became(const struct place *place, const char *path, const char *wanted)
{
	if (!wanted)
		assert_null(path);
	else if (!*wanted)
		assert_string_equal(path, place->image);
	else
		assert_same_file(path, wanted);
}

static void test_each_format(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_place_ struct place place;
		_cleanup_free_ char *pvh = NULL;
		_cleanup_free_ char *plain = NULL;

		place_make(&place, cases[i].sample);
		assert_ok(kernel_pvh_image(place.store, &place.kernel, &pvh));
		assert_became(&place, pvh, cases[i].pvh);
		if (!cases[i].plain) {
			assert_error(kernel_plain_image(place.store, &place.kernel,
							&plain),
				     ERROR_UNSUPPORTED, "is a vmlinux");
			continue;
		}
		assert_ok(kernel_plain_image(place.store, &place.kernel, &plain));
		assert_became(&place, plain, cases[i].plain);
	}
}

/* The vmlinux of a tree has debug information and need not be unpacked; but not when only
 * it was linked anew. */
static void test_tree(void **state)
{
	_cleanup_text_ struct text elf = tests_file("fuzz/corpus/kernel-image/vmlinux");
	_cleanup_place_ struct place place;
	_cleanup_free_ char *vmlinux = NULL;
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;
	struct utimbuf times = { .actime = 1000, .modtime = 1000 };

	place_make(&place, "bzimage-gzip");
	vmlinux = path_join(place.directory, "vmlinux");
	assert_ok(file_write(vmlinux, elf.data, elf.length, 0644));
	assert_int_equal(utime(vmlinux, &times), 0);
	place.kernel.source = KERNEL_TREE;
	place.kernel.vmlinux = vmlinux;
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &first));
	assert_string_equal(first, vmlinux);
	assert_int_equal(utime(place.image, &times), 0);
	times.modtime++;
	assert_int_equal(utime(vmlinux, &times), 0);
	assert_ok(kernel_pvh_image(place.store, &place.kernel, &second));
	assert_same_file(second, "vmlinux");
	assert_string_not_equal(second, vmlinux);
}

static void test_errors_name_the_file(void **state)
{
	_cleanup_place_ struct place place;
	char *path = NULL;

	place_make(&place, "bzimage-gzip");
	assert_int_equal(truncate(place.image, 1200), 0);
	assert_error(kernel_pvh_image(place.store, &place.kernel, &path), ERROR_CORRUPT,
		     "/image: a truncated kernel: 1.2 KiB of the");
	assert_error(kernel_plain_image(place.store, &place.kernel, &path), ERROR_CORRUPT,
		     "a truncated kernel");
	assert_ok(file_write(place.image, "not at all", 10, 0644));
	assert_error(kernel_pvh_image(place.store, &place.kernel, &path),
		     ERROR_UNSUPPORTED, "/image: not a kernel: it is a text file");
	assert_int_equal(unlink(place.image), 0);
	assert_error(kernel_pvh_image(place.store, &place.kernel, &path), ERROR_OS,
		     "/image: No such file");
	assert_null(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_again_when_it_changed),
		cmocka_unit_test(test_zeros_take_no_room),
		cmocka_unit_test(test_each_format),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_errors_name_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
