/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing modules.dep.bin and its like: the tries that kmod's modprobe looks names up in,
 * and without which it finds nothing.  The format is in the head of kmod's
 * libkmod/libkmod-trie.h, version 2.1, unchanged since module-init-tools.
 */
#ifndef KLAB_FORMAT_KMOD_TRIE_H
#define KLAB_FORMAT_KMOD_TRIE_H

#include <stddef.h>

#include "base/text.h"

struct kmod_trie_entry {
	char *key; /* ASCII; as kmod looks for it: kmod_trie_normalize() */
	char *value;
	size_t order;
};

struct kmod_trie {
	struct kmod_trie_entry *items;
	size_t count, capacity;
};

void kmod_trie_deinit(struct kmod_trie *index);
#define _cleanup_kmod_trie_ _cleanup_(kmod_trie_deinit)
/* Takes key and value.  One with a key that no module has is left out. */
void kmod_trie_add(struct kmod_trie *index, char *key, char *value);
/* Sorts the entries; of one key the first added is found first. */
void kmod_trie_write(struct kmod_trie *index, struct text *ret);

/* Dashes become underscores, but not those of a range: "[a-z]". */
void kmod_trie_normalize(char *key);

#endif
