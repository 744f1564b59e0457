// SPDX-License-Identifier: GPL-2.0-or-later
/* Where recipes are: the user's own before klab's, so that one can be replaced. */
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/recipe.h"
#include "os/dirs.h"
#include "os/file.h"

#define RECIPE_MAX (1 << 20)

bool recipe_is_path(const char *word)
{
	return strchr(word, '/') || has_suffix(word, RECIPE_SUFFIX);
}

/* NULL: there is none.  Of no use is the one without a home. */
static char *users_directory(void)
{
	_cleanup_free_ char *config = NULL;

	error_ignore(dirs_config(&config));
	return config ? path_join(config, "images") : NULL;
}

static char *klabs_directory(void)
{
	_cleanup_free_ char *path = NULL;

	/* Where klab's data is missing, whoever looks for one of it is told. */
	error_ignore(dirs_data_file("data/images/" RECIPE_DEFAULT RECIPE_SUFFIX, &path));
	return path ? path_parent(path) : NULL;
}

static void add_names(const char *directory, struct strv *ret)
{
	_cleanup_closedir_ DIR *dir = directory ? opendir(directory) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *name = NULL;

		if (!has_suffix(entry->d_name, RECIPE_SUFFIX))
			continue;
		name = xstrndup(entry->d_name,
				strlen(entry->d_name) - strlen(RECIPE_SUFFIX));
		if (*name && !strv_contains(ret, name))
			strv_push_take(ret, take_ptr(name));
	}
}

void recipe_names(struct strv *ret)
{
	_cleanup_free_ char *users = users_directory();
	_cleanup_free_ char *klabs = klabs_directory();

	add_names(users, ret);
	add_names(klabs, ret);
	strv_sort(ret);
}

static char *path_in(char *directory, const char *name)
{
	_cleanup_free_ char *owned = directory;
	char *path;

	if (!owned || !*name)
		return NULL;
	path = xasprintf("%s/%s" RECIPE_SUFFIX, owned, name);
	if (path_exists(path))
		return path;
	free(path);
	return NULL;
}

/* NULL if there is none. */
static char *path_of(const char *word)
{
	char *path;

	if (recipe_is_path(word))
		return xstrdup(word);
	path = path_in(users_directory(), word);
	return path ? path : path_in(klabs_directory(), word);
}

bool recipe_exists(const char *name)
{
	_cleanup_free_ char *path = recipe_is_path(name) ? NULL : path_of(name);

	return path != NULL;
}

static struct error *no_recipe(const char *name)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *list = NULL;

	recipe_names(&names);
	list = strv_join(&names, ", ");
	return error_hint(error_new(ERROR_NOT_FOUND, "there is no recipe \"%s\"", name),
			  "one of %s; or a file: ./NAME" RECIPE_SUFFIX, list);
}

struct error *recipe_find(const char *word, struct recipe *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *path = path_of(word);

	if (!path)
		return no_recipe(word);
	TRY_WRAP(file_read(path, RECIPE_MAX, &bytes), "the recipe");
	return recipe_parse(path, bytes.data ? (const char *)bytes.data : "", bytes.size,
			    ret);
}
