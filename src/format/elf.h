/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of ELF as it takes to judge a kernel: segments, sections by name, notes.  64-bit
 * little endian; of a 32-bit file only the header is known.  Everything is read when it is
 * asked for, out of the borrowed bytes; what lies outside of them does not exist.
 */
#ifndef KLAB_FORMAT_ELF_H
#define KLAB_FORMAT_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct elf {
	const uint8_t *data; /* borrowed */
	size_t size;
	bool is_64;
	uint16_t type;	  /* ET_* */
	uint16_t machine; /* EM_* */
	uint64_t entry;
	size_t segment_count; /* 0 for a 32-bit file, as section_count */
	size_t section_count;
	uint64_t segments; /* offset of the first, and their distance */
	uint64_t sections;
	size_t segment_stride;
	size_t section_stride;
	uint64_t names; /* section names: offset and size */
	uint64_t names_size;
};

struct elf_segment {
	uint32_t type;	/* PT_* */
	uint32_t flags; /* PF_* */
	uint64_t offset;
	uint64_t virtual_address;
	uint64_t physical_address;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t alignment;
};

struct elf_section {
	uint32_t type; /* SHT_* */
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t size;
	uint64_t alignment;
};

bool elf_detect(const uint8_t *data, size_t size);
/* Only the header must be whole. */
struct error *elf_open(const uint8_t *data, size_t size, struct elf *ret) _must_check_;
/* False if there is no such segment within the file. */
bool elf_segment(const struct elf *elf, size_t index, struct elf_segment *ret);
bool elf_section(const struct elf *elf, size_t index, struct elf_section *ret);
/* The first of this name; ret may be NULL. */
bool elf_section_find(const struct elf *elf, const char *name, struct elf_section *ret);
/* Its bytes; NULL if it has none or they are not all there. */
const uint8_t *elf_section_bytes(const struct elf *elf,
				 const struct elf_section *section);
/* The bytes of the first note of this owner and type, in a segment or a section. */
bool elf_note_find(const struct elf *elf, const char *owner, uint32_t type,
		   const uint8_t **ret_bytes, size_t *ret_size);

#define ELF_BUILD_ID_SIZE 65 /* at most 32 bytes in hex, and the NUL */
/* False if it has none. */
bool elf_build_id(const struct elf *elf, char ret[ELF_BUILD_ID_SIZE]);
/* How long the file must be for all of its segments, sections and tables. */
uint64_t elf_file_size(const struct elf *elf);

#endif
