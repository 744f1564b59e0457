// SPDX-License-Identifier: GPL-2.0-or-later
/* The headers of a PE file: "PE Format", Microsoft. */
#include "format/pe.h"

#include <elf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reader.h"

static const struct {
	uint16_t pe;
	uint16_t elf;
} machines[] = {
	{ 0x014c, EM_386 },	{ 0x8664, EM_X86_64 }, { 0x01c2, EM_ARM },
	{ 0xaa64, EM_AARCH64 }, { 0x5064, EM_RISCV },  { 0x6264, 258 /* EM_LOONGARCH */ },
};

static uint16_t elf_machine(uint16_t pe_machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].pe == pe_machine)
			return machines[i].elf;
	return EM_NONE;
}

bool pe_open(const uint8_t *data, size_t size, struct pe *ret)
{
	struct reader r = reader_of(data, size);
	struct pe pe = { 0 };
	size_t section_count, optional_size;
	const uint8_t *magic;

	if (size < 64 || memcmp(data, "MZ", 2) != 0)
		return false;
	reader_seek(&r, 60);
	if (!reader_seek(&r, reader_u32(&r)))
		return false;
	magic = reader_bytes(&r, 4);
	if (!magic || memcmp(magic, "PE\0\0", 4) != 0)
		return false;
	pe.machine = elf_machine(reader_u16(&r));
	section_count = reader_u16(&r);
	reader_skip(&r, 12); /* time, symbols */
	optional_size = reader_u16(&r);
	reader_skip(&r, 2 + optional_size); /* characteristics */
	for (size_t i = 0; i < section_count && !r.failed; i++) {
		uint64_t end;

		reader_skip(&r, 16); /* name, virtual size and address */
		end = reader_u32(&r);
		end += reader_u32(&r);
		pe.file_size = MAX(pe.file_size, end);
		reader_skip(&r, 16);
	}
	if (r.failed)
		return false;
	*ret = pe;
	return true;
}
