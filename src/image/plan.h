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
#include <stddef.h>
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
	PLAN_SPOOLED, /* a file out of an archive */
};

struct plan_xattr {
	char *name; /* "security.capability" */
	void *value;
	size_t size;
};

/* Whose a file is and from when.  All zero for what klab makes itself. */
struct plan_attributes {
	uint32_t uid, gid;
	int64_t mtime; /* seconds since 1970 */
	uint32_t mtime_ns;
	struct plan_xattr *xattrs; /* sorted by name */
	size_t xattr_count;
};

/* What one or, by hard links, several entries are. */
struct plan_inode {
	enum plan_kind kind;
	mode_t mode;	/* with the type, as in st_mode */
	dev_t device;	/* PLAN_NODE */
	char *text;	/* the target, the content, or the path on the host */
	size_t length;	/* of a content */
	struct stat st; /* of the file (SPOOLED: archive) on the host when it was added */
	uint64_t offset; /* PLAN_SPOOLED: in the plan's spool */
	struct plan_attributes attributes;
	unsigned int links;
	uint32_t number; /* for who writes the image: plan_number() */
};

struct plan_entry {
	char *name; /* of the last component; "" for the root */
	struct plan_inode *inode;

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

/* A second name of what is at target, which is no directory. */
struct error *plan_add_link(struct plan *plan, const char *path,
			    const char *target) _must_check_;
/* Owner and the rest of what the last call above added; copied. */
void plan_set_attributes(struct plan *plan, const struct plan_attributes *attributes);
void plan_attributes_deinit(struct plan_attributes *attributes);

/* The plan's temporary file for content that can't be read where it is; made without a
 * name in the directory by the first call. */
struct error *plan_spool(struct plan *plan, const char *directory,
			 int *ret_fd) _must_check_;
int plan_spool_fd(const struct plan *plan); /* -1: there is none */
/* size bytes at offset of the spool; archive and its st are where they came from. */
struct error *plan_add_spooled(struct plan *plan, const char *path, mode_t permissions,
			       const char *archive, const struct stat *st,
			       uint64_t offset, uint64_t size) _must_check_;

/* NULL if there is none; borrowed until the next addition. */
const struct plan_entry *plan_find(const struct plan *plan, const char *path);

/* For every entry; path is without the leading slash ("." for the root, whose mode would
 * else be the 1777 of a tmpfs), borrowed for the call.  An error ends the walk. */
typedef struct error *(*plan_visit_fn)(const char *path, const struct plan_entry *entry,
				       void *argument);
struct error *plan_visit(const struct plan *plan, plan_visit_fn visit,
			 void *argument) _must_check_;

/* Number the inodes in the order of the walk, the root as is said, the others from first
 * on; returns the number behind the last one. */
uint32_t plan_number(struct plan *plan, uint32_t root, uint32_t first);

/* Everything that decides the bytes of the image, files by their identity. */
void plan_digest(struct plan *plan, struct digest *digest);

#endif
