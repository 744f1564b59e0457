// SPDX-License-Identifier: GPL-2.0-or-later
/* A table of magic numbers and their places (Linux include/uapi/linux/magic.h and the
 * superblocks of each). */
#include "format/filesystem.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *module;
} kinds[] = {
	{ 1080, "\x53\xef", 2, "ext4" }, /* also ext2 and ext3 */
	{ 0, "XFSB", 4, "xfs" },
	{ 65600, "_BHRfS_M", 8, "btrfs" },
	{ 0, "hsqs", 4, "squashfs" },
	{ 1024, "\xe2\xe1\xf5\xe0", 4, "erofs" },
	{ 1024, "\x10\x20\xf5\xf2", 4, "f2fs" },
	{ 32769, "CD001", 5, "isofs" },
};

const char *filesystem_module(const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (size >= kinds[i].offset + kinds[i].length &&
		    memcmp(bytes + kinds[i].offset, kinds[i].magic, kinds[i].length) == 0)
			return kinds[i].module;
	return NULL;
}
