// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding the place of a path in a plan, with the links of the plan followed on the way
 * and missing directories made.  Children are kept sorted; sources that arrive in order
 * (directories are walked sorted) are appended, so that ten thousand files in one
 * directory cost no moving.
 */
#include "image/plan-walk.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "image/plan-inode.h"

/* As many as the kernel's own path walk follows (MAXSYMLINKS). */
#define SYMLINKS_MAX 40

/* A name within a path: not terminated. */
struct component {
	const char *name;
	size_t length;
};

static bool component_is(const struct component *c, const char *s)
{
	return strlen(s) == c->length && memcmp(c->name, s, c->length) == 0;
}

/* The next component of *path, which moves behind it; false at the end. */
static bool component_next(const char **path, struct component *ret)
{
	*path += strspn(*path, "/");
	if (!**path)
		return false;
	*ret = (struct component){ .name = *path, .length = strcspn(*path, "/") };
	*path += ret->length;
	return true;
}

static int component_compare(const struct component *c, const char *name)
{
	int order = strncmp(c->name, name, c->length);

	return order ? order : (name[c->length] ? -1 : 0);
}

/* Where the child is (true), or where it belongs. */
static bool child_search(const struct plan_entry *directory, const struct component *c,
			 size_t *ret_at)
{
	size_t low = 0;
	size_t high = directory->child_count;

	if (high && component_compare(c, directory->children[high - 1]->name) > 0) {
		*ret_at = high;
		return false;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = component_compare(c, directory->children[middle]->name);

		if (order == 0) {
			*ret_at = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_at = low;
	return false;
}

char *plan_entry_path(const struct plan_entry *entry)
{
	_cleanup_free_ char *parent = NULL;

	if (!entry->parent)
		return xstrdup("");
	parent = plan_entry_path(entry->parent);
	return xasprintf("%s/%s", parent, entry->name);
}

static size_t entry_path_length(const struct plan_entry *entry)
{
	size_t length = 0;

	for (; entry->parent; entry = entry->parent)
		length += strlen(entry->name) + 1;
	return length;
}

static struct error *check_name(const struct plan_entry *directory,
				const struct component *c)
{
	if (c->length > NAME_MAX)
		return error_new(ERROR_USAGE, "a name of %zu bytes is too long: %.40s...",
				 c->length, c->name);
	if (!directory->parent && component_is(c, PLAN_TRAILER))
		return error_new(ERROR_USAGE,
				 "/" PLAN_TRAILER
				 " cannot be in an initramfs: it ends the archive");
	/* The kernel leaves out longer ones without a word. */
	if (entry_path_length(directory) + c->length + 1 >= PATH_MAX)
		return error_new(ERROR_USAGE,
				 "a path that ends in %.*s is longer than %d bytes",
				 (int)c->length, c->name, PATH_MAX - 1);
	return NULL;
}

/* A new directory there, which the caller may make something else. */
static struct error *child_make(struct plan_entry *directory, const struct component *c,
				size_t at, struct plan_entry **ret)
{
	struct plan_entry *child;

	TRY(check_name(directory, c));
	child = xnew(struct plan_entry);
	child->name = xstrndup(c->name, c->length);
	child->parent = directory;
	child->inode = plan_inode_new();
	array_reserve(directory->children, directory->child_count,
		      directory->child_capacity);
	memmove(directory->children + at + 1, directory->children + at,
		(directory->child_count - at) * sizeof(*directory->children));
	directory->children[at] = child;
	directory->child_count++;
	*ret = child;
	return NULL;
}

static struct error *walk(struct plan_entry *directory, const char *path, bool make,
			  unsigned int *links, struct plan_entry **ret);

/* The directory that a symlink leads to; made if need be. */
static struct error *follow(struct plan_entry *link, bool make, unsigned int *links,
			    struct plan_entry **ret)
{
	struct plan_entry *from = link->parent;

	if (++*links > SYMLINKS_MAX) {
		_cleanup_free_ char *path = plan_entry_path(link);

		return error_new(ERROR_USAGE, "%s in the image: too many symlinks", path);
	}
	while (link->inode->text[0] == '/' && from->parent)
		from = from->parent;
	return walk(from, link->inode->text, make, links, ret);
}

/* One step down; *ret is NULL if there is nothing and make is false. */
static struct error *step(struct plan_entry *directory, const struct component *c,
			  bool make, unsigned int *links, struct plan_entry **ret)
{
	struct plan_entry *child;
	size_t at;

	if (component_is(c, ".")) {
		*ret = directory;
		return NULL;
	}
	if (component_is(c, "..")) {
		*ret = directory->parent ? directory->parent : directory;
		return NULL;
	}
	if (!child_search(directory, c, &at)) {
		*ret = NULL;
		return make ? child_make(directory, c, at, ret) : NULL;
	}
	child = directory->children[at];
	if (child->inode->kind == PLAN_SYMLINK)
		return follow(child, make, links, ret);
	if (child->inode->kind != PLAN_DIRECTORY) {
		_cleanup_free_ char *path = plan_entry_path(child);

		return error_new(ERROR_USAGE,
				 "%s is a file in the image: nothing can be under it",
				 path);
	}
	*ret = child;
	return NULL;
}

static struct error *walk(struct plan_entry *directory, const char *path, bool make,
			  unsigned int *links, struct plan_entry **ret)
{
	struct component c;

	while (directory && component_next(&path, &c))
		TRY(step(directory, &c, make, links, &directory));
	*ret = directory;
	return NULL;
}

/* Split into the directory's path and the last component. */
static struct error *split_last(const char *path, char **ret_directory,
				struct component *ret_last)
{
	struct component c;
	const char *rest = path;
	const char *last = NULL;

	while (component_next(&rest, &c)) {
		last = c.name;
		*ret_last = c;
	}
	if (!last || component_is(ret_last, ".") || component_is(ret_last, ".."))
		return error_new(ERROR_USAGE, "'%s' names no file in the image", path);
	*ret_directory = xstrndup(path, (size_t)(last - path));
	return NULL;
}

struct error *plan_walk_directory(struct plan_entry *root, const char *path, bool make,
				  struct plan_entry **ret)
{
	unsigned int links = 0;

	return walk(root, path, make, &links, ret);
}

struct error *plan_walk_entry(struct plan_entry *root, const char *path, bool make,
			      struct plan_entry **ret)
{
	_cleanup_free_ char *parent = NULL;
	struct plan_entry *directory;
	struct component last;
	size_t at;

	TRY(split_last(path, &parent, &last));
	TRY(plan_walk_directory(root, parent, make, &directory));
	if (directory && child_search(directory, &last, &at)) {
		*ret = directory->children[at];
		return NULL;
	}
	*ret = NULL;
	if (!make)
		return NULL;
	return child_make(directory, &last, at, ret);
}
