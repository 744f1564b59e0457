// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The entries are sorted, so that a node of the trie is a range of them that agree up to
 * some character.  Children come before their parent, who must know where they are.
 */
#include "format/kmod-trie.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define MAGIC 0xb007f457
#define VERSION 0x00020001

/* In an offset, what the node has. */
#define NODE_PREFIX 0x80000000u
#define NODE_VALUES 0x40000000u
#define NODE_CHILDREN 0x20000000u

#define CHARACTERS 128
/* Beyond it the trie would be deep.  The longest alias of a kernel has some 200 bytes. */
#define KEY_MAX 1000

void kmod_trie_deinit(struct kmod_trie *index)
{
	for (size_t i = 0; i < index->count; i++) {
		free(index->items[i].key);
		free(index->items[i].value);
	}
	free(index->items);
}

void kmod_trie_normalize(char *key)
{
	for (bool range = false; *key; key++) {
		if (*key == '[' || *key == ']')
			range = *key == '[';
		else if (*key == '-' && !range)
			*key = '_';
	}
}

static bool is_possible(const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)key[i] >= CHARACTERS)
			return false;
	return length && length < KEY_MAX;
}

void kmod_trie_add(struct kmod_trie *index, char *key, char *value)
{
	if (!is_possible(key)) {
		free(key);
		free(value);
		return;
	}
	array_reserve(index->items, index->count, index->capacity);
	index->items[index->count] = (struct kmod_trie_entry){ key, value, index->count };
	index->count++;
}

static void put_u32(struct text *out, uint32_t value)
{
	value = htobe32(value);
	text_append_bytes(out, &value, sizeof(value));
}

static void put_string(struct text *out, const char *s, size_t length)
{
	text_append_bytes(out, s, length);
	text_append_char(out, '\0');
}

/* How far all of a sorted range agree. */
static size_t common_length(const struct kmod_trie_entry *entries, size_t count)
{
	const char *first = entries[0].key, *last = entries[count - 1].key;
	size_t length = 0;

	while (first[length] && first[length] == last[length])
		length++;
	return length;
}

/* Those that end where all agree come first. */
static size_t count_values(const struct kmod_trie_entry *entries, size_t count,
			   size_t depth)
{
	size_t values = 0;

	while (values < count && !entries[values].key[depth])
		values++;
	return values;
}

static uint32_t put_node(struct text *out, const struct kmod_trie_entry *entries,
			 size_t count, size_t depth);

/* The offset of each child by its character; false: there is none. */
static bool put_children(struct text *out, const struct kmod_trie_entry *entries,
			 size_t count, size_t depth, uint32_t offsets[CHARACTERS])
{
	for (size_t i = 0, end; i < count; i = end) {
		char c = entries[i].key[depth];

		for (end = i; end < count && entries[end].key[depth] == c; end++)
			;
		offsets[(unsigned char)c] =
			put_node(out, entries + i, end - i, depth + 1);
	}
	return count;
}

static void put_child_table(struct text *out, const uint32_t offsets[CHARACTERS])
{
	unsigned int first = 0, last = CHARACTERS - 1;

	while (!offsets[first])
		first++;
	while (!offsets[last])
		last--;
	text_append_char(out, (char)first);
	text_append_char(out, (char)last);
	for (unsigned int c = first; c <= last; c++)
		put_u32(out, offsets[c]);
}

static uint32_t put_node(struct text *out, const struct kmod_trie_entry *entries,
			 size_t count, size_t depth)
{
	size_t agreed = common_length(entries, count);
	size_t values = count_values(entries, count, agreed);
	uint32_t offsets[CHARACTERS] = { 0 };
	bool children =
		put_children(out, entries + values, count - values, agreed, offsets);
	uint32_t offset = (uint32_t)out->length;

	if (agreed > depth)
		put_string(out, entries[0].key + depth, agreed - depth);
	if (children)
		put_child_table(out, offsets);
	if (values)
		put_u32(out, (uint32_t)values);
	for (size_t i = 0; i < values; i++) {
		put_u32(out, (uint32_t)i); /* its priority: lower is earlier */
		put_string(out, entries[i].value, strlen(entries[i].value));
	}
	return offset | (agreed > depth ? NODE_PREFIX : 0) |
	       (children ? NODE_CHILDREN : 0) | (values ? NODE_VALUES : 0);
}

static int compare_entries(const void *a, const void *b)
{
	const struct kmod_trie_entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

void kmod_trie_write(struct kmod_trie *index, struct text *ret)
{
	struct text out = { 0 };
	uint32_t root = 0;

	put_u32(&out, MAGIC);
	put_u32(&out, VERSION);
	put_u32(&out, 0);
	if (index->count > 1)
		qsort(index->items, index->count, sizeof(*index->items), compare_entries);
	if (index->count)
		root = put_node(&out, index->items, index->count, 0);
	root = htobe32(root);
	memcpy(out.data + 2 * sizeof(uint32_t), &root, sizeof(root));
	*ret = out;
}
