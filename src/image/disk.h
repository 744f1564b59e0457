/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root file systems as disks: a plan becomes an ext4 file system in a file, in the store or
 * where the user wants it.  Nothing of it needs root.
 */
#ifndef KLAB_IMAGE_DISK_H
#define KLAB_IMAGE_DISK_H

#include "image/plan.h"
#include "store/store.h"

/* The kind of its entries in the store; in each a file has the words it was made from. */
#define DISK_STORE_KIND "disk"
#define DISK_FROM_NAME "from"

/* What a disk is made from.  key() is asked at every start and must be cheap; fill() only
 * when the disk is not in the store. */
struct disk_recipe {
	/* Everything that decides what fill() puts into the plan. */
	struct error *(*key)(struct digest *digest, void *argument);
	/* spool: a directory on the disk's file system, for plan_add_archive(). */
	struct error *(*fill)(struct plan *plan, const char *spool, void *argument);
	/* What is left to do to the disk at path, before anybody else sees it.  NULL:
	 * nothing. */
	struct error *(*finish)(const char *path, void *argument);
	void *argument;
	const char *words; /* for people: what it is made from; NULL: nothing to say */
	uint64_t size; /* bytes of the file system; 0: content, a quarter, and 1 GiB */
};

struct disk {
	char *path; /* of the ext4 file */
	char *key;  /* SHA-256 of what it is made from */
	uint64_t size;
};

void disk_deinit(struct disk *disk);
#define _cleanup_disk_ _cleanup_(disk_deinit)
/* From the store, or made and put there.  The file there must not be written to. */
struct error *disk_build(struct store *store, const struct disk_recipe *recipe,
			 struct disk *ret) _must_check_;
/* Into a file of the user's; whole or not at all. */
struct error *disk_write(const struct disk_recipe *recipe, const char *path,
			 struct disk *ret) _must_check_;

#endif
