// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recognising and unpacking kernels.  tests/fuzz/make-kernel-corpus made the files: real
 * headers and real compressors around a tiny vmlinux or Image.
 */
#include "files.h"

#include <elf.h>
#include <zlib.h>

#include "format/kernel-image.h"

static struct text kernel(const char *name)
{
	_cleanup_free_ char *path = xasprintf("fuzz/corpus/kernel-image/%s", name);

	return tests_file(path);
}

static const uint8_t *bytes_of(const struct text *text)
{
	return (const uint8_t *)text_str(text);
}

static struct kernel_image identified(const struct text *file)
{
	struct kernel_image image;

	assert_ok(kernel_image_identify(bytes_of(file), file->length, &image));
	return image;
}

static void assert_no_kernel(const void *data, size_t size, enum error_code code,
			     const char *why)
{
	struct kernel_image image;

	assert_error(kernel_image_identify(data, size, &image), code, why);
}

static const struct {
	const char *name;
	enum kernel_format format;
	uint16_t machine;
	enum compression compression;
	const char *inside; /* the file that it unpacks to */
} kernels[] = {
	{ "vmlinux", KERNEL_FORMAT_ELF, EM_X86_64, COMPRESSION_NONE, NULL },
	{ "vmlinux-no-pvh", KERNEL_FORMAT_ELF, EM_X86_64, COMPRESSION_NONE, NULL },
	{ "bzimage-gzip", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_GZIP, "vmlinux" },
	{ "bzimage-xz", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_XZ, "vmlinux" },
	{ "bzimage-lzma", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_LZMA, "vmlinux" },
	{ "bzimage-lz4", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_LZ4, "vmlinux" },
	{ "bzimage-zstd", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_ZSTD, "vmlinux" },
	{ "bzimage-bzip2", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_BZIP2,
	  "vmlinux" },
	{ "bzimage-lzop", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_LZO, "vmlinux" },
	/* Its header does not say where the payload is: it is searched for. */
	{ "bzimage-old", KERNEL_FORMAT_BZIMAGE, EM_X86_64, COMPRESSION_NONE, "vmlinux" },
	{ "image-arm64", KERNEL_FORMAT_IMAGE, EM_AARCH64, COMPRESSION_NONE, NULL },
	{ "image-riscv", KERNEL_FORMAT_IMAGE, EM_RISCV, COMPRESSION_NONE, NULL },
	{ "image-arm64.gz", KERNEL_FORMAT_PACKED, EM_AARCH64, COMPRESSION_GZIP,
	  "image-arm64" },
	{ "vmlinux.zst", KERNEL_FORMAT_PACKED, EM_X86_64, COMPRESSION_ZSTD, "vmlinux" },
	{ "zboot-gzip", KERNEL_FORMAT_ZBOOT, EM_AARCH64, COMPRESSION_GZIP,
	  "image-arm64" },
	{ "zboot-zstd", KERNEL_FORMAT_ZBOOT, EM_AARCH64, COMPRESSION_ZSTD,
	  "image-arm64" },
};

static void test_formats(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		_cleanup_text_ struct text file = kernel(kernels[i].name);
		struct kernel_image image = identified(&file);

		assert_int_equal(image.format, kernels[i].format);
		assert_int_equal(image.machine, kernels[i].machine);
		assert_int_equal(image.compression, kernels[i].compression);
		assert_int_equal(kernel_image_is_packed(&image),
				 kernels[i].inside != NULL);
	}
}

static void test_unpacking(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		_cleanup_text_ struct text file = kernel(kernels[i].name);
		_cleanup_text_ struct text expected = { 0 };
		_cleanup_text_ struct text unpacked = { 0 };
		struct kernel_image image = identified(&file);

		if (!kernels[i].inside)
			continue;
		expected = kernel(kernels[i].inside);
		assert_ok(kernel_image_extract(bytes_of(&file), file.length, &image,
					       KERNEL_UNPACKED_MAX, &unpacked));
		assert_int_equal(unpacked.length, expected.length);
		assert_memory_equal(unpacked.data, expected.data, expected.length);
	}
}

static void test_bzimage_header(void **state)
{
	_cleanup_text_ struct text file = kernel("bzimage-xz");
	struct kernel_image image = identified(&file);

	assert_string_equal(image.release, "6.1.0-klab");
	assert_int_equal(image.load_offset, 0x1000000);
	assert_int_equal(image.memory_size, 0x2000000);
	assert_false(image.has_pvh);
	file.data[0x236] = 0x7e; /* without XLF_KERNEL_64 */
	assert_int_equal(identified(&file).machine, EM_386);
	/* A version string that lies outside, one without an end, none. */
	memcpy(file.data + 0x20e, "\xff\xff", 2);
	assert_string_equal(identified(&file).release, "");
	memset(file.data + 0x300, 'x', file.length - 0x300);
	memcpy(file.data + 0x20e, "\0\1", 2);
	assert_int_equal(strlen(identified(&file).release), KERNEL_RELEASE_SIZE - 1);
	memcpy(file.data + 0x20e, "\0\0", 2);
	assert_string_equal(identified(&file).release, "");
}

static void test_vmlinux_header(void **state)
{
	_cleanup_text_ struct text file = kernel("vmlinux");
	_cleanup_text_ struct text plain = kernel("vmlinux-no-pvh");
	struct kernel_image image = identified(&file);

	assert_true(image.has_pvh);
	assert_int_equal(image.pvh_entry, 0x1000850);
	assert_false(identified(&plain).has_pvh);
	/* From the first segment to the end of the last one's .bss. */
	assert_int_equal(image.load_offset, 0x1000000);
	assert_int_equal(image.memory_size, 0x500000);
}

static void test_image_header(void **state)
{
	_cleanup_text_ struct text file = kernel("image-arm64");
	_cleanup_text_ struct text zboot = kernel("zboot-gzip");
	struct kernel_image image = identified(&file);

	assert_int_equal(image.load_offset, 0x80000);
	assert_int_equal(image.memory_size, 0x300000);
	assert_true(image.is_efi);
	image = identified(&zboot);
	assert_int_equal(image.memory_size, 0x300000);
	memset(file.data + 16, 0, 8); /* as before 3.17 */
	assert_int_equal(identified(&file).memory_size, file.length);
}

static void test_release_in_the_banner(void **state)
{
	_cleanup_text_ struct text file = kernel("vmlinux");
	char release[KERNEL_RELEASE_SIZE] = "unchanged";

	assert_true(kernel_find_release(bytes_of(&file), file.length, release));
	assert_string_equal(release, "6.1.0-klab");
	assert_true(kernel_find_release((const uint8_t *)"Linux version 6", 15, release));
	assert_string_equal(release, "6");
	assert_false(kernel_find_release((const uint8_t *)"Linux version ", 14, release));
	assert_false(kernel_find_release((const uint8_t *)"", 0, release));
	assert_string_equal(release, "6");
}

static void test_truncated(void **state)
{
	static const char *const whole[] = { "bzimage-xz", "bzimage-old", "vmlinux",
					     "image-arm64", "zboot-gzip" };

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		_cleanup_text_ struct text file = kernel(whole[i]);

		assert_no_kernel(file.data, file.length * 9 / 10, ERROR_CORRUPT,
				 "a truncated kernel: ");
	}
}

static void test_truncated_payload(void **state)
{
	_cleanup_text_ struct text file = kernel("image-arm64.gz");
	_cleanup_text_ struct text unpacked = { 0 };
	struct kernel_image image;

	/* So short that the beginning can be unpacked no more than the rest. */
	assert_no_kernel(file.data, file.length / 2, ERROR_CORRUPT,
			 "not a whole kernel: gzip data ends in the middle");
	image = identified(&file);
	image.payload_size -= 20;
	assert_error(kernel_image_extract(bytes_of(&file), file.length, &image,
					  KERNEL_UNPACKED_MAX, &unpacked),
		     ERROR_CORRUPT, "unpacking the kernel: gzip data ends in the middle");
	image.payload_size += 20;
	assert_error(kernel_image_extract(bytes_of(&file), file.length, &image, 2047,
					  &unpacked),
		     ERROR_CORRUPT, "unpacks to more than 2047 bytes");
}

static void test_payload_that_is_no_kernel(void **state)
{
	_cleanup_text_ struct text file = kernel("bzimage-old");
	_cleanup_text_ struct text unpacked = { 0 };
	struct kernel_image image = identified(&file);

	memset(file.data + 1024, 0, file.length - 1024);
	assert_error(kernel_image_extract(bytes_of(&file), file.length, &image,
					  KERNEL_UNPACKED_MAX, &unpacked),
		     ERROR_UNSUPPORTED, "packed in a way that klab does not know");
	text_deinit(&file);
	file = kernel("vmlinux");
	image = identified(&file);
	assert_error(kernel_image_extract(bytes_of(&file), file.length, &image,
					  KERNEL_UNPACKED_MAX, &unpacked),
		     ERROR_UNSUPPORTED, "nothing is packed in a vmlinux");
}

/* gzip of anything. */
static struct text gzipped(const void *data, size_t size)
{
	struct text out = { 0 };
	uint8_t buffer[8192];
	z_stream z = { .next_in = (z_const Bytef *)data, .avail_in = (uInt)size };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, 0), Z_OK);
	z.next_out = buffer;
	z.avail_out = sizeof(buffer);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	text_append_bytes(&out, buffer, sizeof(buffer) - z.avail_out);
	deflateEnd(&z);
	return out;
}

static void test_what_it_is_instead(void **state)
{
	static const uint8_t zeros[4096];
	static const char script[] = "#!/bin/sh\necho\n";
	static const char package[] = "!<arch>\ndebian-binary   1410122664  0";
	static const char random[] = "\x93\x01\xfe\x77\x20\x11\x80\xa5\xc3";
	uint8_t tar[512] = { 0 };
	_cleanup_text_ struct text packed = { 0 };
	_cleanup_text_ struct text file = kernel("vmlinux");
	struct text twice;

	assert_no_kernel("", 0, ERROR_UNSUPPORTED, "not a kernel: it is empty");
	assert_no_kernel(NULL, 0, ERROR_UNSUPPORTED, "not a kernel: it is empty");
	assert_no_kernel(zeros, 4096, ERROR_UNSUPPORTED, "nothing but zeros");
	assert_no_kernel(script, sizeof(script) - 1, ERROR_UNSUPPORTED, "a script");
	assert_no_kernel(package, 30, ERROR_UNSUPPORTED, "a Debian package");
	assert_no_kernel("# CONFIG_PVH is", 15, ERROR_UNSUPPORTED, "a text file");
	assert_no_kernel(random, 9, ERROR_UNSUPPORTED, "of an unknown format");
	memcpy(tar + 257, "ustar", 5);
	assert_no_kernel(tar, 512, ERROR_UNSUPPORTED, "it is a tar archive");
	packed = gzipped(tar, 512);
	assert_no_kernel(packed.data, packed.length, ERROR_UNSUPPORTED,
			 "not a kernel: it is a tar archive packed with gzip");
	twice = gzipped(packed.data, packed.length);
	text_deinit(&packed);
	packed = twice;
	assert_no_kernel(packed.data, packed.length, ERROR_UNSUPPORTED, "not a kernel");
	file.data[EI_CLASS] = ELFCLASS32;
	assert_no_kernel(file.data, file.length, ERROR_UNSUPPORTED, "32-bit");
}

/* The segments of a kernel lie high; without that it is any program. */
static void test_elf_that_is_no_kernel(void **state)
{
	_cleanup_text_ struct text file = kernel("vmlinux");
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)file.data;
	Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(file.data + header->e_phoff);
	_cleanup_text_ struct text packed = { 0 };

	header->e_type = ET_REL;
	assert_no_kernel(file.data, file.length, ERROR_UNSUPPORTED,
			 "it is an ELF object file, perhaps a kernel module");
	packed = gzipped(file.data, file.length);
	assert_no_kernel(
		packed.data, packed.length, ERROR_UNSUPPORTED,
		"it is an ELF object file, perhaps a kernel module packed with gzip");
	header->e_type = ET_CORE;
	assert_no_kernel(file.data, file.length, ERROR_UNSUPPORTED, "core dump");
	header->e_type = ET_DYN;
	segments[0].p_vaddr = 0;
	segments[2].p_vaddr = 0x400000;
	assert_no_kernel(file.data, file.length, ERROR_UNSUPPORTED,
			 "it is an ELF shared object or program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_unpacking),
		cmocka_unit_test(test_bzimage_header),
		cmocka_unit_test(test_vmlinux_header),
		cmocka_unit_test(test_image_header),
		cmocka_unit_test(test_release_in_the_banner),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_payload),
		cmocka_unit_test(test_payload_that_is_no_kernel),
		cmocka_unit_test(test_what_it_is_instead),
		cmocka_unit_test(test_elf_that_is_no_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
