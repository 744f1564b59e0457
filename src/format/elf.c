// SPDX-License-Identifier: GPL-2.0-or-later
/* A small reader of ELF files that may be damaged or made to hurt. */
#include "format/elf.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"

bool elf_detect(const uint8_t *data, size_t size)
{
	return size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

/* A reader at an offset that may lie anywhere. */
static struct reader reader_at(const struct elf *elf, uint64_t offset)
{
	struct reader r = reader_of(elf->data, elf->size);

	if (offset > elf->size)
		r.failed = true;
	else
		reader_seek(&r, (size_t)offset);
	return r;
}

static const uint8_t *bytes_at(const struct elf *elf, uint64_t offset, uint64_t size)
{
	struct reader r = reader_at(elf, offset);

	return size > elf->size ? NULL : reader_bytes(&r, (size_t)size);
}

/* The part of the header behind e_version, where the classes differ. */
static void read_header_64(struct reader *r, struct elf *elf, size_t *names_index)
{
	elf->entry = reader_u64(r);
	elf->segments = reader_u64(r);
	elf->sections = reader_u64(r);
	reader_skip(r, 4 + 2); /* flags, size of this header */
	elf->segment_stride = reader_u16(r);
	elf->segment_count = reader_u16(r);
	elf->section_stride = reader_u16(r);
	elf->section_count = reader_u16(r);
	*names_index = reader_u16(r);
	if (elf->segment_stride < sizeof(Elf64_Phdr) || !elf->segments)
		elf->segment_count = 0;
	if (elf->section_stride < sizeof(Elf64_Shdr) || !elf->sections)
		elf->section_count = 0;
}

static bool read_section(const struct elf *elf, size_t index, struct elf_section *ret,
			 uint32_t *name, uint32_t *link)
{
	uint64_t offset;
	struct reader r;

	if (__builtin_mul_overflow((uint64_t)index, elf->section_stride, &offset) ||
	    __builtin_add_overflow(offset, elf->sections, &offset))
		return false;
	r = reader_at(elf, offset);
	*name = reader_u32(&r);
	ret->type = reader_u32(&r);
	ret->flags = reader_u64(&r);
	ret->address = reader_u64(&r);
	ret->offset = reader_u64(&r);
	ret->size = reader_u64(&r);
	*link = reader_u32(&r);
	reader_skip(&r, 4); /* info */
	ret->alignment = reader_u64(&r);
	return !r.failed;
}

/* Finds the names; where the counts did not fit into the header, section 0 has them. */
static void open_sections(struct elf *elf, size_t names_index)
{
	struct elf_section section;
	uint32_t name, link;
	bool large = elf->sections && elf->section_stride >= sizeof(Elf64_Shdr);

	if (large && read_section(elf, 0, &section, &name, &link)) {
		if (!elf->section_count)
			elf->section_count =
				(size_t)MIN(section.size, elf->size / sizeof(Elf64_Shdr));
		if (names_index == SHN_XINDEX)
			names_index = link;
	}
	if (names_index < elf->section_count &&
	    read_section(elf, names_index, &section, &name, &link) &&
	    section.type != SHT_NOBITS) {
		elf->names = section.offset;
		elf->names_size = section.size;
	}
}

struct error *elf_open(const uint8_t *data, size_t size, struct elf *ret)
{
	struct elf elf = { .data = data, .size = size };
	struct reader r = reader_of(data, size);
	const uint8_t *ident = reader_bytes(&r, EI_NIDENT);
	size_t names_index = 0;

	if (!ident || !elf_detect(data, size))
		return error_new(ERROR_UNSUPPORTED, "not an ELF file");
	if (ident[EI_DATA] != ELFDATA2LSB)
		return error_new(ERROR_UNSUPPORTED, "a big-endian ELF file");
	elf.is_64 = ident[EI_CLASS] == ELFCLASS64;
	elf.type = reader_u16(&r);
	elf.machine = reader_u16(&r);
	reader_skip(&r, 4); /* version */
	if (elf.is_64)
		read_header_64(&r, &elf, &names_index);
	if (r.failed)
		return error_new(ERROR_CORRUPT, "an ELF file that ends in its header");
	if (elf.is_64)
		open_sections(&elf, names_index);
	*ret = elf;
	return NULL;
}

bool elf_segment(const struct elf *elf, size_t index, struct elf_segment *ret)
{
	struct elf_segment segment;
	uint64_t offset;
	struct reader r;

	if (index >= elf->segment_count ||
	    __builtin_add_overflow((uint64_t)index * elf->segment_stride, elf->segments,
				   &offset))
		return false;
	r = reader_at(elf, offset);
	segment.type = reader_u32(&r);
	segment.flags = reader_u32(&r);
	segment.offset = reader_u64(&r);
	segment.virtual_address = reader_u64(&r);
	segment.physical_address = reader_u64(&r);
	segment.file_size = reader_u64(&r);
	segment.memory_size = reader_u64(&r);
	segment.alignment = reader_u64(&r);
	if (r.failed)
		return false;
	*ret = segment;
	return true;
}

bool elf_section(const struct elf *elf, size_t index, struct elf_section *ret)
{
	struct elf_section section;
	uint32_t name, link;

	if (index >= elf->section_count ||
	    !read_section(elf, index, &section, &name, &link))
		return false;
	*ret = section;
	return true;
}

bool elf_section_find(const struct elf *elf, const char *name, struct elf_section *ret)
{
	size_t name_size = strlen(name) + 1;
	struct elf_section section;
	uint32_t at, link;

	for (size_t i = 0; i < elf->section_count; i++) {
		const uint8_t *bytes = NULL;

		if (!read_section(elf, i, &section, &at, &link))
			return false;
		if (at < elf->names_size && name_size <= elf->names_size - at)
			bytes = bytes_at(elf, elf->names + at, name_size);
		if (bytes && memcmp(bytes, name, name_size) == 0) {
			if (ret)
				*ret = section;
			return true;
		}
	}
	return false;
}

const uint8_t *elf_section_bytes(const struct elf *elf, const struct elf_section *section)
{
	if (section->type == SHT_NOBITS || !section->size)
		return NULL;
	return bytes_at(elf, section->offset, section->size);
}

uint64_t elf_file_size(const struct elf *elf)
{
	uint64_t end = elf->section_count
			       ? elf->sections + elf->section_count * elf->section_stride
			       : 0;
	struct elf_segment segment;
	struct elf_section section;

	end = MAX(end, elf->segments + elf->segment_count * elf->segment_stride);
	for (size_t i = 0; elf_segment(elf, i, &segment); i++)
		end = MAX(end, segment.offset + segment.file_size);
	for (size_t i = 0; elf_section(elf, i, &section); i++)
		if (section.type != SHT_NOBITS)
			end = MAX(end, section.offset + section.size);
	return end;
}
