// SPDX-License-Identifier: GPL-2.0-or-later
/* os/digest against the vectors of FIPS 180-2, and what keys rely on. */
#include "os/digest.h"

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

static const char abc[] =
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char nothing[] =
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void test_vectors(void **state)
{
	char hex[DIGEST_HEX_SIZE];

	digest_bytes("abc", 3, hex);
	assert_string_equal(hex, abc);
	digest_bytes(NULL, 0, hex);
	assert_string_equal(hex, nothing);
}

static void test_pieces(void **state)
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	char hex[DIGEST_HEX_SIZE];

	digest_add(digest, "a", 1);
	digest_add(digest, NULL, 0);
	digest_add(digest, "bc", 2);
	digest_hex(digest, hex);
	assert_string_equal(hex, abc);
}

static void test_strings_do_not_run_together(void **state)
{
	_cleanup_(digest_freep) struct digest *a = digest_new(), *b = digest_new();
	char hex_a[DIGEST_HEX_SIZE], hex_b[DIGEST_HEX_SIZE];

	digest_add_string(a, "ab");
	digest_add_string(a, "c");
	digest_add_string(b, "a");
	digest_add_string(b, "bc");
	digest_hex(a, hex_a);
	digest_hex(b, hex_b);
	assert_string_not_equal(hex_a, hex_b);
}

/* The same key on every host, whatever its byte order. */
static void test_numbers_are_little_endian(void **state)
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	char number[DIGEST_HEX_SIZE], bytes[DIGEST_HEX_SIZE];

	digest_add_u64(digest, 0x0102030405060708);
	digest_hex(digest, number);
	digest_bytes("\x08\x07\x06\x05\x04\x03\x02\x01", 8, bytes);
	assert_string_equal(number, bytes);
}

static void test_file(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL, *large = NULL;
	char of_file[DIGEST_HEX_SIZE], of_bytes[DIGEST_HEX_SIZE];
	size_t size = 600001; /* not a multiple of what is read at once */

	assert_ok(temp_dir_make("klab-test-", &directory));
	path = xasprintf("%s/file", directory);
	large = xcalloc(1, size);
	memset(large, 'x', size);
	assert_ok(file_write(path, large, size, 0600));
	assert_ok(digest_file(path, of_file));
	digest_bytes(large, size, of_bytes);
	assert_string_equal(of_file, of_bytes);
	assert_ok(digest_file("/dev/null", of_file));
	assert_string_equal(of_file, nothing);
	assert_error(digest_file("/nowhere/file", of_file), ERROR_OS, "/nowhere/file");
	assert_error(digest_file(directory, of_file), ERROR_OS, "directory");
}

/* Every field that can tell two files apart does. */
static void test_identity(void **state)
{
	struct stat plain = { 0 };
	struct stat others[] = {
		{ .st_dev = 1 },	  { .st_ino = 1 },
		{ .st_size = 1 },	  { .st_mtim.tv_sec = 1 },
		{ .st_mtim.tv_nsec = 1 }, { .st_ctim.tv_sec = 1 },
		{ .st_ctim.tv_nsec = 1 },
	};
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	char hex[DIGEST_HEX_SIZE], other[DIGEST_HEX_SIZE];

	digest_add_identity(digest, "path", &plain);
	digest_hex(digest, hex);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		digest_add_identity(digest, "path", &others[i]);
		digest_hex(digest, other);
		assert_string_not_equal(hex, other);
	}
	digest_add_identity(digest, "path", &plain);
	digest_hex(digest, other);
	assert_string_equal(hex, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_strings_do_not_run_together),
		cmocka_unit_test(test_numbers_are_little_endian),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
