// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of root file systems, and how --rw and --disk-name bear on them. */
#include "lab/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/filesystem.h"
#include "image/recipe.h"
#include "lab/named-disk.h"
#include "lab/root-host.h"
#include "lab/root-sources.h"
#include "os/file.h"

static const struct {
	const char *prefix;
	const char *argument; /* NULL: the prefix is the whole word */
	struct error *(*open)(const struct root_request *request, const char *rest,
			      struct root_source **ret);
} kinds[] = {
	{ "dir:", "PATH", root_open_directory },
	{ "tar:", "FILE", root_open_archive },
	{ ROOT_HOST_WORD, NULL, root_open_host },
	{ ROOT_HOST_WORD ":", "9p|virtiofs", root_open_host },
};

void root_source_free(struct root_source *source)
{
	if (!source)
		return;
	if (source->deinit)
		source->deinit(source);
	free(source->words);
	free(source->name);
	free(source->init);
	free(source);
}

char *root_words(void)
{
	_cleanup_text_ struct text words = { 0 };
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		text_appendf(&words, "%s%s, ", kinds[i].prefix,
			     kinds[i].argument ? kinds[i].argument : "");
	recipe_names(&names);
	for (size_t i = 0; i < names.count; i++)
		text_appendf(&words, "%s, ", names.items[i]);
	text_append(&words, "FILE" RECIPE_SUFFIX ", an image FILE, none");
	return text_take(&words);
}

/* What becomes klab's initramfs, or nothing at all. */
static bool is_initramfs(const char *spec)
{
	_cleanup_free_ char *recipe = root_recipe_word(spec);

	return streq(spec, "none") || (recipe && !root_recipe_is_disk(spec));
}

enum root_where root_where(const struct guest_options *options)
{
	if (options->disk_name)
		return ROOT_DISK;
	if (options->root && root_host_is_meant(options->root))
		return ROOT_HOST;
	if (!options->root || is_initramfs(options->root))
		return ROOT_INITRAMFS;
	return ROOT_DISK;
}

struct error *root_source_open(const struct root_request *request, const char *spec,
			       struct root_source **ret)
{
	*ret = NULL;
	if (root_recipe_is_disk(spec))
		return root_open_recipe(request, spec, ret);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *rest = after_prefix(spec, kinds[i].prefix);

		if (rest && (kinds[i].argument || !*rest))
			return kinds[i].open(request, rest, ret);
	}
	return NULL;
}

static struct root *root_new(enum root_where where)
{
	struct root *root = xnew(struct root);

	root->where = where;
	root->lock = -1;
	return root;
}

void root_free(struct root *root)
{
	if (!root)
		return;
	free(root->disk);
	free(root->server);
	free(root->reason);
	close_fd(root->lock);
	free(root);
}

/* The file's path, without what says how it is read. */
static char *file_of(const char *spec)
{
	const char *comma = strstr(spec, ",format=");

	return comma ? xstrndup(spec, (size_t)(comma - spec)) : xstrdup(spec);
}

/* A mistyped word is more likely than a file of that name. */
static struct error *check_file(const char *spec)
{
	_cleanup_free_ char *path = file_of(spec);
	_cleanup_free_ char *words = root_words();

	if (path_is_dir(path))
		return error_hint(error_new(ERROR_USAGE, "--root %s is a directory",
					    path),
				  "--root dir:%s", path);
	if (path_exists(path))
		return NULL;
	return error_hint(error_new(ERROR_NOT_FOUND, "--root %s: there is no such file",
				    spec),
			  "SPEC is one of: %s", words);
}

/* Of a raw disk; within a qcow2 nobody looks here. */
static const char *look_for_filesystem(const char *disk)
{
	_cleanup_free_ char *path = file_of(disk);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *data = xcalloc(1, FILESYSTEM_LOOK_SIZE);
	ssize_t n = fd < 0 ? -1 : pread(fd, data, FILESYSTEM_LOOK_SIZE, 0);

	return n > 0 ? filesystem_module(data, (size_t)n) : NULL;
}

/* The disk that the source makes, as it is in the store; or the user's file. */
static struct error *find_base(const struct root_request *request, const char *spec,
			       const struct root_source *source, char **ret)
{
	_cleanup_disk_ struct disk disk = { 0 };

	if (!source) {
		TRY(check_file(spec));
		*ret = xstrdup(spec);
		return NULL;
	}
	TRY_WRAP(disk_build(request->store, &source->recipe, &disk), "--root %s", spec);
	*ret = xasprintf("%s,format=raw", disk.path);
	return NULL;
}

/* The same words from wherever they are said. */
static char *lasting_words(const char *spec, const struct root_source *source)
{
	_cleanup_free_ char *path = NULL;
	char *real;

	if (source)
		return xstrdup(source->words);
	path = file_of(spec);
	real = realpath(path, NULL);
	return real ? real : xstrdup(path);
}

static struct error *make_named(const struct root_request *request, const char *name,
				const char *spec, const struct root_source *source,
				struct named_disk *ret)
{
	_cleanup_free_ char *base = NULL, *path = NULL, *words = NULL;

	TRY(find_base(request, spec, source, &base));
	path = file_of(base);
	words = lasting_words(spec, source);
	return named_disk_make(name, path, words, source ? source->init : NULL, ret);
}

/* A disk is of the root that it was made from, whatever became of that since. */
static struct error *check_from(const char *name, const struct named_disk *disk,
				const char *spec, const struct root_source *source)
{
	_cleanup_free_ char *words = spec ? lasting_words(spec, source) : NULL;

	if (!words || streq(disk->from, words))
		return NULL;
	return error_hint(error_new(ERROR_USAGE,
				    "the disk %s was made from %s, not from "
				    "%s",
				    name, disk->from, words),
			  "leave out --root, or make another one: --disk-name NAME");
}

static struct error *use_named(const struct root_request *request, const char *name,
			       const char *spec, const struct root_source *source,
			       struct root *root)
{
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE;
	struct error *err = named_disk_open(name, &disk);

	if (error_is(err, ERROR_NOT_FOUND) && spec) {
		error_ignore(err); /* it is made */
		err = make_named(request, name, spec, source, &disk);
	}
	TRY(err);
	TRY(check_from(name, &disk, spec, source));
	root->disk = take_ptr(disk.path);
	root->lock = take_fd(disk.lock);
	root->mode = MACHINE_DISK_KEEP;
	return NULL;
}

static struct error *find(const struct root_request *request, struct root *root)
{
	const struct guest_options *options = request->options;
	_cleanup_(root_source_freep) struct root_source *source = NULL;
	const char *name = options->disk_name;

	if (options->root)
		TRY(root_source_open(request, options->root, &source));
	/* What is in the store never changes: a disk of the source's name does. */
	if (!name && source && options->rw)
		name = source->name;
	if (name)
		return use_named(request, name, options->root, source, root);
	root->mode = options->rw ? MACHINE_DISK_KEEP : MACHINE_DISK_DISCARD;
	return find_base(request, options->root, source, &root->disk);
}

struct error *root_resolve(const struct root_request *request, struct root **ret)
{
	enum root_where where = root_where(request->options);
	_cleanup_(root_freep) struct root *root = NULL;

	*ret = NULL;
	if (where == ROOT_INITRAMFS)
		return NULL;
	root = root_new(where);
	if (where == ROOT_HOST) {
		TRY(root_host_resolve(request, root));
	} else {
		TRY(find(request, root));
		root->filesystem = look_for_filesystem(root->disk);
	}
	*ret = take_ptr(root);
	return NULL;
}
