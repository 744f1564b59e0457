// SPDX-License-Identifier: GPL-2.0-or-later
/* What is the key of a line, and what its value, as kmod's tools/depmod.c has it. */
#include "image/modprobe-index.h"

#include "base/mem.h"
#include "format/kmod-trie.h"

/* "kernel/fs/a-b.ko: ..." -> "a_b" */
static char *name_of(const char *path)
{
	char *name = xstrndup(path, strcspn(path, ":"));
	const char *base = path_base(name);
	char *plain = xstrndup(base, (size_t)(strchrnul(base, '.') - base));

	free(name);
	kmod_trie_normalize(plain);
	return plain;
}

static void add_dep(struct kmod_trie *index, const char *line)
{
	kmod_trie_add(index, name_of(line), xstrdup(line));
}

static void add_builtin(struct kmod_trie *index, const char *line)
{
	kmod_trie_add(index, name_of(line), xstrdup(""));
}

/* "alias fs-ext9 ext9"; a pattern has no blanks. */
static void add_alias(struct kmod_trie *index, const char *line)
{
	const char *pattern = after_prefix(line, "alias ");
	const char *blank = pattern ? strchr(pattern, ' ') : NULL;
	char *key;

	if (!blank)
		return;
	key = xstrndup(pattern, (size_t)(blank - pattern));
	kmod_trie_normalize(key);
	kmod_trie_add(index, key, xstrdup(blank + 1));
}

static void make(const struct text *text,
		 void (*add)(struct kmod_trie *index, const char *line), struct text *ret)
{
	_cleanup_kmod_trie_ struct kmod_trie index = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(text_str(text), "\n", &lines);
	for (size_t i = 0; i < lines.count; i++)
		add(&index, lines.items[i]);
	kmod_trie_write(&index, ret);
}

void modprobe_index_dep(const struct text *dep, struct text *ret)
{
	make(dep, add_dep, ret);
}

void modprobe_index_alias(const struct text *alias, struct text *ret)
{
	make(alias, add_alias, ret);
}

void modprobe_index_builtin(const struct text *builtin, struct text *ret)
{
	make(builtin, add_builtin, ret);
}
