// SPDX-License-Identifier: GPL-2.0-or-later
/* Magic numbers where they belong, and where they don't. */
#include "format/filesystem.h"

#include <stdlib.h>

#include "base/mem.h"
#include "unit.h"

static const char *module_with(const char *magic, size_t offset)
{
	_cleanup_free_ char *disk = xcalloc(1, FILESYSTEM_LOOK_SIZE);

	memcpy(disk + offset, magic, strlen(magic));
	return filesystem_module(disk, FILESYSTEM_LOOK_SIZE);
}

static void test_known_ones(void **state)
{
	assert_string_equal(module_with("\x53\xef", 1080), "ext4");
	assert_string_equal(module_with("XFSB", 0), "xfs");
	assert_string_equal(module_with("_BHRfS_M", 65600), "btrfs");
	assert_string_equal(module_with("CD001", 32769), "isofs");
	assert_null(module_with("\x53\xef", 1081));
	assert_null(module_with("\x55\xaa", 510));
}

static void test_short_disks(void **state)
{
	assert_null(filesystem_module("", 0));
	assert_null(filesystem_module("XFS", 3));
	assert_string_equal(filesystem_module("XFSB", 4), "xfs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_ones),
		cmocka_unit_test(test_short_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
