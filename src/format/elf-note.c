// SPDX-License-Identifier: GPL-2.0-or-later
/* Notes of an ELF file, and the build ID, which is one. */
#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "format/elf.h"

struct wanted {
	const char *owner;
	uint32_t type;
	const uint8_t *bytes; /* NULL until found */
	size_t size;
};

/* Names and contents are padded; the last may lack it. */
static const uint8_t *padded(struct reader *r, size_t size, size_t alignment)
{
	const uint8_t *bytes = reader_bytes(r, size);
	size_t padding = -size & (alignment - 1);

	(void)reader_skip(r, MIN(padding, reader_left(r)));
	return bytes;
}

static bool search(struct wanted *wanted, const uint8_t *notes, size_t size,
		   size_t alignment)
{
	size_t owner_size = strlen(wanted->owner) + 1;
	struct reader r = reader_of(notes, size);

	while (reader_left(&r) >= 12) {
		size_t name_size = reader_u32(&r);
		size_t bytes_size = reader_u32(&r);
		uint32_t type = reader_u32(&r);
		const uint8_t *name = padded(&r, name_size, 4);
		const uint8_t *bytes = padded(&r, bytes_size, alignment);

		if (!name || !bytes)
			return false;
		if (type != wanted->type || name_size != owner_size ||
		    memcmp(name, wanted->owner, owner_size) != 0)
			continue;
		wanted->bytes = bytes;
		wanted->size = bytes_size;
		return true;
	}
	return false;
}

/* Notes aligned to 8 exist in user programs alone (.note.gnu.property). */
static size_t note_alignment(uint64_t alignment)
{
	return alignment == 8 ? 8 : 4;
}

static bool search_segments(const struct elf *elf, struct wanted *wanted)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++) {
		if (segment.type != PT_NOTE || segment.offset > elf->size ||
		    segment.file_size > elf->size - segment.offset)
			continue;
		if (search(wanted, elf->data + segment.offset, (size_t)segment.file_size,
			   note_alignment(segment.alignment)))
			return true;
	}
	return false;
}

static bool search_sections(const struct elf *elf, struct wanted *wanted)
{
	struct elf_section section;

	for (size_t i = 0; elf_section(elf, i, &section); i++) {
		const uint8_t *notes = section.type == SHT_NOTE
					       ? elf_section_bytes(elf, &section)
					       : NULL;

		if (notes && search(wanted, notes, (size_t)section.size,
				    note_alignment(section.alignment)))
			return true;
	}
	return false;
}

bool elf_note_find(const struct elf *elf, const char *owner, uint32_t type,
		   const uint8_t **ret_bytes, size_t *ret_size)
{
	struct wanted wanted = { .owner = owner, .type = type };

	/* A module has no segments. */
	if (!search_segments(elf, &wanted) && !search_sections(elf, &wanted))
		return false;
	*ret_bytes = wanted.bytes;
	*ret_size = wanted.size;
	return true;
}

bool elf_build_id(const struct elf *elf, char ret[ELF_BUILD_ID_SIZE])
{
	const uint8_t *bytes;
	size_t size;

	if (!elf_note_find(elf, "GNU", NT_GNU_BUILD_ID, &bytes, &size) || !size ||
	    size > (ELF_BUILD_ID_SIZE - 1) / 2)
		return false;
	for (size_t i = 0; i < size; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return true;
}
