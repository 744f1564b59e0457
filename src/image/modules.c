// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the names of wanted modules to entries of a plan: asks the kernel's room, writes
 * the indexes, and spares both where a note is still true (module-note.h).
 */
#include "image/modules.h"

#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "image/depmod.h"
#include "image/modprobe-index.h"
#include "image/module-note.h"
#include "os/file.h"

/* Others hold the directory for a millisecond; better without it than waiting. */
#define WORK_TIMEOUT_MS 200
#define BUILTIN_MAX (1u << 20)

/* Without the suffix of a compression: the image holds it decompressed. */
static char *without_compression(const char *path)
{
	const char *ko = strstr(path_base(path), ".ko");

	return ko ? xstrndup(path, (size_t)(ko - path) + strlen(".ko")) : xstrdup(path);
}

/* As `make modules_install` would lay it out. */
static char *relative_path(const struct kernel *kernel, const char *path)
{
	_cleanup_free_ char *plain = without_compression(path);
	const char *below = after_prefix(plain, kernel->modules);

	if (!below || *below != '/')
		return xasprintf("updates/%s", path_base(plain));
	return xasprintf("%s%s", kernel->modules_tree ? "kernel/" : "", below + 1);
}

static struct error *set_index(struct module_set *set)
{
	size_t count = set->paths.count;
	_cleanup_free_ struct depmod_module *modules =
		xcalloc(count + 1, sizeof(*modules));

	for (size_t i = 0; i < count; i++)
		modules[i] = (struct depmod_module){
			.path = set->paths.items[i],
			.relative = set->relatives.items[i],
		};
	return depmod_index(modules, count, &set->dep, &set->alias);
}

/* A tree has none before it was built. */
static struct error *set_builtin(struct module_set *set, const struct kernel *kernel)
{
	_cleanup_free_ char *path = path_join(kernel->modules, "modules.builtin");
	_cleanup_bytes_ struct bytes bytes = { 0 };

	if (!path_exists(path))
		return NULL;
	TRY(file_read(path, BUILTIN_MAX, &bytes));
	text_append_bytes(&set->builtin, bytes.data, bytes.size);
	return NULL;
}

static struct error *set_find(struct module_set *set, const struct kernel *kernel,
			      const char *const *wanted)
{
	struct kernel_module *modules = NULL;
	size_t count = 0;

	TRY(kernel_modules_closure(kernel, wanted, &modules, &count, &set->missing));
	for (size_t i = 0; i < count; i++) {
		strv_push(&set->paths, modules[i].path);
		strv_push_take(&set->relatives, relative_path(kernel, modules[i].path));
	}
	kernel_modules_free(modules, count);
	TRY(set_builtin(set, kernel));
	return set_index(set);
}

/* From the note or, with a note for the next time, from the kernel. */
static struct error *set_get(struct store *store, const struct kernel *kernel,
			     const char *const *wanted, struct module_set *set)
{
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int hold = -1;
	char key[DIGEST_HEX_SIZE];
	struct error *err;

	module_note_name(kernel, wanted, key);
	err = store_work(store, "modules", WORK_TIMEOUT_MS, &directory, &hold);
	if (err) {
		log_debug("modules: not noted: %s", error_sentence(err));
		error_ignore(err); /* a store that can't be written, or a busy one */
		return set_find(set, kernel, wanted);
	}
	path = path_join(directory, key);
	if (module_note_read(path, kernel, set))
		return NULL;
	TRY(set_find(set, kernel, wanted));
	err = module_note_write(path, set, kernel);
	if (err)
		log_debug("modules: not noted: %s", error_sentence(err));
	error_ignore(err); /* costs the next start some time, no more */
	return NULL;
}

static struct error *add_files(struct plan *plan, const char *directory,
			       const struct module_set *set)
{
	_cleanup_text_ struct text load = { 0 };

	for (size_t i = 0; i < set->paths.count; i++) {
		const char *source = set->paths.items[i];
		_cleanup_free_ char *path = path_join(directory, set->relatives.items[i]);
		struct stat st;

		if (stat(source, &st) < 0)
			return error_os(errno, "looking at the module %s", source);
		TRY(plan_add_module(plan, path, source, &st));
		text_appendf(&load, "%s\n", path);
	}
	return plan_add_bytes(plan, MODULES_LOAD_PATH, 0644, load.data, load.length);
}

static struct error *add_text(struct plan *plan, const char *directory, const char *name,
			      const struct text *text)
{
	_cleanup_free_ char *path = path_join(directory, name);

	return plan_add_bytes(plan, path, 0644, text_str(text), text->length);
}

/* What busybox's modprobe reads, and kmod's. */
static struct error *add_indexes(struct plan *plan, const char *directory,
				 const struct module_set *set)
{
	_cleanup_text_ struct text dep = { 0 }, alias = { 0 }, builtin = { 0 };

	modprobe_index_dep(&set->dep, &dep);
	modprobe_index_alias(&set->alias, &alias);
	modprobe_index_builtin(&set->builtin, &builtin);
	TRY(add_text(plan, directory, "modules.dep", &set->dep));
	TRY(add_text(plan, directory, "modules.dep.bin", &dep));
	TRY(add_text(plan, directory, "modules.alias", &set->alias));
	TRY(add_text(plan, directory, "modules.alias.bin", &alias));
	/* With it modprobe says nothing where a wanted module is built in. */
	TRY(add_text(plan, directory, "modules.builtin", &set->builtin));
	return add_text(plan, directory, "modules.builtin.bin", &builtin);
}

struct error *modules_add(struct plan *plan, struct store *store,
			  const struct kernel *kernel, const char *const *wanted,
			  struct strv *ret_missing)
{
	_cleanup_module_set_ struct module_set set = { 0 };
	_cleanup_free_ char *directory =
		xasprintf("/lib/modules/%s",
			  kernel->release ? kernel->release : "unknown");

	TRY(set_get(store, kernel, wanted, &set));
	TRY(plan_add_directory(plan, directory, 0755));
	TRY(add_files(plan, directory, &set));
	TRY(add_indexes(plan, directory, &set));
	*ret_missing = set.missing;
	set.missing = (struct strv){ 0 };
	return NULL;
}
