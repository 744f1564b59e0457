// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of command line words in a kernel's image. */
#include "format/kernel-words.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/reader.h"
#include "format/elf.h"

#define SEGMENTS_MAX 16
#define CANDIDATES_MAX 32
#define ROWS_MIN 6
#define ROWS_MAX 16384
#define TRIES_MAX 64
#define WORD_SIZE_MAX 80
#define SETUP_STRIDE 24	    /* struct obs_kernel_param: string, function, int early */
#define PARAMETER_STRIDE 40 /* struct kernel_param: name, module, ops, perm... */
/* Images are linked at such addresses; arm64 has at least this much alignment. */
#define BASE_ALIGNMENT 0x10000u
#define KERNEL_HALF 0xffff000000000000u
#define AARCH64_RELATIVE 0x403u /* R_AARCH64_RELATIVE, symbol 0 */
#define RELATIVE_RUN_MIN 4

struct view {
	const uint8_t *data;
	size_t size;
	uint8_t *relocated; /* data, as the kernel makes it of itself; NULL: as it is */
	struct {
		uint64_t address, offset, size;
	} segments[SEGMENTS_MAX];
	size_t segment_count;
};

static uint64_t view_u64(const struct view *view, size_t offset)
{
	struct reader r = reader_of(view->data, view->size);

	reader_seek(&r, offset);
	return reader_u64(&r);
}

/* The offset of an address in the file; view->size: it has none. */
static size_t view_offset(const struct view *view, uint64_t address)
{
	for (size_t i = 0; i < view->segment_count; i++) {
		uint64_t into = address - view->segments[i].address;

		if (into < view->segments[i].size)
			return (size_t)(view->segments[i].offset + into);
	}
	return view->size;
}

/* 0: it has none. */
static uint64_t view_address(const struct view *view, size_t offset)
{
	for (size_t i = 0; i < view->segment_count; i++) {
		uint64_t into = offset - view->segments[i].offset;

		if (into < view->segments[i].size)
			return view->segments[i].address + into;
	}
	return 0;
}

/* A word at this address, borrowed; NULL: there is none. */
static const char *view_word(const struct view *view, uint64_t address)
{
	size_t offset = view_offset(view, address), length = 0;
	const char *s = (const char *)view->data + offset;

	while (length < WORD_SIZE_MAX && offset + length < view->size &&
	       s[length] > ' ' && s[length] < 0x7f)
		length++;
	if (!length || length == WORD_SIZE_MAX || offset + length == view->size ||
	    s[length])
		return NULL;
	return s;
}

/* A row's word; NULL: that is no row. */
typedef const char *(*row_fn)(const struct view *view, size_t offset);

static const char *setup_row(const struct view *view, size_t offset)
{
	uint64_t function = view_u64(view, offset + 8);

	if (offset + SETUP_STRIDE > view->size ||
	    (function && view_offset(view, function) == view->size) ||
	    view_u64(view, offset + 16) > 1)
		return NULL;
	return view_word(view, view_u64(view, offset));
}

static const char *parameter_row(const struct view *view, size_t offset)
{
	uint64_t module = view_u64(view, offset + 8);
	uint64_t ops = view_u64(view, offset + 16);
	uint64_t permissions = view_u64(view, offset + 24) & 0xffff;

	if (offset + PARAMETER_STRIDE > view->size || module ||
	    view_offset(view, ops) == view->size || permissions > 0777)
		return NULL;
	return view_word(view, view_u64(view, offset));
}

struct rows {
	size_t first, count;
};

/* The table around the row at this offset. */
static struct rows rows_around(const struct view *view, size_t offset, size_t stride,
			       row_fn row)
{
	struct rows rows = { .first = offset, .count = 1 };

	while (rows.count < ROWS_MAX && rows.first >= stride &&
	       row(view, rows.first - stride)) {
		rows.first -= stride;
		rows.count++;
	}
	while (rows.count < ROWS_MAX && row(view, rows.first + rows.count * stride))
		rows.count++;
	return rows;
}

/* The next place behind *offset where these bytes stand, with their NULs. */
static bool find_bytes(const struct view *view, const void *bytes, size_t size,
		       size_t *offset)
{
	const uint8_t *at =
		memmem(view->data + *offset, view->size - *offset, bytes, size);

	if (!at)
		return false;
	*offset = (size_t)(at - view->data);
	return true;
}

/* The table in which a row has this name ("\0name\0"). */
static bool find_table(const struct view *view, const char *name, size_t name_size,
		       size_t stride, row_fn row, struct rows *ret)
{
	unsigned int tries = 0;

	for (size_t at = 0; find_bytes(view, name, name_size, &at); at++) {
		uint64_t address = view_address(view, at + 1);

		for (size_t slot = 0; address && find_bytes(view, &address, 8, &slot);
		     slot++) {
			if (slot % 8 || !row(view, slot))
				continue;
			if (++tries > TRIES_MAX)
				return false;
			*ret = rows_around(view, slot, stride, row);
			if (ret->count >= ROWS_MIN)
				return true;
		}
	}
	return false;
}

static const char init_name[] = "\0rdinit=";
static const char parameter_name[] = "\0initcall_debug";

static bool read_tables(const struct view *view, struct kernel_words *ret)
{
	struct rows setups, parameters;

	if (!find_table(view, init_name, sizeof(init_name), SETUP_STRIDE, setup_row,
			&setups) ||
	    !find_table(view, parameter_name, sizeof(parameter_name), PARAMETER_STRIDE,
			parameter_row, &parameters))
		return false;
	for (size_t i = 0; i < setups.count; i++) {
		size_t offset = setups.first + i * SETUP_STRIDE;

		strv_push(view_u64(view, offset + 16) ? &ret->early : &ret->setups,
			  setup_row(view, offset));
	}
	for (size_t i = 0; i < parameters.count; i++)
		strv_push(&ret->parameters,
			  parameter_row(view, parameters.first + i * PARAMETER_STRIDE));
	return true;
}

static void map_segments(struct view *view, const struct elf *elf)
{
	struct elf_segment segment;

	for (size_t i = 0; i < elf->segment_count; i++) {
		if (!elf_segment(elf, i, &segment) || segment.type != PT_LOAD ||
		    !segment.virtual_address || view->segment_count == SEGMENTS_MAX)
			continue;
		view->segments[view->segment_count].address = segment.virtual_address;
		view->segments[view->segment_count].offset = segment.offset;
		view->segments[view->segment_count++].size = segment.file_size;
	}
}

/* The next run of relocations (offset, AARCH64_RELATIVE, value) from *offset on; false:
 * there is none.  They stand in the image, since it moves itself. */
static bool next_run(const struct view *view, size_t *offset, size_t *ret_count)
{
	for (size_t at = *offset; at + 24 <= view->size; at += 8) {
		size_t count = 0;

		while (at + 24 * (count + 1) <= view->size &&
		       view_u64(view, at + 24 * count + 8) == AARCH64_RELATIVE)
			count++;
		if (count < RELATIVE_RUN_MIN)
			continue;
		*offset = at;
		*ret_count = count;
		return true;
	}
	return false;
}

/* Fills in the pointers that are zero until the kernel has relocated itself. */
static void relocate(struct view *view, const struct view *original, uint64_t base)
{
	size_t count;

	for (size_t at = 0; next_run(original, &at, &count); at += 24 * count) {
		for (size_t i = 0; i < count; i++) {
			uint64_t place = view_u64(original, at + 24 * i) - base;
			uint64_t value = view_u64(original, at + 24 * i + 16);

			if (view->size >= 8 && place <= view->size - 8)
				memcpy(view->relocated + place, &value, 8);
		}
	}
}

/* Where a flat image may be linked: addresses that are those of "rdinit=" for a base with
 * the right alignment. */
static size_t find_bases(const struct view *view, uint64_t *bases)
{
	size_t at = 0, count = 0;

	if (!find_bytes(view, init_name, sizeof(init_name), &at))
		return 0;
	for (size_t i = 0; i + 8 <= view->size && count < CANDIDATES_MAX; i += 8) {
		uint64_t base = view_u64(view, i) - (at + 1);

		if (base % BASE_ALIGNMENT == 0 && base >= KERNEL_HALF &&
		    (!count || bases[count - 1] != base))
			bases[count++] = base;
	}
	return count;
}

static bool find_in_flat(const struct view *original, struct kernel_words *ret)
{
	_cleanup_free_ uint8_t *copy = NULL;
	uint64_t bases[CANDIDATES_MAX];
	size_t count = find_bases(original, bases);

	for (size_t i = 0; i < count; i++) {
		struct view view = {
			.size = original->size,
			.segment_count = 1,
		};

		view.segments[0].address = bases[i];
		view.segments[0].size = original->size;
		free(copy);
		copy = xmemdup(original->data, original->size);
		view.data = view.relocated = copy;
		relocate(&view, original, bases[i]);
		if (read_tables(&view, ret))
			return true;
	}
	return false;
}

bool kernel_words_find(const uint8_t *data, size_t size, struct kernel_words *ret)
{
	struct view view = { .data = data, .size = size };
	struct error *err;
	struct elf elf;

	*ret = (struct kernel_words){ 0 };
	if (!size)
		return false;
	if (!elf_detect(data, size))
		return find_in_flat(&view, ret);
	err = elf_open(data, size, &elf);
	if (err) {
		error_ignore(err); /* no kernel: it has no words */
		return false;
	}
	map_segments(&view, &elf);
	return read_tables(&view, ret);
}

void kernel_words_deinit(struct kernel_words *words)
{
	strv_deinit(&words->early);
	strv_deinit(&words->setups);
	strv_deinit(&words->parameters);
	*words = (struct kernel_words){ 0 };
}

static char dashes(char c)
{
	return c == '-' ? '_' : c;
}

/* What follows the name in the word; NULL: it begins otherwise. */
static const char *after_name(const char *word, const char *name)
{
	for (; *name; word++, name++)
		if (dashes(*word) != dashes(*name))
			return NULL;
	return word;
}

static bool is_whole(const char *rest)
{
	return rest && (!*rest || *rest == '=');
}

bool kernel_words_know(const struct kernel_words *words, const char *word)
{
	for (size_t i = 0; i < words->parameters.count; i++)
		if (is_whole(after_name(word, words->parameters.items[i])))
			return true;
	for (size_t i = 0; i < words->early.count; i++)
		if (is_whole(after_name(word, words->early.items[i])))
			return true;
	for (size_t i = 0; i < words->setups.count; i++)
		if (after_name(word, words->setups.items[i]))
			return true;
	return false;
}
