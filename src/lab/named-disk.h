/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that klab keeps for the user, below $XDG_DATA_HOME/klab/disks/NAME: the disk, and
 * `from`, the words that it was made from, and `init`, the line of its recipe that says how
 * it is started, if there is one.  One guest at a time has it.
 */
#ifndef KLAB_LAB_NAMED_DISK_H
#define KLAB_LAB_NAMED_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct named_disk {
	char *path; /* of the disk */
	char *from;
	int lock;
};
#define NAMED_DISK_NONE ((struct named_disk){ .lock = -1 })
void named_disk_deinit(struct named_disk *disk);
#define _cleanup_named_disk_ _cleanup_(named_disk_deinit)

/* Takes it: ERROR_BUSY if a guest has it, ERROR_NOT_FOUND if there is none. */
struct error *named_disk_open(const char *name, struct named_disk *ret) _must_check_;
/* A copy of the disk at path, whose holes stay holes, taken.  init may be NULL.
 * ERROR_EXISTS if another klab was first. */
struct error *named_disk_make(const char *name, const char *path, const char *from,
			      const char *init, struct named_disk *ret) _must_check_;

/* Its `init`, without taking it; *ret is NULL where there is none, or no such disk. */
struct error *named_disk_init(const char *name, char **ret) _must_check_;

/* The names of all, sorted. */
struct error *named_disk_list(struct strv *ret) _must_check_;
/* Without taking it. */
struct error *named_disk_look(const char *name, char **ret_path, char **ret_from,
			      uint64_t *ret_bytes) _must_check_;
struct error *named_disk_remove(const char *name) _must_check_;

#endif
