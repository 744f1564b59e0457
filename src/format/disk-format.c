// SPDX-License-Identifier: GPL-2.0-or-later
/* Disk images by their magic. */
#include "format/disk-format.h"

#include <string.h>

#include "base/cleanup.h"

static const struct {
	enum disk_format format;
	const char *name;
	size_t offset;
	const char *magic; /* four bytes, NULL: no magic */
	uint32_t version;  /* big-endian, behind the magic; 0: any */
} formats[] = {
	{ DISK_FORMAT_RAW, "raw", 0, NULL, 0 },
	{ DISK_FORMAT_QCOW2, "qcow2", 0, "QFI\xfb", 2 },
	{ DISK_FORMAT_QCOW2, "qcow2", 0, "QFI\xfb", 3 },
	{ DISK_FORMAT_VMDK, "vmdk", 0, "KDMV", 0 },
	{ DISK_FORMAT_VHDX, "vhdx", 0, "vhdx", 0 },
	{ DISK_FORMAT_VDI, "vdi", 64, "\x7f\x10\xda\xbe", 0 },
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum disk_format disk_format_detect(const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t at = formats[i].offset;

		if (!formats[i].magic || size < at + 8 ||
		    memcmp(head + at, formats[i].magic, 4) != 0)
			continue;
		if (!formats[i].version || be32(head + at + 4) == formats[i].version)
			return formats[i].format;
	}
	return DISK_FORMAT_RAW;
}

const char *disk_format_name(enum disk_format format)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].format == format)
			return formats[i].name;
	return "raw";
}
