// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks the user's directories into a plan.  Nothing is read but directories and links:
 * this runs at every start, to find out whether a stored image still fits.
 */
#include "image/collect.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

struct collecting {
	struct plan *plan;
	/* NULL: everything is root's, from 1970, and each name a file of its own. */
	const struct keep_options *keep;
	dev_t device; /* of the file system; with keep */
	void *names;  /* a tree of struct name */
};

/* The first name of a file that has several. */
struct name {
	dev_t device;
	ino_t inode;
	char path[];
};

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* NULL: this is the first, which is noted. */
static const char *found_name(struct collecting *collecting, const char *path,
			      const struct stat *st)
{
	size_t length = strlen(path) + 1;
	struct name *name, **found;

	if (!collecting->keep || S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return NULL;
	name = xcalloc(1, sizeof(*name) + length);
	name->device = st->st_dev;
	name->inode = st->st_ino;
	memcpy(name->path, path, length);
	found = tsearch(name, &collecting->names, compare_names);
	if (!found || *found == name)
		return NULL;
	free(name);
	return (*found)->path;
}

static struct error *read_names(const char *directory, struct strv *ret)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	const struct dirent *item;

	if (!dir)
		return error_os(errno, "opening the directory %s", directory);
	while (errno = 0, (item = readdir(dir))) {
		if (!streq(item->d_name, ".") && !streq(item->d_name, ".."))
			strv_push(ret, item->d_name);
	}
	if (errno)
		return error_os(errno, "reading the directory %s", directory);
	strv_sort(ret);
	return NULL;
}

static struct error *collect_link(struct plan *plan, const char *path, const char *source)
{
	char target[PATH_MAX];
	ssize_t length = readlink(source, target, sizeof(target) - 1);

	if (length < 0)
		return error_os(errno, "reading the link %s", source);
	target[length] = '\0';
	return plan_add_symlink(plan, path, target);
}

static struct error *collect_entry(struct collecting *collecting, const char *path,
				   const char *source, const struct stat *st);

static struct error *collect_children(struct collecting *collecting, const char *path,
				      const char *source)
{
	_cleanup_strv_ struct strv names = { 0 };

	TRY(read_names(source, &names));
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *from = path_join(source, names.items[i]);
		_cleanup_free_ char *to = path_join(path, names.items[i]);
		struct stat st;

		if (lstat(from, &st) < 0)
			return error_os(errno, "looking at %s", from);
		if (!S_ISSOCK(st.st_mode)) /* of no use without its process */
			TRY(collect_entry(collecting, to, from, &st));
	}
	return NULL;
}

static struct error *collect_kind(struct collecting *collecting, const char *path,
				  const char *source, const struct stat *st)
{
	struct plan *plan = collecting->plan;

	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return plan_add_file(plan, path, st->st_mode, source, st);
	case S_IFDIR:
		return plan_add_directory(plan, path, st->st_mode);
	case S_IFLNK:
		return collect_link(plan, path, source);
	case S_IFCHR:
	case S_IFBLK:
		return plan_add_node(plan, path, st->st_mode, st->st_rdev);
	case S_IFIFO:
		return plan_add_node(plan, path, st->st_mode, 0);
	default:
		return error_new(ERROR_USAGE,
				 "%s is a socket: it means nothing without its process",
				 source);
	}
}

static struct error *collect_entry(struct collecting *collecting, const char *path,
				   const char *source, const struct stat *st)
{
	const char *first = found_name(collecting, path, st);

	if (first)
		return plan_add_link(collecting->plan, path, first);
	TRY(collect_kind(collecting, path, source, st));
	if (collecting->keep)
		TRY(keep_attributes(collecting->plan, collecting->keep, source, st));
	/* What is mounted below stays an empty directory. */
	if (!S_ISDIR(st->st_mode) ||
	    (collecting->keep && st->st_dev != collecting->device))
		return NULL;
	return collect_children(collecting, path, source);
}

/* What a source is called: "b" for "a/b/", the directory's own name for ".". */
static char *source_name(const char *source)
{
	_cleanup_free_ char *whole = xstrdup(source);
	size_t length = strlen(whole);

	while (length > 1 && whole[length - 1] == '/')
		whole[--length] = '\0';
	if (streq(path_base(whole), ".") || streq(path_base(whole), "..")) {
		free(whole);
		whole = realpath(source, NULL);
	}
	return whole && *path_base(whole) ? xstrdup(path_base(whole)) : NULL;
}

/* A destination that ends in a slash is the directory to put the source into. */
static struct error *destination_of(const struct image_add *add, char **ret)
{
	_cleanup_free_ char *name = NULL;

	if (add->destination[0] != '/')
		return error_new(ERROR_USAGE,
				 "the destination '%s' must begin with a slash",
				 add->destination);
	if (!has_suffix(add->destination, "/")) {
		*ret = xstrdup(add->destination);
		return NULL;
	}
	name = source_name(add->source);
	if (!name)
		return error_hint(error_new(ERROR_USAGE,
					    "'%s' has no name to go by in %s",
					    add->source, add->destination),
				  "write the whole destination: --add %s:%sNAME",
				  add->source, add->destination);
	*ret = path_join(add->destination, name);
	return NULL;
}

struct error *collect_add(struct plan *plan, const struct image_add *add)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (stat(add->source, &st) < 0) {
		struct error *err =
			error_os(errno, "adding %s to the image", add->source);

		return strchr(add->source, ':')
			       ? error_hint(err, "in SRC:DST, DST begins with a slash")
			       : err;
	}
	TRY_WRAP(destination_of(add, &path), "adding %s to the image", add->source);
	TRY_WRAP(collect_entry(&(struct collecting){ .plan = plan }, path, add->source,
			       &st),
		 "adding %s to the image", add->source);
	return NULL;
}

struct error *collect_overlay(struct plan *plan, const char *directory)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return error_os(errno, "laying %s over the image", directory);
	if (!S_ISDIR(st.st_mode))
		return error_hint(error_new(ERROR_USAGE,
					    "the overlay %s is not a directory",
					    directory),
				  "for one file: --add %s:/ITS/PLACE", directory);
	TRY_WRAP(collect_children(&(struct collecting){ .plan = plan }, "/", directory),
		 "laying %s over the image", directory);
	return NULL;
}

struct error *collect_tree(struct plan *plan, const char *directory,
			   const struct keep_options *keep)
{
	struct collecting collecting = { .plan = plan, .keep = keep };
	struct error *err;
	struct stat st;

	if (stat(directory, &st) < 0)
		return error_os(errno, "the directory %s", directory);
	if (!S_ISDIR(st.st_mode))
		return error_new(ERROR_USAGE, "%s is not a directory", directory);
	collecting.device = st.st_dev;
	err = collect_entry(&collecting, "/", directory, &st);
	tdestroy(collecting.names, free);
	return err;
}

struct error *image_add_parse(const char *word, struct image_add *ret)
{
	const char *colon = NULL;
	struct image_add add;

	/* A colon within a file's name is not followed by a slash at its last place. */
	for (const char *p = word; (p = strstr(p, ":/")); p++)
		colon = p;
	if (!*word || colon == word)
		return error_hint(error_new(ERROR_USAGE, "--add '%s' names no file",
					    word),
				  "--add SRC[:/DST]");
	add.source = colon ? xstrndup(word, (size_t)(colon - word)) : xstrdup(word);
	add.destination = xstrdup(colon ? colon + 1 : "/");
	*ret = add;
	return NULL;
}

void image_add_deinit(struct image_add *add)
{
	free(add->source);
	free(add->destination);
	*add = (struct image_add){ 0 };
}
