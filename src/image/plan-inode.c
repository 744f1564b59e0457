// SPDX-License-Identifier: GPL-2.0-or-later
/* The inodes of a plan: counted by the entries that have them, and their digest. */
#include "image/plan-inode.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct plan_inode *plan_inode_new(void)
{
	struct plan_inode *inode = xnew(struct plan_inode);

	inode->kind = PLAN_DIRECTORY;
	inode->mode = S_IFDIR | 0755;
	inode->links = 1;
	return inode;
}

struct plan_inode *plan_inode_ref(struct plan_inode *inode)
{
	inode->links++;
	return inode;
}

void plan_inode_unref(struct plan_inode *inode)
{
	if (!inode || --inode->links)
		return;
	plan_attributes_deinit(&inode->attributes);
	free(inode->text);
	free(inode);
}

void plan_attributes_deinit(struct plan_attributes *attributes)
{
	for (size_t i = 0; i < attributes->xattr_count; i++) {
		free(attributes->xattrs[i].name);
		free(attributes->xattrs[i].value);
	}
	free(attributes->xattrs);
	*attributes = (struct plan_attributes){ 0 };
}

static void digest_attributes(const struct plan_attributes *attributes,
			      struct digest *digest)
{
	digest_add_u64(digest, (uint64_t)attributes->uid << 32 | attributes->gid);
	digest_add_u64(digest, (uint64_t)attributes->mtime);
	digest_add_u64(digest, attributes->mtime_ns);
	digest_add_u64(digest, attributes->xattr_count);
	for (size_t i = 0; i < attributes->xattr_count; i++) {
		digest_add_string(digest, attributes->xattrs[i].name);
		digest_add_u64(digest, attributes->xattrs[i].size);
		digest_add(digest, attributes->xattrs[i].value,
			   attributes->xattrs[i].size);
	}
}

void plan_inode_digest(const struct plan_inode *inode, struct digest *digest)
{
	digest_add_u64(digest, inode->kind);
	digest_add_u64(digest, inode->mode);
	digest_attributes(&inode->attributes, digest);
	/* Which entries share one is told by the numbers, where any do. */
	digest_add_u64(digest, inode->links > 1 ? inode->number : 0);
	switch (inode->kind) {
	case PLAN_DIRECTORY:
		break;
	case PLAN_SYMLINK:
		digest_add_string(digest, inode->text);
		break;
	case PLAN_NODE:
		digest_add_u64(digest, inode->device);
		break;
	case PLAN_BYTES:
		digest_add_u64(digest, inode->length);
		digest_add(digest, inode->text, inode->length);
		break;
	case PLAN_SPOOLED:
		digest_add_u64(digest, inode->offset);
		digest_add_u64(digest, inode->length);
		digest_add_identity(digest, inode->text, &inode->st);
		break;
	case PLAN_FILE:
	case PLAN_MODULE:
		digest_add_identity(digest, inode->text, &inode->st);
		break;
	}
}
