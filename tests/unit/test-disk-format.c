// SPDX-License-Identifier: GPL-2.0-or-later
/* Disk images by magic; everything else is raw. */
#include "unit.h"

#include "format/disk-format.h"

static const char *detect(const char *head, size_t size)
{
	return disk_format_name(disk_format_detect((const uint8_t *)head, size));
}

static void test_formats(void **state)
{
	char vdi[512] = "<<< Oracle VM VirtualBox Disk Image >>>\n";

	assert_string_equal(detect("QFI\xfb\0\0\0\2", 8), "qcow2");
	assert_string_equal(detect("QFI\xfb\0\0\0\3", 8), "qcow2");
	assert_string_equal(detect("KDMV\1\0\0\0", 8), "vmdk");
	assert_string_equal(detect("vhdxfile", 8), "vhdx");
	memcpy(vdi + 64, "\x7f\x10\xda\xbe\1\0\1\0", 8);
	assert_string_equal(detect(vdi, sizeof(vdi)), "vdi");
}

static void test_everything_else_is_raw(void **state)
{
	assert_string_equal(detect("", 0), "raw");
	assert_string_equal(detect("QFI\xfb", 4), "raw");
	assert_string_equal(detect("QFI\xfb\0\0\0\1", 8), "raw"); /* qcow, the first */
	assert_string_equal(detect("\x7f"
				   "ELFxxxx",
				   8),
			    "raw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_everything_else_is_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
