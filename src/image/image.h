/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest boots into.  A recipe says what goes in (recipe.h); the builder makes an
 * initramfs (uncompressed newc) from it, without root and without a temporary tree, the
 * same bytes for the same input.
 */
#ifndef KLAB_IMAGE_IMAGE_H
#define KLAB_IMAGE_IMAGE_H

#include "kernel/kernel.h"
#include "store/store.h"

struct image_add {
	char *source;	   /* on the host: a file or a directory (taken whole) */
	char *destination; /* absolute, in the guest */
};

/* "SRC" or "SRC:/DST".  Without a DST, or with one that ends in a slash, the source keeps
 * its name in that directory (/). */
struct error *image_add_parse(const char *word, struct image_add *ret) _must_check_;
void image_add_deinit(struct image_add *add);

struct debian;
struct recipe;

struct image_options {
	const struct recipe *recipe;  /* NULL: RECIPE_DEFAULT */
	const struct kernel *kernel;  /* whose modules; NULL: none */
	const char *const *modules;   /* wanted; NULL: none */
	const struct image_add *adds; /* --add */
	size_t add_count;
	const char *const *overlays; /* --overlay DIR, laid over /, later wins */
	const struct arch *arch;     /* of agent and busybox */
	const char *setup;	   /* orders for the agent (guest/setup.h); NULL: none */
	bool no_agent;		   /* /init is what the recipe says */
	const char *cross_compile; /* prefix of the compiler for the recipe's programs */
	/* The recipe's packages, and where to unpack them to; NULL: it has none. */
	const struct debian *packages;
	const char *spool;
	/* A busybox, where neither host nor store has one; NULL: that is an error. */
	const struct fetch_options *fetch;
};

struct image {
	char *path; /* the initramfs in the store */
	uint64_t size;
	char *digest; /* SHA-256 of its bytes or of its key */
	struct strv missing_modules;
};

void image_deinit(struct image *image);
#define _cleanup_image_ _cleanup_(image_deinit)
/* From the store if nothing that goes in has changed (checked by identity of each
 * source file), else built. */
struct error *image_build(struct store *store, const struct image_options *options,
			  struct image *ret) _must_check_;
/* Straight into a file. */
struct error *image_write(struct store *store, const struct image_options *options,
			  const char *path, struct image *ret) _must_check_;

#endif
