/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside plan.c: what entries are. */
#ifndef KLAB_IMAGE_PLAN_INODE_H
#define KLAB_IMAGE_PLAN_INODE_H

#include "image/plan.h"

/* An empty directory, for one entry. */
struct plan_inode *plan_inode_new(void);
struct plan_inode *plan_inode_ref(struct plan_inode *inode);
void plan_inode_unref(struct plan_inode *inode);
void plan_inode_digest(const struct plan_inode *inode, struct digest *digest);

#endif
