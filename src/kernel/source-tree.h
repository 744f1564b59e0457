/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of sources where the user wants it: there whole, or not at all. */
#ifndef KLAB_KERNEL_SOURCE_TREE_H
#define KLAB_KERNEL_SOURCE_TREE_H

#include "kernel/fetch.h"

struct source_tree {
	char *path;  /* absolute */
	char *draft; /* a directory beside it, for what comes before; goes with this */
	char *tree;  /* below draft: what becomes path */
};
void source_tree_deinit(struct source_tree *tree);
#define _cleanup_source_tree_ _cleanup_(source_tree_deinit)

/* ERROR_EXISTS if something is there. */
struct error *source_tree_check(const char *directory) _must_check_;
struct error *source_tree_begin(const char *directory,
				struct source_tree *ret) _must_check_;
/* Fills the tree with what is below the tarball's one directory. */
struct error *source_tree_unpack(const struct source_tree *tree, const char *tarball,
				 const struct fetch_progress *progress) _must_check_;
/* Puts it in its place; *ret_path is that, absolute. */
struct error *source_tree_publish(struct source_tree *tree, char **ret_path) _must_check_;

#endif
