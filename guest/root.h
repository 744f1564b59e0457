/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root file system on a disk, in the place of the initramfs.  Which one, and how it is
 * mounted, stands on the kernel's command line, in the kernel's own words: root=/dev/NAME,
 * rootfstype=, rootflags=, ro, rw, the last of each counts.  Where a disk holds partitions
 * and no file system, the first of them that has one is taken.
 */
#ifndef KLAB_GUEST_ROOT_H
#define KLAB_GUEST_ROOT_H

#include <stdbool.h>

/* Where the next root is mounted. */
#define NEW_ROOT "/klab-root"

/* The order "root init|agent": mount it and go there. */
void root_apply(char *order);
/* Change to what is mounted there; false: setup_fail() was told why not. */
bool root_enter(void);
/* Whether / is a disk's. */
bool root_is_disk(void);
/* The init that PID 1 becomes unless the command line names one; NULL: the agent stays. */
const char *root_init(void);

#endif
