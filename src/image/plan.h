/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image will hold, before a byte of it is written: a tree of entries, each with
 * where its content comes from.  Filled in the order of the recipe, later wins; walked in
 * the order of names, parents first, so that the same plan gives the same image.
 *
 * Paths are the guest's.  Missing parents are made (0755), and a parent that is a symlink
 * of the plan is followed inside the plan: with /bin -> usr/bin, "/bin/x" is the entry
 * usr/bin/x.  The last component is not followed, but for one case: a directory laid over
 * a symlink to a directory goes into that directory.  So a root file system with merged
 * or separate /bin and /usr/bin fits over klab's own.
 */
#ifndef KLAB_IMAGE_PLAN_H
#define KLAB_IMAGE_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "os/digest.h"

/* The name that ends a newc archive, so that nothing else can have it. */
#define PLAN_TRAILER "TRAILER!!!"

enum plan_kind {
	PLAN_DIRECTORY,
	PLAN_SYMLINK, /* to target */
	PLAN_NODE,    /* character or block device, or fifo, as in mode */
	PLAN_BYTES,   /* a file whose content is the plan's own */
	PLAN_FILE,    /* a file copied from the host */
	PLAN_MODULE,  /* the same, decompressed on the way if it is compressed */
};

struct plan_entry {
	char *name; /* of the last component; "" for the root */
	enum plan_kind kind;
	mode_t mode;	/* with the type, as in st_mode */
	dev_t device;	/* PLAN_NODE */
	char *text;	/* the target, the content, or the path on the host */
	size_t length;	/* of a content */
	struct stat st; /* of the file on the host when it was added */

	struct plan_entry *parent; /* NULL: the root */
	struct plan_entry **children;
	size_t child_count;
	size_t child_capacity;
};

struct plan;

struct plan *plan_new(void);
void plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan *, plan_free)

/* permissions are the twelve bits of chmod(2).  All fail with ERROR_USAGE if the entry
 * cannot be where it is wanted (below a file, over a full directory, a name that newc
 * cannot hold). */
struct error *plan_add_directory(struct plan *plan, const char *path,
				 mode_t permissions) _must_check_;
struct error *plan_add_symlink(struct plan *plan, const char *path,
			       const char *target) _must_check_;
/* mode with the type: S_IFCHR | 0600. */
struct error *plan_add_node(struct plan *plan, const char *path, mode_t mode,
			    dev_t device) _must_check_;
struct error *plan_add_bytes(struct plan *plan, const char *path, mode_t permissions,
			     const void *data, size_t size) _must_check_;
/* source is opened only when the image is written; st is what it was when it was added,
 * and a file that is something else by then is an error. */
struct error *plan_add_file(struct plan *plan, const char *path, mode_t permissions,
			    const char *source, const struct stat *st) _must_check_;
struct error *plan_add_module(struct plan *plan, const char *path, const char *source,
			      const struct stat *st) _must_check_;

/* NULL if there is none; borrowed until the next addition. */
const struct plan_entry *plan_find(const struct plan *plan, const char *path);

/* For every entry; path is without the leading slash ("." for the root, whose mode would
 * else be the 1777 of a tmpfs), borrowed for the call.  An error ends the walk. */
typedef struct error *(*plan_visit_fn)(const char *path, const struct plan_entry *entry,
				       void *argument);
struct error *plan_visit(const struct plan *plan, plan_visit_fn visit,
			 void *argument) _must_check_;

/* Everything that decides the bytes of the image, files by their identity. */
void plan_digest(const struct plan *plan, struct digest *digest);

#endif
