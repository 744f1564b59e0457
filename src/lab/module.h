/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of somebody who writes a driver: a new module from the templates, built against
 * any kernel that klab knows, loaded into a running guest.
 */
#ifndef KLAB_LAB_MODULE_H
#define KLAB_LAB_MODULE_H

#include "kernel/fetch.h"
#include "lab/options.h"

/* Can a module be called so?  NULL if yes; whether a kernel has one already is not
 * asked. */
struct error *module_check_name(const char *name) _must_check_;

/* Make the directory (NULL: called as the module) with a driver that builds.  All of it is
 * there, or nothing.  The caller frees *ret_directory. */
struct error *module_new(struct store *store, const char *name, const char *directory,
			 char **ret_directory) _must_check_;

struct module_build {
	const char *directory;
	const struct guest_options *guest; /* kernel, arch, and kbuild's variables */
	const struct strv *variables;	   /* NAME=VALUE for make; NULL: none */
	const struct fetch_options
		*fetch; /* of a kernel or headers that are not stored */
};

/* What modules are built against. */
struct module_target {
	struct kernel *kernel;
	char *directory; /* for make's -C */
};
void module_target_deinit(struct module_target *target);
#define _cleanup_module_target_ _cleanup_(module_target_deinit)

/* Finds the kernel, and fetches it or its headers if need be.  The target is good while
 * the store is open. */
struct error *module_target_find(struct store *store, const struct module_build *build,
				 struct module_target *ret) _must_check_;
/* The same for the kernel that a running guest (NULL: the only one) has, unless the build
 * names one.  *ret_remark, which the caller frees: it is another all the same; or NULL. */
struct error *module_target_of_guest(struct store *store,
				     const struct module_build *build,
				     const char *guest_name, struct module_target *ret,
				     char **ret_remark) _must_check_;
/* make's words go to stderr.  The paths of the modules (.ko) come in *ret_files.
 * ERROR_FAILED if it does not build. */
struct error *module_build(const struct module_build *build,
			   const struct module_target *target,
			   struct strv *ret_files) _must_check_;
/* The modules that the last build of the directory made; ERROR_NOT_FOUND: none. */
struct error *module_built_files(const char *directory,
				 struct strv *ret_files) _must_check_;

#endif
