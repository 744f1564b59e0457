// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kbuild lists what it built in modules.order, and packages bring that along: one small
 * file.  Only when a name is not in it the directory is walked, since modules that were
 * added later (DKMS: updates/, extra/) are in no list.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "kernel/module-index.h"
#include "os/file.h"

#define LIST_MAX (16 << 20)
#define DEPTH_MAX 16

/* Most frequent first. */
static const char *const suffixes[] = { "", ".xz", ".zst", ".gz" };

struct item {
	char *name;
	char *path; /* without the suffix of the compression until it is asked for */
	bool exact; /* path is the file's */
};

struct items {
	struct item *items;
	size_t count;
	size_t capacity;
	bool sorted;
};

struct module_index {
	char *directory;
	bool tree;
	bool walked;
	struct items modules;
	struct items builtin;
};

static void items_deinit(struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		free(items->items[i].name);
		free(items->items[i].path);
	}
	free(items->items);
}

void module_index_free(struct module_index *index)
{
	if (!index)
		return;
	free(index->directory);
	items_deinit(&index->modules);
	items_deinit(&index->builtin);
	free(index);
}

char *module_name_of(const char *path)
{
	const char *base = path_base(path);
	char *name = xstrndup(base, strcspn(base, "."));

	for (char *c = name; *c; c++) {
		if (*c == '-')
			*c = '_';
	}
	return name;
}

static void items_add(struct items *items, char *path, bool exact)
{
	array_reserve(items->items, items->count, items->capacity);
	items->items[items->count++] = (struct item){
		.name = module_name_of(path),
		.path = path,
		.exact = exact,
	};
	items->sorted = false;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : strcmp(x->path, y->path);
}

static int compare_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct item *)item)->name);
}

static struct item *items_find(struct items *items, const char *name)
{
	if (!items->count)
		return NULL;
	if (!items->sorted) {
		qsort(items->items, items->count, sizeof(*items->items), compare_items);
		items->sorted = true;
	}
	return bsearch(name, items->items, items->count, sizeof(*items->items),
		       compare_name);
}

/* Lines like "kernel/fs/ext4/ext4.ko", in newer trees "fs/ext4/ext4.o". */
static struct error *read_list(const struct module_index *index, const char *name,
			       struct items *items)
{
	_cleanup_free_ char *path = path_join(index->directory, name);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *text = NULL;
	struct error *err = file_read(path, LIST_MAX, &bytes);
	char *rest, *line;

	if (error_is_errno(err, ENOENT)) {
		error_free(err);
		return NULL;
	}
	TRY(err);
	text = bytes.size ? xstrndup((const char *)bytes.data, bytes.size) : xstrdup("");
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line);

		/* A list that names files elsewhere is not kbuild's. */
		if (length < 3 || *line == '/' || strstr(line, "../"))
			continue;
		if (has_suffix(line, ".o"))
			length -= 2;
		else if (has_suffix(line, ".ko"))
			length -= 3;
		else
			continue;
		items_add(items,
			  xasprintf("%s/%.*s.ko", index->directory, (int)length, line),
			  false);
	}
	return NULL;
}

static bool is_module_file(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *suffix = xasprintf(".ko%s", suffixes[i]);

		if (has_suffix(name, suffix))
			return true;
	}
	return false;
}

static void walk(struct module_index *index, const char *directory, unsigned int depth)
{
	_cleanup_closedir_ DIR *dir = depth < DEPTH_MAX ? opendir(directory) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path;

		if (*entry->d_name == '.')
			continue;
		/* build/ and source/ are links out of here; links are not followed. */
		path = path_join(directory, entry->d_name);
		if (entry->d_type == DT_DIR)
			walk(index, path, depth + 1);
		if (entry->d_type == DT_REG && is_module_file(entry->d_name))
			items_add(&index->modules, path, true);
		else
			free(path);
	}
}

struct error *module_index_new(const struct kernel *kernel, struct module_index **ret)
{
	_cleanup_(module_index_freep) struct module_index *index =
		xnew(struct module_index);

	if (kernel->modules) {
		index->directory = xstrdup(kernel->modules);
		index->tree = kernel->modules_tree;
		TRY(read_list(index, "modules.order", &index->modules));
		TRY(read_list(index, "modules.builtin", &index->builtin));
	}
	*ret = take_ptr(index);
	return NULL;
}

/* The list has the name before compression.  False: listed but not built or not shipped. */
static bool make_exact(struct item *item)
{
	for (size_t i = 0; !item->exact && i < ARRAY_SIZE(suffixes); i++) {
		char *path = xasprintf("%s%s", item->path, suffixes[i]);

		if (path_exists(path)) {
			free(item->path);
			item->path = path;
			item->exact = true;
		} else {
			free(path);
		}
	}
	return item->exact;
}

/* A tree has what its list has, and objects of every other thing besides. */
static bool walk_once(struct module_index *index)
{
	if (index->walked || index->tree || !index->directory)
		return false;
	index->walked = true;
	items_deinit(&index->modules);
	index->modules = (struct items){ 0 };
	walk(index, index->directory, 0);
	return true;
}

const char *module_index_find(struct module_index *index, const char *name)
{
	struct item *item = items_find(&index->modules, name);

	if (item && make_exact(item))
		return item->path;
	if (!walk_once(index))
		return NULL;
	item = items_find(&index->modules, name);
	return item ? item->path : NULL;
}

bool module_index_is_builtin(const struct module_index *index, const char *name)
{
	for (size_t i = 0; i < index->builtin.count; i++) {
		if (streq(index->builtin.items[i].name, name))
			return true;
	}
	return false;
}

void module_index_all(struct module_index *index, struct strv *ret_files)
{
	(void)walk_once(index); /* a tree's list is all there is */
	for (size_t i = 0; i < index->modules.count; i++) {
		if (make_exact(&index->modules.items[i]))
			strv_push(ret_files, index->modules.items[i].path);
	}
}
