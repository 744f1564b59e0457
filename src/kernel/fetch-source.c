// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * linux-source is an empty package that depends on that of the suite's version, which holds
 * one tarball, usr/src/linux-source-6.12.tar.xz.
 */
#include "kernel/fetch-source.h"

#include <glob.h>
#include <stdlib.h>

#include "base/mem.h"
#include "kernel/apt.h"
#include "kernel/source-tree.h"
#include "kernel/unpack.h"
#include "os/file.h"

#define PACKAGE "linux-source"

static const struct unpack_rule rules[] = { { "usr/src/", "" } };

struct source {
	struct store *store;
	const struct fetch_options *options;
	struct repository repository;
	struct apt *apt;
	struct apt_packages meta, packages;
};

static void source_deinit(struct source *source)
{
	apt_free(source->apt);
	repository_deinit(&source->repository);
	apt_packages_deinit(&source->meta);
	apt_packages_deinit(&source->packages);
}

static struct error *open_archive(struct source *source)
{
	const struct fetch_options *options = source->options;
	const struct arch *arch = options->arch ? options->arch : arch_host();

	if (!arch)
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "klab does not know this machine"),
				  "name one of %s with --arch", arch_names());
	TRY(repository_find(
		&(struct repository_options){
			.suite = options->suite,
			.mirror = options->mirror,
			.keyring = options->keyring,
		},
		&source->repository));
	TRY(apt_open(source->store, &source->repository, arch, options->progress,
		     &source->apt));
	return apt_update(source->apt, !options->again);
}

static struct error *find_package(struct source *source)
{
	const struct strv *depends;

	TRY(apt_show(source->apt, PACKAGE, &source->meta));
	depends = &source->meta.items[0].depends;
	for (size_t i = 0; i < depends->count; i++) {
		if (has_prefix(depends->items[i], PACKAGE "-"))
			return apt_show(source->apt, depends->items[i],
					&source->packages);
	}
	return error_new(ERROR_CORRUPT, "the package %s names no source", PACKAGE);
}

/* The one tarball of the package, however it is packed. */
static struct error *find_tarball(const char *directory, const char *package, char **ret)
{
	_cleanup_free_ char *pattern = xasprintf("%s/%s.tar.*", directory, package);
	glob_t found = { 0 };

	*ret = glob(pattern, 0, NULL, &found) == 0 ? xstrdup(found.gl_pathv[0]) : NULL;
	globfree(&found);
	if (*ret)
		return NULL;
	return error_new(ERROR_UNSUPPORTED, "the package %s holds no tarball of its name",
			 package);
}

static struct error *fill(struct source *source, const struct source_tree *tree)
{
	_cleanup_free_ char *tarball = NULL;

	TRY(apt_unpack(source->apt, &source->packages, rules, ARRAY_SIZE(rules),
		       tree->draft));
	apt_forget(source->apt);
	TRY(find_tarball(tree->draft, source->packages.items[0].name, &tarball));
	return source_tree_unpack(tree, tarball, source->options->progress);
}

static struct error *run(struct source *source, const char *wanted, char **ret_directory)
{
	_cleanup_source_tree_ struct source_tree tree = { 0 };

	TRY(open_archive(source));
	TRY(find_package(source));
	TRY(source_tree_begin(wanted ? wanted : source->packages.items[0].name, &tree));
	TRY(fill(source, &tree));
	return source_tree_publish(&tree, ret_directory);
}

struct error *kernel_fetch_source(struct store *store,
				  const struct fetch_options *options,
				  const char *directory, char **ret_directory)
{
	_cleanup_(source_deinit) struct source source = {
		.store = store,
		.options = options,
	};

	if (directory)
		TRY(source_tree_check(directory)); /* before anything is downloaded */
	TRY_WRAP(run(&source, directory, ret_directory),
		 "fetching the source of a kernel");
	return NULL;
}
