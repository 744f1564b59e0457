// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where settings come from: the user's file, the project's with its limits, the
 * environment.
 */
#include "lab/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "lab/nearest.h"
#include "os/dirs.h"
#include "os/file.h"
#include "os/settings.h"

/* A file being read. */
struct settings_file {
	struct settings *settings;
	bool restricted; /* no restricted keys in this one */
	const char *user_file;
};

static const struct option_row *nearest_setting(const char *name)
{
	struct nearest nearest = nearest_to(name);

	settings_for_each(table, row)
	{
		if (row->traits & OPTION_IS_SETTING)
			nearest_offer(&nearest, row->name);
	}
	return nearest.name ? settings_find(nearest.name) : NULL;
}

static struct error *unknown_key(const char *name, const char *source)
{
	const struct option_row *nearest = nearest_setting(name);

	return error_hint(error_new(ERROR_USAGE, "%s: \"%s\" is not a setting", source,
				    name),
			  "%s",
			  nearest ? nearest->name : "man klab.conf lists all settings");
}

static struct error *take_key(const char *section, const char *name, const char *value,
			      const char *source, void *argument)
{
	const struct settings_file *file = argument;
	const struct option_row *row = settings_find(name);

	if (!row)
		return unknown_key(name, source);
	if (row->traits & OPTION_IS_RESTRICTED && file->restricted)
		return error_hint(error_new(ERROR_USAGE,
					    "%s: \"%s\" needs your trust in this tree",
					    source, name),
				  "put it, or `trust = DIR` with the tree's directory, "
				  "into %s",
				  file->user_file);
	TRY_WRAP(settings_set(file->settings, row, value, source), "%s: %s", source,
		 name);
	return NULL;
}

/* The nearest klab.conf at or above the directory, NULL if there is none. */
static char *find_project_file(const char *directory)
{
	char *at = xstrdup(directory);

	for (;;) {
		char *file = path_join(at, SETTINGS_FILE);
		char *parent;

		if (path_exists(file) || streq(at, "/")) {
			free(at);
			if (path_exists(file))
				return file;
			free(file);
			return NULL;
		}
		free(file);
		parent = path_parent(at);
		free(at);
		at = parent;
	}
}

/* Is path the directory, or below it?  Both are free of links and ".". */
static bool is_below(const char *path, const char *directory)
{
	const char *rest = after_prefix(path, directory);

	return rest && (*rest == '\0' || *rest == '/' || has_suffix(directory, "/"));
}

static bool is_trusted(const struct settings *settings, const char *file)
{
	_cleanup_free_ char *real = realpath(file, NULL);
	_cleanup_free_ char *directory = real ? path_parent(real) : NULL;

	for (size_t i = 0; directory && i < settings->trust.count; i++) {
		_cleanup_free_ char *trusted = realpath(settings->trust.items[i], NULL);

		if (trusted && is_below(directory, trusted))
			return true;
	}
	return false;
}

static bool is_same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

static struct error *load_project(struct settings *settings, const char *directory,
				  const char *user_file)
{
	_cleanup_free_ char *path = find_project_file(directory);
	struct settings_file file = { .settings = settings, .user_file = user_file };
	struct stat st;

	if (!path || stat(path, &st) < 0 || is_same_file(&st, user_file))
		return NULL;
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		strv_pushf(&settings->notes, "%s is not read: it belongs to user %u",
			   path, (unsigned int)st.st_uid);
		return NULL;
	}
	if (st.st_mode & S_IWOTH) {
		strv_pushf(&settings->notes, "%s is not read: everybody may write it",
			   path);
		return NULL;
	}
	file.restricted = !is_trusted(settings, path);
	return settings_read(path, take_key, &file);
}

static const char *environment_value(char *const *environment, const char *name)
{
	for (size_t i = 0; environment[i]; i++) {
		const char *rest = after_prefix(environment[i], name);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

static struct error *take_variable(struct settings *settings,
				   const struct option_row *row, const char *name,
				   char *const *environment)
{
	const char *value = environment_value(environment, name);

	/* kbuild takes an empty ARCH for an unset one, and so does everybody. */
	if (!value || (!*value && row->kind != OPTION_LIST))
		return NULL;
	TRY_WRAP(settings_set(settings, row, value, name), "the variable %s", name);
	return NULL;
}

/* "KLAB_BOOT_TIMEOUT=9" is about "boot-timeout". */
static char *name_of_variable(const char *variable)
{
	char *name = xstrndup(variable, strcspn(variable, "="));

	memmove(name, name + strlen("KLAB_"), strlen(name) - strlen("KLAB_") + 1);
	for (char *c = name; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return name;
}

/* Others may have KLAB_ variables too: only what looks like a slip is worth a note. */
static void note_slips(struct settings *settings, char *const *environment)
{
	for (size_t i = 0; environment[i]; i++) {
		_cleanup_free_ char *name = NULL, *meant = NULL;
		const struct option_row *nearest;

		if (!has_prefix(environment[i], "KLAB_"))
			continue;
		name = name_of_variable(environment[i]);
		if (settings_find(name))
			continue;
		nearest = nearest_setting(name);
		if (!nearest)
			continue;
		meant = option_environment_name(nearest);
		strv_pushf(&settings->notes, "the variable %.*s sets nothing: %s does",
			   (int)strcspn(environment[i], "="), environment[i], meant);
	}
}

static struct error *load_environment(struct settings *settings, char *const *environment)
{
	const struct option_row *output = option_find_variable(kernel_option_rows, "O");

	/* In kbuild too O= wins over KBUILD_OUTPUT. */
	TRY(take_variable(settings, output, "KBUILD_OUTPUT", environment));
	settings_for_each(table, row)
	{
		if (row->variable)
			TRY(take_variable(settings, row, row->variable, environment));
	}
	settings_for_each(named, row)
	{
		_cleanup_free_ char *name = NULL;

		if (!(row->traits & OPTION_IS_SETTING))
			continue;
		name = option_environment_name(row);
		TRY(take_variable(settings, row, name, environment));
	}
	note_slips(settings, environment);
	return NULL;
}

static struct error *user_file_path(char **ret)
{
	_cleanup_free_ char *directory = NULL;

	TRY(dirs_config(&directory));
	*ret = path_join(directory, SETTINGS_FILE);
	return NULL;
}

struct error *settings_load(struct settings *settings,
			    const struct settings_places *places)
{
	static const struct settings_places usual;
	_cleanup_free_ char *user_file = NULL, *directory = NULL;
	struct settings_file file = { .settings = settings };

	if (!places)
		places = &usual;
	if (places->user_file)
		user_file = xstrdup(places->user_file);
	else
		TRY(user_file_path(&user_file));
	/* A working directory that was removed has no project. */
	directory = places->directory ? xstrdup(places->directory) : getcwd(NULL, 0);

	file.user_file = user_file;
	TRY(settings_read(user_file, take_key, &file));
	if (directory)
		TRY(load_project(settings, directory, user_file));
	return load_environment(settings,
				places->environment ? places->environment : environ);
}
