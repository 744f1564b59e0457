/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX ACLs of an archive's member as the extended attributes that Linux has for them. */
#ifndef KLAB_IMAGE_ARCHIVE_ACL_H
#define KLAB_IMAGE_ARCHIVE_ACL_H

#include "image/plan.h"

struct archive_entry;

/* Adds those that the member has.  The member's mode becomes what stat(2) shows of such a
 * file: for the group the mask.  capacity is that of the attributes' xattrs. */
struct error *archive_take_acls(struct archive_entry *entry,
				struct plan_attributes *attributes,
				size_t *capacity) _must_check_;

#endif
