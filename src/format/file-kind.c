// SPDX-License-Identifier: GPL-2.0-or-later
/* Magics of what people hand over by mistake instead of a kernel or an image. */
#include "format/file-kind.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "format/elf.h"

struct kind {
	size_t offset;
	const char *magic;
	size_t magic_size;
	const char *name;
};

#define AT(offset, magic, name)                        \
	{                                              \
		offset, magic, sizeof(magic) - 1, name \
	}

static const struct kind kinds[] = {
	AT(0, "070701", "a cpio archive, perhaps an initramfs"),
	AT(0, "070702", "a cpio archive, perhaps an initramfs"),
	AT(257, "ustar", "a tar archive"),
	AT(0, "!<arch>\ndebian-binary", "a Debian package"),
	AT(0, "!<arch>\n", "a static library"),
	AT(0, "\xed\xab\xee\xdb", "an RPM package"),
	AT(0, "PK\x03\x04", "a zip archive"),
	AT(0, "QFI\xfb", "a qcow2 disk image"),
	AT(0, "KDMV", "a VMDK disk image"),
	AT(0, "hsqs", "a squashfs file system"),
	AT(1024, "\xe2\xe1\xf5\xe0", "an erofs file system"),
	AT(0x438, "\x53\xef", "an ext2, ext3 or ext4 file system"),
	AT(0, "XFSB", "an XFS file system"),
	AT(0x10040, "_BHRfS_M", "a btrfs file system"),
	AT(0x8001, "CD001", "an ISO 9660 image"),
	AT(0, "KDUMP   ", "a compressed kernel dump"),
	AT(0, "\x27\x05\x19\x56", "a U-Boot uImage"),
	AT(0, "\xd0\x0d\xfe\xed", "a device tree or a FIT image"),
	AT(0, "BC\xc0\xde", "LLVM bitcode"),
	AT(0, "%PDF", "a PDF document"),
	AT(0, "#!", "a script"),
	AT(0, "MZ", "an EFI or DOS program without a Linux kernel's header"),
	AT(510, "\x55\xaa", "a disk image with a boot sector"),
};

static const char *elf_kind(const uint8_t *data, size_t size)
{
	struct elf elf;
	struct error *err = elf_open(data, size, &elf);

	if (err) {
		error_ignore(err); /* which is the answer */
		return "a damaged or big-endian ELF file";
	}
	switch (elf.type) {
	case ET_REL:
		return "an ELF object file, perhaps a kernel module";
	case ET_EXEC:
		return "an ELF program";
	case ET_DYN:
		return "an ELF shared object or program";
	case ET_CORE:
		return "an ELF core dump";
	default:
		return "an ELF file of an unknown type";
	}
}

static bool all_zero(const uint8_t *data, size_t size)
{
	return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

static bool is_text(const uint8_t *data, size_t size)
{
	size_t n = size < 512 ? size : 512;

	for (size_t i = 0; i < n; i++)
		if (!isprint(data[i]) && !isspace(data[i]))
			return false;
	return true;
}

const char *file_kind(const uint8_t *data, size_t size)
{
	if (size == 0)
		return "empty";
	if (elf_detect(data, size))
		return elf_kind(data, size);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];

		if (size >= kind->offset + kind->magic_size &&
		    memcmp(data + kind->offset, kind->magic, kind->magic_size) == 0)
			return kind->name;
	}
	if (all_zero(data, size))
		return "nothing but zeros";
	if (is_text(data, size))
		return "a text file";
	return "of an unknown format";
}
