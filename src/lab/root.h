/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --root SPEC: which root file system the guest gets, from the user's words.  What klab
 * makes itself is a source (a recipe with a name) that ends as a disk in the store; a FILE
 * of the user's is a disk as it is.
 */
#ifndef KLAB_LAB_ROOT_H
#define KLAB_LAB_ROOT_H

#include "image/disk.h"
#include "image/image.h"
#include "kernel/fetch.h"
#include "lab/options.h"

/* Something that klab can make a disk from. */
struct root_source {
	char *words; /* that mean it from anywhere: "dir:/home/me/tree" */
	char *name;  /* fit for a file's, and the same for the same words */
	char *init;  /* how it is started: recipe_init_line(); may be NULL */
	struct disk_recipe recipe;
	void (*deinit)(struct root_source *source); /* of what argument is; may be NULL */
};

void root_source_free(struct root_source *source);
DEFINE_CLEANUP(struct root_source *, root_source_free)

/* What a source may depend on. */
struct root_request {
	struct store *store;
	const struct guest_options *options;
	const struct arch *arch;
	const struct fetch_options *fetch; /* of what is not in the store */
	/* Of the guest; NULL where none is started. */
	const struct kernel *kernel;
	const char *qemu; /* its path */
};

/* *ret is NULL if the words name a file, which is no source. */
struct error *root_source_open(const struct root_request *request, const char *spec,
			       struct root_source **ret) _must_check_;
/* The recipe that the words name, without its suite; NULL: they name none. */
char *root_recipe_word(const char *spec);
/* Whether they name one that becomes a disk. */
bool root_recipe_is_disk(const char *spec);
/* What a spec may be, for hints: "dir:PATH, tar:FILE, ...". */
char *root_words(void);

/* Where the guest's programs are. */
enum root_where {
	ROOT_INITRAMFS, /* of a recipe, or of somebody else's */
	ROOT_DISK,
	ROOT_HOST, /* in the host's own root; what is written stays in the guest */
};

enum root_where root_where(const struct guest_options *options);

/* What a guest gets that leaves the initramfs. */
struct root {
	enum root_where where;
	/* Of a disk: */
	char *disk;		/* FILE[,format=F], for machine_add_disk() */
	const char *filesystem; /* the module that mounts it; NULL: it is not known */
	enum machine_disk_mode mode;
	int lock; /* of a named disk, as long as the guest lives; -1: none */
	/* Of the host's: */
	char *server; /* the virtiofsd that shows it; NULL: QEMU does, by 9p... */
	char *reason; /* ...because of this; NULL: that was said */
};

void root_free(struct root *root);
DEFINE_CLEANUP(struct root *, root_free)
/* By --root, --rw and --disk-name; made if need be.  *ret is NULL where the initramfs
 * stays. */
struct error *root_resolve(const struct root_request *request,
			   struct root **ret) _must_check_;

/* Whether the options go together, before anything is made. */
struct error *root_check_options(const struct guest_options *options) _must_check_;

/* What it asks of the rest of the guest.  In all of these root may be NULL. */

/* Modules of the kernel, without which it cannot be mounted. */
void root_add_modules(const struct root *root, const struct arch *arch,
		      struct strv *modules);
/* The kernel's words for it; NULL: none. */
const char *root_append(const struct root *root);
/* Give it to the machine, before any other disk; and tell the agent to change to it. */
struct error *root_add(const struct root *root, const struct guest_options *options,
		       const struct kernel *kernel, struct machine *machine,
		       struct text *setup) _must_check_;
/* Where the run's command starts if nobody says; NULL: where the agent has it. */
char *root_directory(const struct root *root);
/* Whether the kernel has what mounts it, as far as its modules tell. */
struct error *root_check_kernel(const struct root *root, const struct kernel *kernel,
				const struct image *image) _must_check_;

#endif
