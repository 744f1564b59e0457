/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The images that klab has made and keeps: named disks, and what is in the store. */
#ifndef KLAB_LAB_IMAGES_H
#define KLAB_LAB_IMAGES_H

#include "lab/root.h"

struct kept_image {
	char *name;	  /* of a named disk; else the key in the store */
	const char *kind; /* "named", "disk", "initramfs" */
	char *from;	  /* the words that it was made from; NULL: not known */
	char *path;
	uint64_t bytes; /* that it takes */
};

struct kept_images {
	struct kept_image *items;
	size_t count;
	size_t capacity;
};

void kept_images_deinit(struct kept_images *images);
#define _cleanup_kept_images_ _cleanup_(kept_images_deinit)
struct error *images_list(struct store *store, struct kept_images *ret) _must_check_;
/* By name, or by the beginning of a key; ERROR_BUSY while a guest has it. */
struct error *images_remove(struct store *store, const char *name) _must_check_;

/* The disk that --root means, into a file, or (path NULL) into the store. */
struct error *images_make_disk(const struct root_request *request, const char *path,
			       uint64_t size, struct disk *ret) _must_check_;

#endif
