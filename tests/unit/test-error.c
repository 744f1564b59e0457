// SPDX-License-Identifier: GPL-2.0-or-later
/* base/error and base/reader. */
#include "base/error.h"

#include <errno.h>

#include "base/reader.h"
#include "unit.h"

static struct error *inner(void)
{
	return error_hint(error_os(ENOENT, "opening %s", "/x"), "create %s", "/x");
}

static struct error *outer(void)
{
	TRY_WRAP(inner(), "cannot start");
	return NULL;
}

static void test_wrap(void **state)
{
	_cleanup_error_ struct error *err = outer();

	assert_string_equal(error_sentence(err),
			    "cannot start: opening /x: No such file or directory");
	assert_string_equal(error_hint_text(err), "create /x");
	assert_true(error_is_errno(err, ENOENT));
	assert_false(error_is_errno(err, EPERM));
	assert_true(error_is(err, ERROR_OS));
	assert_false(error_is(NULL, ERROR_OS));
}

static void test_reader(void **state)
{
	static const uint8_t data[] = { 1, 2, 0, 0, 0, 'h', 'i', 0, 'x' };
	struct reader r = reader_of(data, sizeof(data));

	assert_int_equal(reader_u8(&r), 1);
	assert_int_equal(reader_u32(&r), 2);
	assert_string_equal(reader_string(&r), "hi");
	assert_null(reader_string(&r)); /* no NUL before the end */
	assert_true(r.failed);
	assert_int_equal(reader_u8(&r), 0); /* stays failed */
	assert_int_equal(reader_left(&r), 0);
}

static void test_reader_bounds(void **state)
{
	static const uint8_t data[] = { 0x12, 0x34 };
	struct reader r = reader_of(data, sizeof(data));

	assert_int_equal(reader_uint_be(&r, 2), 0x1234);
	assert_false(r.failed);
	assert_null(reader_bytes(&r, SIZE_MAX)); /* must not wrap around */
	r = reader_of(data, sizeof(data));
	assert_true(reader_seek(&r, 2));
	assert_false(reader_seek(&r, 3));
	assert_true(r.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
