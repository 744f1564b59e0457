// SPDX-License-Identifier: GPL-2.0-or-later
/* Recipes that become disks: their key, what fills them, and their second stage. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "image/debian.h"
#include "image/recipe-fill.h"
#include "kernel/sources.h"
#include "lab/root-host.h"
#include "lab/root-sources.h"
#include "lab/second-stage.h"
#include "os/file.h"

struct recipe_source {
	struct root_source source;
	struct recipe recipe;
	char *suite; /* NULL: it has no packages */
	struct store *store;
	const struct guest_options *options;
	const struct arch *arch;
	const struct fetch_options *fetch;
	struct debian *debian; /* between fill() and finish() */
};

char *root_recipe_word(const char *spec)
{
	const char *colon = strrchr(spec, ':');
	_cleanup_free_ char *name = NULL;

	/* Words of klab's own, whatever recipes there are. */
	if (streq(spec, "none") || root_host_is_meant(spec))
		return NULL;
	if (has_suffix(spec, RECIPE_SUFFIX) || recipe_exists(spec))
		return xstrdup(spec);
	name = colon ? xstrndup(spec, (size_t)(colon - spec)) : xstrdup("");
	return recipe_exists(name) ? take_ptr(name) : NULL;
}

bool root_recipe_is_disk(const char *spec)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };
	_cleanup_free_ char *word = root_recipe_word(spec);

	if (!word)
		return false;
	/* What is wrong with it is said where it is read for good. */
	error_ignore(recipe_find(word, &recipe));
	return recipe.format == RECIPE_EXT4;
}

static void source_deinit(struct root_source *root_source)
{
	struct recipe_source *source = (struct recipe_source *)root_source;

	debian_free(source->debian);
	recipe_deinit(&source->recipe);
	free(source->suite);
}

static struct error *add_source(const struct recipe *recipe,
				const struct recipe_item *item, struct digest *digest)
{
	_cleanup_free_ char *path = recipe_source_path(recipe, item);
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "%s:%u: the file %s", recipe->path, item->line,
				path);
	digest_add_identity(digest, path, &st);
	return NULL;
}

/* Which versions of packages there are is not asked each time: what was made stays. */
static struct error *key(struct digest *digest, void *argument)
{
	const struct recipe_source *source = argument;

	digest_add_string(digest, source->recipe.digest);
	digest_add_string(digest, source->arch->name);
	digest_add_string(digest, source->suite ? source->suite : "");
	for (size_t i = 0; i < source->recipe.count; i++) {
		const struct recipe_item *item = &source->recipe.items[i];

		if (item->kind == RECIPE_FILE || item->kind == RECIPE_PROGRAM)
			TRY(add_source(&source->recipe, item, digest));
	}
	return NULL;
}

static struct error *fill(struct plan *plan, const char *spool, void *argument)
{
	struct recipe_source *source = argument;
	struct image_options options = {
		.arch = source->arch,
		.no_agent = true, /* it is not in the disk */
		.cross_compile = source->options->cross_compile,
		.fetch = source->fetch,
		.spool = spool,
	};

	if (source->recipe.packages.count)
		TRY(debian_open(source->store, &source->recipe, source->suite,
				source->arch, source->fetch, &source->debian));
	options.packages = source->debian;
	return recipe_fill(&source->recipe, source->store, &options, plan);
}

/* A stored one of Debian's has all that is needed; else what the user's guest shall run. */
static char *kernel_for(const struct recipe_source *source)
{
	const struct kernel_resolve_options options = { .spec = "debian",
							.arch = source->arch };
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	const char *word = source->options->kernel;

	error_ignore(kernel_resolve(source->store, &options, &kernel));
	if (kernel)
		return xstrdup(kernel->name);
	return word ? xstrdup(word) : NULL;
}

static struct error *run_setup(const struct recipe_source *source, const char *path)
{
	_cleanup_free_ char *kernel = kernel_for(source);
	struct second_stage stage = {
		.disk = path,
		.program = source->recipe.setup,
		.guest = RECIPE_PACKAGES_PATH,
		.kernel = kernel,
		.arch = source->arch,
		.qemu = source->options->qemu,
		.progress = source->fetch ? source->fetch->progress : NULL,
	};

	if (source->debian) {
		stage.share = debian_directory(source->debian);
		stage.packages = debian_count(source->debian, &stage.bytes);
	}
	return second_stage_run(&stage);
}

static struct error *finish(const char *path, void *argument)
{
	struct recipe_source *source = argument;

	if (source->recipe.setup)
		TRY(run_setup(source, path));
	if (source->debian)
		debian_forget(source->debian);
	return NULL;
}

/* "debian:bookworm": also where it was only meant. */
static struct error *choose_suite(struct recipe_source *source, const char *said)
{
	_cleanup_repository_ struct repository repository = { 0 };
	const char *suite = said ? said : source->recipe.suite;

	if (!source->recipe.packages.count)
		return NULL;
	if (!suite && source->fetch)
		suite = source->fetch->suite;
	TRY(repository_find(
		&(struct repository_options){
			.suite = suite,
			.mirror = source->fetch ? source->fetch->mirror : NULL,
			.keyring = source->fetch ? source->fetch->keyring : NULL,
		},
		&repository));
	source->suite = xstrdup(repository.suite);
	return NULL;
}

static struct error *give_words(struct recipe_source *source, const char *word)
{
	_cleanup_free_ char *path = NULL;

	if (recipe_is_path(word)) {
		path = realpath(word, NULL);
		if (!path)
			return error_os(errno, "the recipe %s", word);
		source->source.words = xstrdup(path);
		source->source.name = root_source_name("recipe", path);
		return NULL;
	}
	source->source.words =
		source->suite ? xasprintf("%s:%s", word, source->suite) : xstrdup(word);
	source->source.name =
		xasprintf("%s-%s%s%s", word, source->suite ? source->suite : "",
			  source->suite ? "-" : "", source->arch->debian);
	return NULL;
}

static void source_free(struct recipe_source *source)
{
	root_source_free(&source->source);
}
DEFINE_CLEANUP(struct recipe_source *, source_free)

struct error *root_open_recipe(const struct root_request *request, const char *spec,
			       struct root_source **ret)
{
	_cleanup_(source_freep) struct recipe_source *source = xnew(struct recipe_source);
	_cleanup_free_ char *word = root_recipe_word(spec);

	source->source.deinit = source_deinit;
	source->store = request->store;
	source->options = request->options;
	source->arch = request->arch;
	source->fetch = request->fetch;
	source->source.recipe = (struct disk_recipe){
		.key = key,
		.fill = fill,
		.finish = finish,
		.argument = source,
	};
	TRY(recipe_find(word, &source->recipe));
	TRY(choose_suite(source, streq(word, spec) ? NULL : spec + strlen(word) + 1));
	TRY(give_words(source, word));
	source->source.recipe.words = source->source.words;
	source->source.init = recipe_init_line(&source->recipe);
	*ret = &take_ptr(source)->source;
	return NULL;
}
