// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules in the order in which they can be loaded.  What a module needs it says itself
 * in its .modinfo (`depends=`, `softdep=`), which libkmod reads, also out of compressed
 * files; so this works the same on a build tree, an unpacked package and a running host.
 */
#include <fnmatch.h>
#include <libkmod.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "kernel/kernel.h"
#include "kernel/module-index.h"

/* Aliases that the kernel asks for by itself and that don't look like a device's. */
static const char *const alias_prefixes[] = {
	"fs-",	    "net-pf-", "char-major-", "block-major-", "crypto-",
	"devname:", "binfmt-", "rtnl-link-",  "nf-",	      "ip-",
};

struct closure {
	struct kmod_ctx *kmod;
	struct module_index *index;
	struct strv visited; /* names, before their dependencies: cycles end there */
	struct kernel_module *modules;
	size_t count;
	size_t capacity;
	struct strv missing;
};

static void closure_deinit(struct closure *closure)
{
	kmod_unref(closure->kmod);
	module_index_free(closure->index);
	strv_deinit(&closure->visited);
	strv_deinit(&closure->missing);
	kernel_modules_free(closure->modules, closure->count);
}

void kernel_modules_free(struct kernel_module *modules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(modules[i].name);
		free(modules[i].path);
	}
	free(modules);
}

static void kmod_listp(struct kmod_list **list)
{
	kmod_module_info_free_list(*list);
}
#define _cleanup_kmod_list_ _cleanup_(kmod_listp)

/* Call for each value that the module's .modinfo has under a key. */
typedef bool (*info_fn)(const char *value, void *argument);

static struct error *for_each_info(struct kmod_ctx *kmod, const char *path,
				   const char *key, info_fn handler, void *argument)
{
	_cleanup_kmod_list_ struct kmod_list *list = NULL;
	struct kmod_module *module;
	struct kmod_list *item;
	int result = kmod_module_new_from_path(kmod, path, &module);

	if (result < 0)
		return error_os(-result, "opening the module %s", path);
	result = kmod_module_get_info(module, &list);
	kmod_module_unref(module);
	if (result < 0)
		return error_hint(error_new(ERROR_CORRUPT, "%s is no kernel module",
					    path),
				  "see that it is whole, and of a compression that "
				  "libkmod reads");
	kmod_list_foreach(item, list)
	{
		if (streq(kmod_module_info_get_key(item), key) &&
		    !handler(kmod_module_info_get_value(item), argument))
			break;
	}
	return NULL;
}

static bool take_depends(const char *value, void *argument)
{
	strv_split(value, ",", argument);
	return true;
}

struct soft_dependencies {
	struct strv pre;
	struct strv post;
};

/* "pre: a b post: c" */
static bool take_soft(const char *value, void *argument)
{
	struct soft_dependencies *soft = argument;
	_cleanup_strv_ struct strv words = { 0 };
	struct strv *into = NULL;

	strv_split(value, " \t", &words);
	for (size_t i = 0; i < words.count; i++) {
		if (streq(words.items[i], "pre:"))
			into = &soft->pre;
		else if (streq(words.items[i], "post:"))
			into = &soft->post;
		else if (into)
			strv_push(into, words.items[i]);
	}
	return true;
}

enum need { NEED_HARD, NEED_SOFT };

static struct error *visit(struct closure *closure, const char *wanted, enum need need);

static struct error *visit_all(struct closure *closure, const struct strv *names,
			       enum need need)
{
	for (size_t i = 0; i < names->count; i++)
		TRY(visit(closure, names->items[i], need));
	return NULL;
}

static struct error *visit_soft(struct closure *closure, const struct strv *names)
{
	return visit_all(closure, names, NEED_SOFT);
}

static struct error *add_with_dependencies(struct closure *closure, const char *name,
					   const char *path)
{
	_cleanup_free_ char *file = xstrdup(path); /* the index may move */
	struct soft_dependencies soft = { 0 };
	struct strv depends = { 0 };
	struct error *err;

	err = for_each_info(closure->kmod, file, "depends", take_depends, &depends);
	if (!err)
		err = for_each_info(closure->kmod, file, "softdep", take_soft, &soft);
	if (!err)
		err = visit_soft(closure, &soft.pre);
	if (!err)
		err = visit_all(closure, &depends, NEED_HARD);
	if (!err) {
		array_reserve(closure->modules, closure->count, closure->capacity);
		closure->modules[closure->count++] = (struct kernel_module){
			.name = xstrdup(name),
			.path = take_ptr(file),
		};
		err = visit_soft(closure, &soft.post);
	}
	strv_deinit(&depends);
	strv_deinit(&soft.pre);
	strv_deinit(&soft.post);
	return err;
}

/* "pre: crypto-crc32c" means any module with that alias.  Looking for aliases reads every
 * module, so of the candidates the portable one is taken, which is named by custom. */
static struct error *visit_generic(struct closure *closure, const char *name)
{
	const char *algorithm = after_prefix(name, "crypto_");
	_cleanup_free_ char *generic =
		xasprintf("%s_generic", algorithm ? algorithm : name);
	const char *path = module_index_find(closure->index, generic);

	if (!path || strv_contains(&closure->visited, generic))
		return NULL;
	strv_push(&closure->visited, generic);
	return add_with_dependencies(closure, generic, path);
}

/* One module by its name.  A soft dependency that isn't there is nobody's loss. */
static struct error *visit(struct closure *closure, const char *wanted, enum need need)
{
	_cleanup_free_ char *name = module_name_of(wanted);
	const char *path;

	if (strv_contains(&closure->visited, name))
		return NULL;
	strv_push(&closure->visited, name);
	path = module_index_find(closure->index, name);
	if (path)
		return add_with_dependencies(closure, name, path);
	if (module_index_is_builtin(closure->index, name))
		return NULL;
	if (need == NEED_SOFT)
		return visit_generic(closure, name);
	strv_push(&closure->missing, wanted);
	return NULL;
}

static bool looks_like_alias(const char *wanted)
{
	if (strchr(wanted, ':'))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(alias_prefixes); i++) {
		if (has_prefix(wanted, alias_prefixes[i]))
			return true;
	}
	return false;
}

struct alias_search {
	const char *wanted;
	bool found;
};

static bool match_alias(const char *value, void *argument)
{
	struct alias_search *search = argument;

	search->found = search->found || fnmatch(value, search->wanted, 0) == 0;
	return !search->found;
}

/* Reads every module: seconds, hence only for what can be nothing but an alias. */
static struct error *visit_alias(struct closure *closure, const char *wanted)
{
	_cleanup_strv_ struct strv files = { 0 };
	bool found = false;

	module_index_all(closure->index, &files);
	for (size_t i = 0; i < files.count; i++) {
		struct alias_search search = { .wanted = wanted };
		struct error *err = for_each_info(closure->kmod, files.items[i], "alias",
						  match_alias, &search);

		/* A broken module that nobody asked for is not today's concern. */
		if (err)
			log_debug("modules: %s", error_sentence(err));
		error_ignore(err);
		if (!search.found)
			continue;
		found = true;
		TRY(visit(closure, path_base(files.items[i]), NEED_HARD));
	}
	if (!found)
		strv_push(&closure->missing, wanted);
	return NULL;
}

static bool is_known(struct closure *closure, const char *wanted)
{
	_cleanup_free_ char *name = module_name_of(wanted);

	return module_index_find(closure->index, name) ||
	       module_index_is_builtin(closure->index, name);
}

struct error *kernel_modules_closure(const struct kernel *kernel,
				     const char *const *wanted,
				     struct kernel_module **ret, size_t *ret_count,
				     struct strv *ret_missing)
{
	/* No configuration of the host's modprobe: the guest has none either. */
	static const char *const no_config[] = { NULL };
	_cleanup_(closure_deinit) struct closure closure = { 0 };

	closure.kmod = kmod_new(kernel->modules ? kernel->modules : "/", no_config);
	if (!closure.kmod)
		return error_new(ERROR_FAILED, "starting libkmod");
	TRY(module_index_new(kernel, &closure.index));
	for (size_t i = 0; wanted[i]; i++) {
		if (looks_like_alias(wanted[i]) && !is_known(&closure, wanted[i]))
			TRY(visit_alias(&closure, wanted[i]));
		else
			TRY(visit(&closure, wanted[i], NEED_HARD));
	}
	*ret = take_ptr(closure.modules);
	*ret_count = closure.count;
	closure.count = 0;
	*ret_missing = closure.missing;
	closure.missing = (struct strv){ 0 };
	return NULL;
}
