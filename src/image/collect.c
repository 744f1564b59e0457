// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks the user's directories into a plan.  Nothing is read but directories and links:
 * this runs at every start, to find out whether a stored image still fits.
 */
#include "image/collect.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

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

static struct error *collect_entry(struct plan *plan, const char *path,
				   const char *source, const struct stat *st);

static struct error *collect_children(struct plan *plan, const char *path,
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
			TRY(collect_entry(plan, to, from, &st));
	}
	return NULL;
}

static struct error *collect_entry(struct plan *plan, const char *path,
				   const char *source, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return plan_add_file(plan, path, st->st_mode, source, st);
	case S_IFDIR:
		TRY(plan_add_directory(plan, path, st->st_mode));
		return collect_children(plan, path, source);
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
	TRY_WRAP(collect_entry(plan, path, add->source, &st), "adding %s to the image",
		 add->source);
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
	TRY_WRAP(collect_children(plan, "/", directory), "laying %s over the image",
		 directory);
	return NULL;
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
