// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recipe's plan with what klab and the user add to it, and the store in front of it.
 * The plan is made at every start, out of stats and notes alone; its digest names the
 * image.  So there is no second list of what an image depends on that could be wrong.
 */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/collect.h"
#include "image/explain.h"
#include "image/modules.h"
#include "image/pack.h"
#include "image/plan.h"
#include "image/recipe-fill.h"
#include "image/recipe.h"
#include "os/digest.h"
#include "os/dirs.h"
#include "os/file.h"

/* Changes when the same plan is written as other bytes. */
#define PACK_VERSION "klab initramfs 1"
#define STORE_KIND "initramfs"
#define FILE_NAME "initramfs.cpio"
#define SETUP_PATH "/lib/klab/setup"

void image_deinit(struct image *image)
{
	free(image->path);
	free(image->digest);
	strv_deinit(&image->missing_modules);
	*image = (struct image){ 0 };
}

static struct error *add_init(struct plan *plan, const struct image_options *options)
{
	_cleanup_free_ char *name = xasprintf("guest/agent-%s", options->arch->name);
	_cleanup_free_ char *agent = NULL;
	struct stat st;

	if (options->no_agent)
		return NULL;
	TRY_WRAP(dirs_data_file(name, &agent), "no agent for the %s guest",
		 options->arch->name);
	if (stat(agent, &st) < 0)
		return error_os(errno, "looking at %s", agent);
	return plan_add_file(plan, "/init", 0755, agent, &st);
}

static struct error *add_setup(struct plan *plan, const struct image_options *options)
{
	if (!options->setup || !*options->setup)
		return NULL;
	return plan_add_bytes(plan, SETUP_PATH, 0644, options->setup,
			      strlen(options->setup));
}

static struct error *add_modules(struct plan *plan, struct store *store,
				 const struct image_options *options,
				 struct strv *ret_missing)
{
	const struct kernel *kernel = options->kernel;

	if (!kernel || !kernel->modules || !options->modules || !options->modules[0])
		return NULL;
	return modules_add(plan, store, kernel, options->modules, ret_missing);
}

static struct error *add_users(struct plan *plan, const struct image_options *options)
{
	for (size_t i = 0; options->overlays && options->overlays[i]; i++)
		TRY(collect_overlay(plan, options->overlays[i]));
	for (size_t i = 0; i < options->add_count; i++)
		TRY(collect_add(plan, &options->adds[i]));
	return NULL;
}

static struct error *add_recipe(struct plan *plan, struct store *store,
				const struct image_options *options)
{
	_cleanup_recipe_ struct recipe usual = { 0 };
	const struct recipe *recipe = options->recipe;

	if (!recipe) {
		TRY(recipe_find(RECIPE_DEFAULT, &usual));
		recipe = &usual;
	}
	return recipe_fill(recipe, store, options, plan);
}

/* In this order: later wins. */
static struct error *fill(struct plan *plan, struct store *store,
			  const struct image_options *options, struct strv *ret_missing)
{
	TRY(add_recipe(plan, store, options));
	TRY(add_init(plan, options));
	TRY(add_modules(plan, store, options, ret_missing));
	TRY(add_setup(plan, options));
	return add_users(plan, options);
}

static void plan_key(struct plan *plan, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	digest_add_string(digest, PACK_VERSION);
	plan_digest(plan, digest);
	digest_hex(digest, ret);
}

static struct error *found(const char *directory, const char *key, struct image *image)
{
	struct stat st;

	image->path = path_join(directory, FILE_NAME);
	image->digest = xstrdup(key);
	if (stat(image->path, &st) < 0)
		return error_os(errno, "looking at the stored image %s", image->path);
	image->size = (uint64_t)st.st_size;
	return NULL;
}

static struct error *make(struct store *store, struct plan *plan, const char *key,
			  char **ret_directory)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	uint64_t size;

	TRY(store_draft_new(store, STORE_KIND, key, &draft));
	path = path_join(store_draft_path(draft), FILE_NAME);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return store_explain(store, error_os(errno, "creating %s", path));
	TRY_WRAP(store_explain(store, explain_limit(pack_write(plan, fd, &size))),
		 "making the image");
	return store_draft_publish(take_ptr(draft), ret_directory);
}

static struct error *make_once(struct store *store, struct plan *plan, const char *key,
			       char **ret_directory)
{
	_cleanup_close_ int lock = -1;

	TRY(store_lock_key(store, STORE_KIND, key, &lock));
	*ret_directory = store_lookup(store, STORE_KIND, key);
	if (*ret_directory)
		return NULL;
	return make(store, plan, key, ret_directory);
}

struct error *image_build(struct store *store, const struct image_options *options,
			  struct image *ret)
{
	_cleanup_(plan_freep) struct plan *plan = plan_new();
	_cleanup_image_ struct image image = { 0 };
	_cleanup_free_ char *directory = NULL;
	char key[DIGEST_HEX_SIZE];

	TRY(fill(plan, store, options, &image.missing_modules));
	plan_key(plan, key);
	directory = store_lookup(store, STORE_KIND, key);
	if (!directory)
		TRY(make_once(store, plan, key, &directory));
	TRY(found(directory, key, &image));
	*ret = image;
	image = (struct image){ 0 };
	return NULL;
}

struct error *image_write(struct store *store, const struct image_options *options,
			  const char *path, struct image *ret)
{
	_cleanup_draft_ struct file_draft draft = FILE_DRAFT_NONE;
	_cleanup_(plan_freep) struct plan *plan = plan_new();
	_cleanup_image_ struct image image = { 0 };
	char key[DIGEST_HEX_SIZE];
	struct error *err;

	TRY(fill(plan, store, options, &image.missing_modules));
	plan_key(plan, key);
	TRY(file_draft_open(&draft, path, 0644));
	err = pack_write(plan, draft.fd, &image.size);
	if (!err)
		err = file_draft_publish(&draft, false);
	if (err)
		return explain_full(err, path);
	image.path = xstrdup(path);
	image.digest = xstrdup(key);
	*ret = image;
	image = (struct image){ 0 };
	return NULL;
}
