// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the .modinfo of each module with libkmod and writes the two text indexes that
 * busybox's modprobe reads; image/modprobe-index.h makes kmod's of them.
 */
#include "image/depmod.h"

#include <errno.h>
#include <libkmod.h>

#include "base/mem.h"

DEFINE_CLEANUP(struct kmod_ctx *, kmod_unref)
DEFINE_CLEANUP(struct kmod_module *, kmod_module_unref)
DEFINE_CLEANUP(struct kmod_list *, kmod_module_info_free_list)

struct index {
	const struct depmod_module *modules;
	size_t count;
	char **names;
	bool *depends; /* [i * count + j]: i needs j, directly or not */
};

static void index_deinit(struct index *index)
{
	for (size_t i = 0; i < index->count; i++)
		free(index->names[i]);
	free(index->names);
	free(index->depends);
}

/* Dashes and underscores are the same in the names of modules. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	}
	return *a == *b;
}

/* Module i needs j, and all that j needs; j comes before i, so j's row is complete. */
static void index_add_dependency(struct index *index, size_t i, const char *name)
{
	for (size_t j = 0; j < i; j++) {
		if (!same_name(index->names[j], name))
			continue;
		index->depends[i * index->count + j] = true;
		for (size_t k = 0; k < j; k++)
			index->depends[i * index->count + k] |=
				index->depends[j * index->count + k];
	}
}

static void index_add_dependencies(struct index *index, size_t i, const char *names)
{
	_cleanup_strv_ struct strv list = { 0 };

	strv_split(names, ",", &list);
	for (size_t n = 0; n < list.count; n++)
		index_add_dependency(index, i, list.items[n]);
}

static struct error *index_read(struct index *index, struct kmod_ctx *kmod, size_t i,
				struct text *alias)
{
	_cleanup_(kmod_module_info_free_listp) struct kmod_list *info = NULL;
	_cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
	const char *path = index->modules[i].path;
	const struct kmod_list *item;
	int r;

	r = kmod_module_new_from_path(kmod, path, &module);
	if (r >= 0)
		r = kmod_module_get_info(module, &info);
	if (r < 0)
		return error_os(-r, "reading what the module %s says about itself", path);
	index->names[i] = xstrdup(kmod_module_get_name(module));
	kmod_list_foreach(item, info)
	{
		const char *key = kmod_module_info_get_key(item);
		const char *value = kmod_module_info_get_value(item);

		if (streq(key, "depends"))
			index_add_dependencies(index, i, value);
		else if (streq(key, "alias"))
			text_appendf(alias, "alias %s %s\n", value, index->names[i]);
	}
	return NULL;
}

/* "a.ko: c.ko b.ko": what must be there first stands last. */
static void index_print(const struct index *index, size_t i, struct text *dep)
{
	text_appendf(dep, "%s:", index->modules[i].relative);
	for (size_t j = i; j-- > 0;) {
		if (index->depends[i * index->count + j])
			text_appendf(dep, " %s", index->modules[j].relative);
	}
	text_append_char(dep, '\n');
}

struct error *depmod_index(const struct depmod_module *modules, size_t count,
			   struct text *ret_dep, struct text *ret_alias)
{
	static const char *const no_config[] = { NULL };
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = kmod_new("/", no_config);
	_cleanup_(index_deinit) struct index index = {
		.modules = modules,
		.count = count,
		.names = xcalloc(count + 1, sizeof(char *)),
		.depends = xcalloc(count * count + 1, sizeof(bool)),
	};
	_cleanup_text_ struct text alias = { 0 };
	_cleanup_text_ struct text dep = { 0 };

	if (!kmod)
		return error_os(ENOMEM, "starting libkmod");
	for (size_t i = 0; i < count; i++) {
		TRY(index_read(&index, kmod, i, &alias));
		index_print(&index, i, &dep);
	}
	*ret_dep = dep;
	*ret_alias = alias;
	dep = alias = (struct text){ 0 };
	return NULL;
}
