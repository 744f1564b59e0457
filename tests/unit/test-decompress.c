// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decompression.  The inputs in fuzz/corpus/decompress were made by the real tools from
 * the text of sample(): NAME-kbuild as kbuild does it, with the size appended.
 */
#include "files.h"

#include <lz4.h>
#include <sys/mman.h>

#include "format/decompress.h"

static const uint8_t *bytes_of(const struct text *text)
{
	return (const uint8_t *)text->data;
}

static struct text sample(void)
{
	struct text text = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		text_appendf(&text, "line %u of the sample, its square is %u\n", i,
			     i * i);
	return text;
}

static struct text packed(const char *name)
{
	_cleanup_free_ char *path = xasprintf("fuzz/corpus/decompress/%s", name);

	return tests_file(path);
}

static const struct {
	const char *file;
	enum compression compression;
} samples[] = {
	{ "gzip", COMPRESSION_GZIP },	       { "gzip-members", COMPRESSION_GZIP },
	{ "xz-kbuild", COMPRESSION_XZ }, /* with the x86 filter */
	{ "xz-streams", COMPRESSION_XZ },      { "lzma-kbuild", COMPRESSION_LZMA },
	{ "lz4-kbuild", COMPRESSION_LZ4 },     { "lz4-frames", COMPRESSION_LZ4 },
	{ "zstd-kbuild", COMPRESSION_ZSTD },   { "zstd-frames", COMPRESSION_ZSTD },
	{ "bzip2-kbuild", COMPRESSION_BZIP2 }, { "bzip2-streams", COMPRESSION_BZIP2 },
	{ "lzop-kbuild", COMPRESSION_LZO },    { "lzop-no-checksums", COMPRESSION_LZO },
};

static void test_every_format(void **state)
{
	_cleanup_text_ struct text expected = sample();

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };

		assert_int_equal(compression_detect(bytes_of(&in), in.length),
				 samples[i].compression);
		assert_ok(decompress_to_memory(bytes_of(&in), in.length, expected.length,
					       &out));
		assert_int_equal(out.length, expected.length);
		assert_memory_equal(out.data, expected.data, expected.length);
	}
}

/* The payload of an image is followed by the rest of that image. */
static void test_anything_may_follow(void **state)
{
	_cleanup_text_ struct text expected = sample();

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };

		text_append_bytes(&in, "\xe9\x12\x34\xff\xff\xff\xff and so on", 17);
		assert_ok(
			decompress_to_memory(bytes_of(&in), in.length, UINT64_MAX, &out));
		assert_int_equal(out.length, expected.length);
	}
}

static void test_truncated_says_so(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };

		/* Within the first stream of those that have two. */
		assert_error(decompress_to_memory(bytes_of(&in), in.length / 5,
						  UINT64_MAX, &out),
			     ERROR_CORRUPT, "ends in the middle");
		assert_int_equal(out.length, 0);
	}
}

static void test_limit(void **state)
{
	_cleanup_text_ struct text expected = sample();

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };

		assert_error(decompress_to_memory(bytes_of(&in), in.length,
						  expected.length - 1, &out),
			     ERROR_CORRUPT, "unpacks to more than");
	}
}

static void test_peek_needs_no_whole_input(void **state)
{
	_cleanup_text_ struct text expected = sample();

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };

		assert_ok(decompress_peek(bytes_of(&in), in.length, 100, &out));
		assert_int_equal(out.length, 100);
		assert_memory_equal(out.data, expected.data, 100);
	}
}

static void test_damage(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		_cleanup_text_ struct text in = packed(samples[i].file);
		_cleanup_text_ struct text out = { 0 };
		_cleanup_text_ struct text expected = sample();
		_cleanup_error_ struct error *err = NULL;

		for (size_t at = 1500; at < 1600; at++)
			in.data[at] ^= 0x55;
		err = decompress_to_memory(bytes_of(&in), in.length, expected.length * 2,
					   &out);
		/* lzma and lz4 have no checksum: then it is only other bytes. */
		if (err)
			assert_int_equal(error_get_code(err), ERROR_CORRUPT);
		else
			assert_true(samples[i].compression == COMPRESSION_LZ4 ||
				    samples[i].compression == COMPRESSION_LZMA ||
				    strstr(samples[i].file, "no-checksums"));
	}
}

static void test_lzop_blocks(void **state)
{
	_cleanup_text_ struct text in = packed("lzop-blocks-of-zeros");
	_cleanup_text_ struct text out = { 0 };

	assert_ok(decompress_to_memory(bytes_of(&in), in.length, 1 << 20, &out));
	assert_int_equal(out.length, 1000000);
}

static void lz4_append_block(struct text *out, const char *block, int size)
{
	int bound = LZ4_compressBound(size);
	_cleanup_free_ char *buffer = xcalloc(1, (size_t)bound);
	int length = LZ4_compress_default(block, buffer, size, bound);
	uint8_t word[4] = { (uint8_t)length, (uint8_t)(length >> 8),
			    (uint8_t)(length >> 16), (uint8_t)(length >> 24) };

	text_append_bytes(out, word, 4);
	text_append_bytes(out, buffer, (size_t)length);
}

/* Full blocks only, so that just the appended size tells that no block follows; it is
 * smaller than a block may be, and more bytes follow. */
static void test_lz4_size_behind_full_blocks(void **state)
{
	const int block_size = 8 << 20;
	_cleanup_free_ char *block = xcalloc(1, (size_t)block_size);
	_cleanup_text_ struct text in = { 0 };
	_cleanup_text_ struct text out = { 0 };

	text_append_bytes(&in, "\x02\x21\x4c\x18", 4);
	lz4_append_block(&in, block, block_size);
	text_append_bytes(&in, "\0\0\x80\0and so on", 13);
	assert_ok(decompress_to_memory(bytes_of(&in), in.length, UINT64_MAX, &out));
	assert_int_equal(out.length, block_size);

	text_deinit(&out);
	text_truncate(&in, in.length - 13);
	lz4_append_block(&in, block, block_size);
	lz4_append_block(&in, block, 5);
	assert_ok(decompress_to_memory(bytes_of(&in), in.length, UINT64_MAX, &out));
	assert_int_equal(out.length, 2 * block_size + 5);
	text_deinit(&out);
	assert_error(decompress_to_memory(bytes_of(&in), in.length - 1, UINT64_MAX, &out),
		     ERROR_CORRUPT, "lz4 data ends in the middle");
}

static void test_into_a_descriptor(void **state)
{
	_cleanup_text_ struct text in = packed("xz-kbuild");
	_cleanup_text_ struct text expected = sample();
	_cleanup_close_ int fd = memfd_create("test", MFD_CLOEXEC);
	_cleanup_free_ char *back = xcalloc(1, expected.length);
	uint64_t size;

	assert_ok(decompress_to_fd(bytes_of(&in), in.length, UINT64_MAX, fd, &size));
	assert_int_equal(size, expected.length);
	assert_int_equal(pread(fd, back, expected.length, 0), expected.length);
	assert_memory_equal(back, expected.data, expected.length);
	assert_error(decompress_to_fd(bytes_of(&in), in.length, UINT64_MAX, -1, &size),
		     ERROR_OS, "writing decompressed data");
}

static void test_what_is_not_compressed(void **state)
{
	_cleanup_text_ struct text out = { 0 };
	static const uint8_t code[] = { 0x5d, 0,    0,	  0,	0x5b, 0xc3, 0x90,
					0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 };

	assert_int_equal(compression_detect((const uint8_t *)"", 0), COMPRESSION_NONE);
	assert_int_equal(compression_detect((const uint8_t *)"\x1f\x8b", 2),
			 COMPRESSION_NONE);
	assert_int_equal(compression_detect(code, sizeof(code)), COMPRESSION_NONE);
	assert_error(decompress_to_memory(code, sizeof(code), UINT64_MAX, &out),
		     ERROR_UNSUPPORTED, "not compressed");
	assert_string_equal(compression_name(COMPRESSION_NONE), "uncompressed");
	assert_string_equal(compression_name(COMPRESSION_ZSTD), "zstd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),
		cmocka_unit_test(test_anything_may_follow),
		cmocka_unit_test(test_truncated_says_so),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_peek_needs_no_whole_input),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lzop_blocks),
		cmocka_unit_test(test_lz4_size_behind_full_blocks),
		cmocka_unit_test(test_into_a_descriptor),
		cmocka_unit_test(test_what_is_not_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
