// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole sets of packages: which a system is made of, and all of their files. */
#include <stdlib.h>

#include "base/mem.h"
#include "kernel/apt-internal.h"
#include "os/file.h"

/* More is taken for a mistake. */
#define PACKAGES_MAX 20000

/* "1%3a2.66-4" of a file's name is the version 1:2.66-4. */
static char *decode_version(const char *word, size_t length)
{
	_cleanup_text_ struct text version = { 0 };

	for (size_t i = 0; i < length; i++) {
		if (i + 3 <= length &&
		    (has_prefix(word + i, "%3a") || has_prefix(word + i, "%3A"))) {
			text_append_char(&version, ':');
			i += 2;
		} else {
			text_append_char(&version, word[i]);
		}
	}
	return text_take(&version);
}

/* "'URL' NAME_VERSION_ARCH.deb SIZE SHA256:HEX" */
static bool parse_line(const char *line, struct apt_package *ret)
{
	_cleanup_strv_ struct strv words = { 0 };
	const char *file, *version, *end, *digest;

	strv_split(line, " ", &words);
	if (words.count < 4)
		return false;
	file = words.items[1];
	version = strchr(file, '_');
	end = strrchr(file, '_');
	digest = after_prefix(words.items[3], "SHA256:");
	if (!version || version == end || !digest)
		return false;
	*ret = (struct apt_package){
		.name = xstrndup(file, (size_t)(version - file)),
		.version = decode_version(version + 1, (size_t)(end - version - 1)),
		.size = strtoull(words.items[2], NULL, 10),
		.sha256 = xstrdup(digest),
	};
	return true;
}

static struct error *parse_all(char *text, struct apt_packages *packages)
{
	char *line;

	while (text && (line = strsep(&text, "\n"))) {
		struct apt_package package;

		if (*line != '\'' || !parse_line(line, &package))
			continue;
		array_reserve(packages->items, packages->count, packages->capacity);
		packages->items[packages->count++] = package;
		if (packages->count > PACKAGES_MAX)
			return error_new(ERROR_CORRUPT, "more than %d packages",
					 PACKAGES_MAX);
	}
	if (!packages->count)
		return error_new(ERROR_CORRUPT, "apt-get names no packages");
	return NULL;
}

struct error *apt_resolve(struct apt *apt, const char *const *words,
			  struct apt_packages *ret)
{
	static const char *const start[] = { "apt-get",
					     "install",
					     "--yes",
					     "--print-uris",
					     "--no-install-recommends",
					     "-o",
					     "Acquire::ForceHash=SHA256",
					     NULL };
	_cleanup_packages_ struct apt_packages packages = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_text_ struct text text = { 0 };

	strv_push_all(&argv, start);
	strv_push_all(&argv, words);
	TRY(apt_command(apt, apt->directory, NULL, (const char *const *)argv.items,
			&text));
	TRY(parse_all(text.data, &packages));
	*ret = packages;
	packages = (struct apt_packages){ 0 };
	return NULL;
}

const char *apt_downloads(const struct apt *apt)
{
	return apt->download;
}

/* With the version: an older file may lie there. */
static char *file_prefix(const struct apt_package *package)
{
	_cleanup_text_ struct text prefix = { 0 };

	text_appendf(&prefix, "%s_", package->name);
	for (const char *c = package->version; *c; c++)
		*c == ':' ? text_append(&prefix, "%3a") : text_append_char(&prefix, *c);
	text_append_char(&prefix, '_');
	return text_take(&prefix);
}

struct error *apt_download_all(struct apt *apt, const struct apt_packages *packages,
			       struct strv *ret_paths)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct apt_package all = { 0 };

	strv_push(&argv, "apt-get");
	strv_push(&argv, "download");
	for (size_t i = 0; i < packages->count; i++) {
		strv_pushf(&argv, "%s=%s", packages->items[i].name,
			   packages->items[i].version);
		all.size += packages->items[i].size;
	}
	TRY(apt_command(apt, apt->download, &all, (const char *const *)argv.items, NULL));
	for (size_t i = 0; i < packages->count; i++) {
		const struct apt_package *package = &packages->items[i];
		_cleanup_free_ char *prefix = file_prefix(package);
		_cleanup_free_ char *path = apt_find_deb(apt->download, prefix);

		if (!path)
			return error_new(ERROR_FAILED,
					 "apt-get downloaded no file for %s",
					 package->name);
		TRY(apt_check_digest(package, path));
		strv_push_take(ret_paths, take_ptr(path));
	}
	return NULL;
}
