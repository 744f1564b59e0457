// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be put into a plan, and the walk over all of it.  Where a path leads is found
 * by plan-walk.c.
 */
#include "image/plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/plan-walk.h"

struct plan {
	struct plan_entry root;
};

struct plan *plan_new(void)
{
	struct plan *plan = xnew(struct plan);

	plan->root.name = xstrdup("");
	plan->root.kind = PLAN_DIRECTORY;
	plan->root.mode = S_IFDIR | 0755;
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
	free(entry->text);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	entry_clear(&plan->root);
	free(plan);
}

/* The entry of this path, emptied of what it was, for something new. */
static struct error *entry_claim(struct plan *plan, const char *path,
				 struct plan_entry **ret)
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
	free(take_ptr(entry->text));
	entry->length = 0;
	*ret = entry;
	return NULL;
}

struct error *plan_add_directory(struct plan *plan, const char *path, mode_t permissions)
{
	const struct plan_entry *there = plan_find(plan, path);
	struct plan_entry *entry;

	if (there && there->kind != PLAN_DIRECTORY && there->kind != PLAN_SYMLINK)
		TRY(entry_claim(plan, path, &entry));
	else
		TRY(plan_walk_directory(&plan->root, path, true, &entry));
	entry->kind = PLAN_DIRECTORY;
	entry->mode = S_IFDIR | (permissions & 07777);
	return NULL;
}

struct error *plan_add_symlink(struct plan *plan, const char *path, const char *target)
{
	struct plan_entry *entry;

	TRY(entry_claim(plan, path, &entry));
	entry->kind = PLAN_SYMLINK;
	entry->mode = S_IFLNK | 0777;
	entry->text = xstrdup(target);
	return NULL;
}

struct error *plan_add_node(struct plan *plan, const char *path, mode_t mode,
			    dev_t device)
{
	struct plan_entry *entry;

	TRY(entry_claim(plan, path, &entry));
	entry->kind = PLAN_NODE;
	entry->mode = mode;
	entry->device = device;
	return NULL;
}

struct error *plan_add_bytes(struct plan *plan, const char *path, mode_t permissions,
			     const void *data, size_t size)
{
	struct plan_entry *entry;

	TRY(entry_claim(plan, path, &entry));
	entry->kind = PLAN_BYTES;
	entry->mode = S_IFREG | (permissions & 07777);
	entry->text = size ? xmemdup(data, size) : NULL;
	entry->length = size;
	return NULL;
}

static struct error *add_source(struct plan *plan, const char *path, enum plan_kind kind,
				mode_t permissions, const char *source,
				const struct stat *st)
{
	struct plan_entry *entry;

	/* Sizes in newc have 32 bits. */
	if ((uint64_t)st->st_size > UINT32_MAX) {
		_cleanup_free_ char *size = format_size((uint64_t)st->st_size);

		return error_hint(
			error_new(
				ERROR_UNSUPPORTED,
				"%s has %s: a file in an initramfs must be smaller than 4 GiB",
				source, size),
			"give it to the guest as a disk: --disk %s", source);
	}
	TRY(entry_claim(plan, path, &entry));
	entry->kind = kind;
	entry->mode = S_IFREG | (permissions & 07777);
	entry->text = xstrdup(source);
	entry->st = *st;
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

static struct error *digest_entry(const char *path, const struct plan_entry *entry,
				  void *argument)
{
	struct digest *digest = argument;

	digest_add_string(digest, path);
	digest_add_u64(digest, entry->kind);
	digest_add_u64(digest, entry->mode);
	switch (entry->kind) {
	case PLAN_DIRECTORY:
		break;
	case PLAN_SYMLINK:
		digest_add_string(digest, entry->text);
		break;
	case PLAN_NODE:
		digest_add_u64(digest, entry->device);
		break;
	case PLAN_BYTES:
		digest_add_u64(digest, entry->length);
		digest_add(digest, entry->text, entry->length);
		break;
	case PLAN_FILE:
	case PLAN_MODULE:
		digest_add_identity(digest, entry->text, &entry->st);
		break;
	}
	return NULL;
}

void plan_digest(const struct plan *plan, struct digest *digest)
{
	error_ignore(plan_visit(plan, digest_entry, digest)); /* it has none */
}
