// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be put into a plan, and the walk over all of it.  Where a path leads is found
 * by plan-walk.c; what is there is in plan-inode.c.
 */
#include "image/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/plan-inode.h"
#include "image/plan-walk.h"
#include "os/file.h"

struct plan {
	struct plan_entry root;
	struct plan_entry *last; /* added */
	int spool;		 /* -1: none */
};

struct plan *plan_new(void)
{
	struct plan *plan = xnew(struct plan);

	plan->root.name = xstrdup("");
	plan->root.inode = plan_inode_new();
	plan->last = &plan->root;
	plan->spool = -1;
	return plan;
}

static void entry_clear(struct plan_entry *entry)
{
	for (size_t i = 0; i < entry->child_count; i++) {
		entry_clear(entry->children[i]);
		free(entry->children[i]);
	}
	free(entry->children);
	free(entry->name);
	plan_inode_unref(entry->inode);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	entry_clear(&plan->root);
	close_fd(plan->spool);
	free(plan);
}

/* The entry of this path, emptied of what it was, for something new. */
static struct error *entry_claim(struct plan *plan, const char *path,
				 struct plan_inode **ret)
{
	struct plan_entry *entry;

	TRY(plan_walk_entry(&plan->root, path, true, &entry));
	if (entry->child_count) {
		_cleanup_free_ char *full = plan_entry_path(entry);

		return error_hint(
			error_new(ERROR_USAGE,
				  "%s is a directory in the image, and not empty", full),
			"to put something into it, end the destination in /: %s/", full);
	}
	/* Its other names keep what it was. */
	plan_inode_unref(entry->inode);
	entry->inode = plan_inode_new();
	plan->last = entry;
	*ret = entry->inode;
	return NULL;
}

struct error *plan_add_directory(struct plan *plan, const char *path, mode_t permissions)
{
	const struct plan_entry *there = plan_find(plan, path);
	struct plan_inode *inode;

	if (there && there->inode->kind != PLAN_DIRECTORY &&
	    there->inode->kind != PLAN_SYMLINK) {
		TRY(entry_claim(plan, path, &inode));
	} else {
		TRY(plan_walk_directory(&plan->root, path, true, &plan->last));
		inode = plan->last->inode;
	}
	inode->mode = S_IFDIR | (permissions & 07777);
	return NULL;
}

struct error *plan_add_symlink(struct plan *plan, const char *path, const char *target)
{
	struct plan_inode *inode;

	TRY(entry_claim(plan, path, &inode));
	inode->kind = PLAN_SYMLINK;
	inode->mode = S_IFLNK | 0777;
	inode->text = xstrdup(target);
	return NULL;
}

struct error *plan_add_node(struct plan *plan, const char *path, mode_t mode,
			    dev_t device)
{
	struct plan_inode *inode;

	TRY(entry_claim(plan, path, &inode));
	inode->kind = PLAN_NODE;
	inode->mode = mode;
	inode->device = device;
	return NULL;
}

struct error *plan_add_bytes(struct plan *plan, const char *path, mode_t permissions,
			     const void *data, size_t size)
{
	struct plan_inode *inode;

	TRY(entry_claim(plan, path, &inode));
	inode->kind = PLAN_BYTES;
	inode->mode = S_IFREG | (permissions & 07777);
	inode->text = size ? xmemdup(data, size) : NULL;
	inode->length = size;
	return NULL;
}

static struct error *add_source(struct plan *plan, const char *path, enum plan_kind kind,
				mode_t permissions, const char *source,
				const struct stat *st)
{
	struct plan_inode *inode;

	TRY(entry_claim(plan, path, &inode));
	inode->kind = kind;
	inode->mode = S_IFREG | (permissions & 07777);
	inode->text = xstrdup(source);
	inode->st = *st;
	inode->length = (size_t)st->st_size;
	return NULL;
}

struct error *plan_add_file(struct plan *plan, const char *path, mode_t permissions,
			    const char *source, const struct stat *st)
{
	return add_source(plan, path, PLAN_FILE, permissions, source, st);
}

struct error *plan_add_module(struct plan *plan, const char *path, const char *source,
			      const struct stat *st)
{
	return add_source(plan, path, PLAN_MODULE, 0644, source, st);
}

struct error *plan_add_spooled(struct plan *plan, const char *path, mode_t permissions,
			       const char *archive, const struct stat *st,
			       uint64_t offset, uint64_t size)
{
	TRY(add_source(plan, path, PLAN_SPOOLED, permissions, archive, st));
	plan->last->inode->offset = offset;
	plan->last->inode->length = size;
	return NULL;
}

struct error *plan_add_link(struct plan *plan, const char *path, const char *target)
{
	struct plan_entry *from, *entry;
	struct plan_inode *inode;

	TRY(plan_walk_entry(&plan->root, target, false, &from));
	if (!from)
		return error_new(ERROR_USAGE,
				 "%s is a hard link to %s, which is not in the image",
				 path, target);
	if (from->inode->kind == PLAN_DIRECTORY)
		return error_new(ERROR_USAGE, "%s is a hard link to the directory %s",
				 path, target);
	TRY(plan_walk_entry(&plan->root, path, false, &entry));
	if (entry == from)
		return NULL;
	TRY(entry_claim(plan, path, &inode));
	plan_inode_unref(inode);
	plan->last->inode = plan_inode_ref(from->inode);
	return NULL;
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct plan_xattr *)a)->name,
		      ((const struct plan_xattr *)b)->name);
}

void plan_set_attributes(struct plan *plan, const struct plan_attributes *attributes)
{
	struct plan_attributes *to = &plan->last->inode->attributes;
	struct plan_attributes copy = *attributes;

	copy.xattrs =
		copy.xattr_count ? xcalloc(copy.xattr_count, sizeof(*copy.xattrs)) : NULL;
	for (size_t i = 0; i < copy.xattr_count; i++) {
		const struct plan_xattr *from = &attributes->xattrs[i];

		copy.xattrs[i].name = xstrdup(from->name);
		copy.xattrs[i].value =
			from->size ? xmemdup(from->value, from->size) : NULL;
		copy.xattrs[i].size = from->size;
	}
	if (copy.xattr_count > 1)
		qsort(copy.xattrs, copy.xattr_count, sizeof(*copy.xattrs),
		      compare_xattrs);
	plan_attributes_deinit(to);
	*to = copy;
}

struct error *plan_spool(struct plan *plan, const char *directory, int *ret_fd)
{
	if (plan->spool < 0)
		TRY(file_unnamed(directory, &plan->spool));
	*ret_fd = plan->spool;
	return NULL;
}

int plan_spool_fd(const struct plan *plan)
{
	return plan->spool;
}

const struct plan_entry *plan_find(const struct plan *plan, const char *path)
{
	/* Without make, the walk changes nothing. */
	struct plan_entry *root = (struct plan_entry *)&plan->root;
	struct plan_entry *entry = NULL;

	/* Where a path is wrong, nothing is there. */
	error_ignore(plan_walk_entry(root, path, false, &entry));
	return entry;
}

static struct error *visit_children(const struct plan_entry *directory, struct text *path,
				    plan_visit_fn visit, void *argument)
{
	size_t length = path->length;

	for (size_t i = 0; i < directory->child_count; i++) {
		const struct plan_entry *child = directory->children[i];

		text_append(path, child->name);
		TRY(visit(text_str(path), child, argument));
		text_append_char(path, '/');
		TRY(visit_children(child, path, visit, argument));
		text_truncate(path, length);
	}
	return NULL;
}

struct error *plan_visit(const struct plan *plan, plan_visit_fn visit, void *argument)
{
	_cleanup_text_ struct text path = { 0 };

	TRY(visit(".", &plan->root, argument));
	return visit_children(&plan->root, &path, visit, argument);
}

static void clear_numbers(const struct plan_entry *entry)
{
	entry->inode->number = 0;
	for (size_t i = 0; i < entry->child_count; i++)
		clear_numbers(entry->children[i]);
}

/* What has several names gets the number of the first. */
static uint32_t number_children(const struct plan_entry *entry, uint32_t next)
{
	for (size_t i = 0; i < entry->child_count; i++) {
		struct plan_inode *inode = entry->children[i]->inode;

		if (!inode->number)
			inode->number = next++;
		next = number_children(entry->children[i], next);
	}
	return next;
}

uint32_t plan_number(struct plan *plan, uint32_t root, uint32_t first)
{
	clear_numbers(&plan->root);
	plan->root.inode->number = root;
	return number_children(&plan->root, first);
}

static struct error *digest_entry(const char *path, const struct plan_entry *entry,
				  void *argument)
{
	struct digest *digest = argument;

	digest_add_string(digest, path);
	plan_inode_digest(entry->inode, digest);
	return NULL;
}

void plan_digest(struct plan *plan, struct digest *digest)
{
	(void)plan_number(plan, 1, 2);			      /* only the order matters */
	error_ignore(plan_visit(plan, digest_entry, digest)); /* it has none */
}
