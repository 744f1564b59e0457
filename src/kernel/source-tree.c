// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * It is unpacked beside the place where it is wanted and renamed.  tar does it, which
 * refuses members that would lie, or be written, elsewhere.
 */
#include "kernel/source-tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "os/file.h"

void source_tree_deinit(struct source_tree *tree)
{
	temp_dir_free(tree->draft);
	free(tree->path);
	free(tree->tree);
	*tree = (struct source_tree){ 0 };
}

struct error *source_tree_check(const char *directory)
{
	if (!path_exists(directory))
		return NULL;
	return error_hint(error_new(ERROR_EXISTS, "%s is there already", directory),
			  "name another directory: klab fetch --source debian DIR");
}

struct error *source_tree_begin(const char *directory, struct source_tree *ret)
{
	_cleanup_source_tree_ struct source_tree tree = { 0 };
	_cleanup_free_ char *prefix = NULL;

	TRY(source_tree_check(directory));
	TRY(path_absolute(directory, &tree.path));
	prefix = xasprintf("%s.klab-", tree.path);
	TRY(temp_dir_make(prefix, &tree.draft));
	tree.tree = path_join(tree.draft, "tree");
	TRY(dir_make(tree.tree, 0777));
	*ret = tree;
	tree = (struct source_tree){ 0 };
	return NULL;
}

/* Its first component goes. */
struct error *source_tree_unpack(const struct source_tree *tree, const char *tarball,
				 const struct fetch_progress *progress)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct error *err;

	strv_push(&argv, "tar");
	strv_push(&argv, "--extract");
	strv_push(&argv, "--no-same-owner");
	strv_push(&argv, "--strip-components=1");
	strv_pushf(&argv, "--file=%s", tarball);
	err = apt_run(
		&(struct apt_run){
			.argv = strv_argv(&argv),
			.directory = tree->tree,
			.stage = "unpacking the source",
			.progress = progress,
		},
		NULL);
	if (error_is(err, ERROR_FAILED))
		return error_hint(err, "see that it is a tarball of sources");
	return err;
}

struct error *source_tree_publish(struct source_tree *tree, char **ret_path)
{
	if (rename(tree->tree, tree->path) < 0)
		return error_os(errno, "making %s", tree->path);
	*ret_path = take_ptr(tree->path);
	return NULL;
}
