/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of kernel, one function and one file each, and the facts that they share.  A
 * new kind is one more of them and one row in spec.c.  Only kernel/ includes this.
 */
#ifndef KLAB_KERNEL_RESOLVERS_H
#define KLAB_KERNEL_RESOLVERS_H

#include "kernel/kernel.h"

/* All of these set *ret only on success; arch NULL: whatever the kernel is for, else an
 * error of another one's kernel. */

/* A kbuild directory, source and output in one or apart.  ERROR_NOT_FOUND where there is
 * none, with a hint how to build one that is not built. */
struct error *kernel_from_tree(const char *directory, const char *output,
			       const struct arch *arch, struct kernel **ret) _must_check_;
/* Does the directory have the looks of a kernel's source or output? */
bool kernel_is_tree(const char *directory);
/* The innermost tree around a directory; *ret is NULL if there is none.  The error says
 * why one that is there can't be had: it is not built, or for another machine.  An output
 * directory is a tree wherever one stands. */
struct error *kernel_around(const char *directory, const char *output,
			    const struct arch *arch, struct kernel **ret) _must_check_;

/* What a .config is for, or NULL. */
const struct arch *tree_configured_arch(const char *config);
/* What make is asked for: "bzImage". */
const char *tree_image_target(const struct arch *arch);
/* Where the results of the tree at directory go; `output` as in kernel_from_tree(). */
struct error *tree_output(const char *directory, const char *output,
			  char **ret) _must_check_;
/* Where its source is, or NULL. */
char *tree_source(const char *directory, const char *output);

/* An image file, with what lies beside it as packages lay it out. */
struct error *kernel_from_file(const char *path, const struct arch *arch,
			       struct kernel **ret) _must_check_;

/* The kernel that runs here; root and release NULL: "/" and uname -r. */
struct error *kernel_from_host(const char *root, const char *release,
			       struct kernel **ret) _must_check_;

/* A kernel of the store by its name or release. */
struct error *kernel_from_store(struct store *store, const char *name,
				struct kernel **ret) _must_check_;
/* The newest stored one; suite, flavour, arch NULL: any.  *ret is NULL if there is none. */
struct error *kernel_newest_stored(struct store *store, const char *suite,
				   const char *flavour, const struct arch *arch,
				   struct kernel **ret) _must_check_;
/* Write meta.json into the directory of an entry being made. */
struct stored_facts {
	const char *name;
	const char *release;
	const char *suite;
	const char *flavour;
	const struct arch *arch;
	const struct strv *packages; /* "name version" */
};
struct error *stored_write(const char *directory,
			   const struct stored_facts *facts) _must_check_;
/* Do the entry's packages have just these versions? */
bool stored_is_current(const char *directory, const struct strv *packages);

/* A file system that holds a kernel as packages install them: fill in what it has of the
 * release and the kernel lacks yet. */
void kernel_fill_from_root(struct kernel *kernel, const char *root, const char *release);
/* The releases that have an image there, newest first. */
void kernel_releases_in(const char *root, struct strv *ret);
/* Set what the configuration says: BTF, DWARF. */
void kernel_fill_from_config(struct kernel *kernel);

/* Has the configuration file this option at y? */
bool config_is_set(const char *path, const char *option);

#endif
