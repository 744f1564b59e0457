// SPDX-License-Identifier: GPL-2.0-or-later
/* What each line of a recipe adds to a plan: a table by kinds. */
#include "image/recipe-fill.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/busybox.h"
#include "image/debian.h"
#include "image/program.h"

struct filling {
	const struct recipe *recipe;
	struct store *store;
	const struct image_options *options;
	struct plan *plan;
};

char *recipe_source_path(const struct recipe *recipe, const struct recipe_item *item)
{
	_cleanup_free_ char *directory = path_parent(recipe->path);

	return *item->source == '/' ? xstrdup(item->source)
				    : path_join(directory, item->source);
}

/* Of what was just added. */
static struct error *give(const struct filling *filling, const struct recipe_item *item)
{
	struct plan_attributes owner = { .uid = item->uid, .gid = item->gid };

	plan_set_attributes(filling->plan, &owner);
	return NULL;
}

static struct error *fill_directory(const struct filling *filling,
				    const struct recipe_item *item)
{
	TRY(plan_add_directory(filling->plan, item->name, item->mode & 07777));
	return give(filling, item);
}

static struct error *fill_symlink(const struct filling *filling,
				  const struct recipe_item *item)
{
	TRY(plan_add_symlink(filling->plan, item->name, item->source));
	return give(filling, item);
}

static struct error *fill_node(const struct filling *filling,
			       const struct recipe_item *item)
{
	TRY(plan_add_node(filling->plan, item->name, item->mode, item->device));
	return give(filling, item);
}

static struct error *add_regular(const struct filling *filling,
				 const struct recipe_item *item, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "the file %s", path);
	if (!S_ISREG(st.st_mode))
		return error_new(ERROR_CORRUPT, "%s is not a file", path);
	TRY(plan_add_file(filling->plan, item->name, item->mode & 07777, path, &st));
	return give(filling, item);
}

static struct error *fill_file(const struct filling *filling,
			       const struct recipe_item *item)
{
	_cleanup_free_ char *path = recipe_source_path(filling->recipe, item);

	TRY(add_regular(filling, item, path));
	for (size_t i = 0; i < item->more.count; i++)
		TRY(plan_add_link(filling->plan, item->more.items[i], item->name));
	return NULL;
}

static struct error *fill_text(const struct filling *filling,
			       const struct recipe_item *item)
{
	TRY(plan_add_bytes(filling->plan, item->name, item->mode & 07777,
			   item->content.data, item->content.length));
	return give(filling, item);
}

static struct error *fill_program(const struct filling *filling,
				  const struct recipe_item *item)
{
	_cleanup_free_ char *source = recipe_source_path(filling->recipe, item);
	_cleanup_free_ char *path = NULL;
	struct program_options options = {
		.source = source,
		.options = (const char *const *)item->more.items,
		.arch = filling->options->arch,
		.cross_compile = filling->options->cross_compile,
	};

	TRY(program_make(filling->store, &options, &path));
	return add_regular(filling, item, path);
}

static struct error *fill_busybox(const struct filling *filling,
				  const struct recipe_item *item)
{
	struct busybox_options options = {
		.path = item->name,
		.arch = filling->options->arch,
		.fetch = filling->options->fetch,
		.applets = item->applets,
		.has_agent = !filling->options->no_agent,
	};

	return busybox_add(filling->plan, filling->store, &options);
}

static struct error *fill_packages(const struct filling *filling,
				   const struct recipe_item *item)
{
	const struct image_options *options = filling->options;

	if (!options->packages)
		return error_new(ERROR_UNSUPPORTED,
				 "packages are unpacked into a disk only");
	return debian_unpack(options->packages, filling->plan, options->spool);
}

struct error *recipe_fill(const struct recipe *recipe, struct store *store,
			  const struct image_options *options, struct plan *plan)
{
	static struct error *(*const fills[])(const struct filling *filling,
					      const struct recipe_item *item) = {
		[RECIPE_DIRECTORY] = fill_directory, [RECIPE_SYMLINK] = fill_symlink,
		[RECIPE_NODE] = fill_node,	     [RECIPE_FILE] = fill_file,
		[RECIPE_TEXT] = fill_text,	     [RECIPE_PROGRAM] = fill_program,
		[RECIPE_BUSYBOX] = fill_busybox,     [RECIPE_PACKAGES] = fill_packages,
	};
	const struct filling filling = { recipe, store, options, plan };

	for (size_t i = 0; i < recipe->count; i++) {
		const struct recipe_item *item = &recipe->items[i];

		TRY_WRAP(fills[item->kind](&filling, item), "%s:%u", recipe->path,
			 item->line);
	}
	return NULL;
}
