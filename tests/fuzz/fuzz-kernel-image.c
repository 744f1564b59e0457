// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel files, the ELF reader with them, and what is packed inside. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "format/elf.h"
#include "format/kernel-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_elf(const uint8_t *data, size_t size)
{
	char id[ELF_BUILD_ID_SIZE];
	struct elf_section section;
	volatile uint8_t last;
	const uint8_t *bytes;
	struct elf elf;
	struct error *err = elf_open(data, size, &elf);

	if (err) {
		error_ignore(err); /* any is fine */
		return;
	}
	(void)elf_build_id(&elf, id);
	(void)elf_file_size(&elf);
	if (!elf_section_find(&elf, ".BTF", &section))
		return;
	bytes = elf_section_bytes(&elf, &section);
	if (bytes)
		last = bytes[section.size - 1];
	(void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	_cleanup_text_ struct text unpacked = { 0 };
	char release[KERNEL_RELEASE_SIZE];
	struct kernel_image image;

	read_elf(data, size);
	(void)kernel_find_release(data, size, release);
	err = kernel_image_identify(data, size, &image);
	if (err)
		return 0;
	if (!kernel_image_is_packed(&image))
		return 0;
	err = kernel_image_extract(data, size, &image, 4 << 20, &unpacked);
	if (!err && unpacked.length > 4 << 20)
		abort();
	return 0;
}
