// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads apt's sources in both forms: deb822 stanzas (sources.list.d/NAME.sources) and one
 * line each (sources.list, sources.list.d/NAME.list).  Of what is found only entries of a
 * Debian archive count: third-party archives have no kernels.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/sources.h"
#include "os/file.h"

#define SOURCES_MAX (1 << 20)
#define DEFAULT_SUITE "stable"
#define DEBIAN_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

/* One entry, its words still as they are written. */
struct source {
	char *types;
	char *uris;
	char *suites;
	char *components;
	char *signed_by;
	char *enabled;
};

struct source_list {
	struct source *items;
	size_t count;
	size_t capacity;
};

void repository_deinit(struct repository *repository)
{
	free(repository->uri);
	free(repository->suite);
	free(repository->signed_by);
}

static void source_deinit(struct source *source)
{
	free(source->types);
	free(source->uris);
	free(source->suites);
	free(source->components);
	free(source->signed_by);
	free(source->enabled);
}

static void source_list_deinit(struct source_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		source_deinit(&list->items[i]);
	free(list->items);
}

/* An empty source is dropped; the content is the list's afterwards. */
static void source_list_add(struct source_list *list, struct source *source)
{
	if (source->uris && source->suites) {
		array_reserve(list->items, list->count, list->capacity);
		list->items[list->count++] = *source;
	} else {
		source_deinit(source);
	}
	*source = (struct source){ 0 };
}

static char **deb822_field(struct source *source, const char *name)
{
	const struct {
		const char *name;
		char **value;
	} fields[] = {
		{ "Types", &source->types },
		{ "URIs", &source->uris },
		{ "Suites", &source->suites },
		{ "Components", &source->components },
		{ "Signed-By", &source->signed_by },
		{ "Enabled", &source->enabled },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcasecmp(fields[i].name, name) == 0)
			return fields[i].value;
	}
	return NULL;
}

static void set_string(char **to, char *value)
{
	free(*to);
	*to = value;
}

/* One line of a stanza; *current is the field that a continuation belongs to. */
static void parse_deb822_line(struct source *source, char *line, char ***current)
{
	char *colon;

	if (*line == '#')
		return;
	if (*line == ' ' || *line == '\t') {
		if (*current)
			set_string(*current, xasprintf("%s\n%s", **current, line));
		return;
	}
	colon = strchr(line, ':');
	*current = NULL;
	if (!colon)
		return;
	*colon = '\0';
	*current = deb822_field(source, line);
	if (*current)
		set_string(*current, xstrdup(colon + 1 + strspn(colon + 1, " \t")));
}

static void parse_deb822(struct source_list *list, char *text)
{
	struct source source = { 0 };
	char **current = NULL;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (line[strspn(line, " \t\r")] != '\0') {
			parse_deb822_line(&source, line, &current);
			continue;
		}
		source_list_add(list, &source);
		current = NULL;
	}
	source_list_add(list, &source);
}

/* "deb [signed-by=FILE arch=amd64] URI SUITE COMPONENT..." */
static void parse_one_line(struct source_list *list, char *line)
{
	struct source source = { 0 };
	char *open, *close, *word, *rest;

	line[strcspn(line, "#")] = '\0';
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close) {
		char *options = open + 1;

		*close = '\0';
		while ((word = strsep(&options, " \t"))) {
			if (has_prefix(word, "signed-by="))
				set_string(&source.signed_by,
					   xstrdup(after_prefix(word, "signed-by=")));
		}
		memset(open, ' ', (size_t)(close - open) + 1);
	}
	word = strtok_r(line, " \t\r", &rest);
	source.types = word ? xstrdup(word) : NULL;
	word = word ? strtok_r(NULL, " \t\r", &rest) : NULL;
	source.uris = word ? xstrdup(word) : NULL;
	word = word ? strtok_r(NULL, " \t\r", &rest) : NULL;
	source.suites = word ? xstrdup(word) : NULL;
	source.components = xstrdup(word ? rest : "");
	source_list_add(list, &source);
}

static struct error *read_file(struct source_list *list, const char *path)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	TRY(file_read(path, SOURCES_MAX, &bytes));
	text = bytes.size ? xstrndup((const char *)bytes.data, bytes.size) : xstrdup("");
	rest = text;
	if (has_suffix(path, ".sources")) {
		parse_deb822(list, text);
		return NULL;
	}
	while ((line = strsep(&rest, "\n")))
		parse_one_line(list, line);
	return NULL;
}

/* In the order in which apt reads them.  A file that may not be read is no reason to stop
 * as long as another has what is wanted. */
static void read_all(struct source_list *list, const char *apt)
{
	_cleanup_free_ char *main_list = path_join(apt, "sources.list");
	_cleanup_free_ char *parts = path_join(apt, "sources.list.d");
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_closedir_ DIR *dir = opendir(parts);
	struct dirent *entry;

	error_ignore(read_file(list, main_list));
	while (dir && (entry = readdir(dir))) {
		if (has_suffix(entry->d_name, ".list") ||
		    has_suffix(entry->d_name, ".sources"))
			strv_push(&names, entry->d_name);
	}
	strv_sort(&names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(parts, names.items[i]);

		error_ignore(read_file(list, path));
	}
}

static bool has_word(const char *words, const char *word)
{
	_cleanup_strv_ struct strv split = { 0 };

	if (words)
		strv_split(words, " \t\r\n", &split);
	return strv_contains(&split, word);
}

/* The archive's name at the end of an address; mirror lists of cloud images are files
 * with the name: "mirror+file:/etc/apt/mirrors/debian.list". */
static bool uri_ends_in(const char *uri, const char *name)
{
	size_t end = strlen(uri), length = strlen(name);

	while (end && uri[end - 1] == '/')
		end--;
	if (end > 5 && strncmp(uri + end - 5, ".list", 5) == 0)
		end -= 5;
	return end > length && uri[end - length - 1] == '/' &&
	       strncmp(uri + end - length, name, length) == 0;
}

static bool is_debian(const struct source *source)
{
	if (!has_word(source->types, "deb") || !has_word(source->components, "main"))
		return false;
	if (source->enabled &&
	    (strcasecmp(source->enabled, "no") == 0 ||
	     strcasecmp(source->enabled, "false") == 0 || streq(source->enabled, "0")))
		return false;
	if (has_prefix(source->uris, "cdrom:"))
		return false;
	return (source->signed_by && strstr(source->signed_by, "debian-archive-")) ||
	       uri_ends_in(source->uris, "debian") ||
	       uri_ends_in(source->uris, "debian-security");
}

/* Of the whole archive, not of updates to it that live elsewhere. */
static bool is_base(const struct source *source)
{
	return is_debian(source) && !uri_ends_in(source->uris, "debian-security") &&
	       !strstr(source->suites, "-security");
}

static char *first_word(const char *words)
{
	words += strspn(words, " \t\r\n");
	return xstrndup(words, strcspn(words, " \t\r\n"));
}

static const struct source *find_base(const struct source_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (is_base(&list->items[i]))
			return &list->items[i];
	}
	return NULL;
}

static const struct source *find_suite(const struct source_list *list, const char *suite)
{
	for (size_t i = 0; suite && i < list->count; i++) {
		if (is_debian(&list->items[i]) && has_word(list->items[i].suites, suite))
			return &list->items[i];
	}
	return find_base(list);
}

static struct error *no_source(const char *apt)
{
	return error_hint(error_new(ERROR_MISSING,
				    "the apt sources in %s name no Debian archive", apt),
			  "name one with --mirror URL, or pass a kernel: -k FILE, -k "
			  "TREE, -k host");
}

static char *mirror_keys(const struct repository_options *options,
			 const struct source *source)
{
	if (options->keyring)
		return xstrdup(options->keyring);
	if (source && source->signed_by)
		return xstrdup(source->signed_by);
	return path_exists(DEBIAN_KEYRING) ? xstrdup(DEBIAN_KEYRING) : NULL;
}

struct error *repository_find(const struct repository_options *options,
			      struct repository *ret)
{
	_cleanup_(source_list_deinit) struct source_list list = { 0 };
	const char *apt = options->apt ? options->apt : "/etc/apt";
	const struct source *source;

	read_all(&list, apt);
	source = find_suite(&list, options->suite);
	if (!source && !options->mirror)
		return no_source(apt);
	*ret = (struct repository){
		.uri = options->mirror ? xstrdup(options->mirror)
				       : first_word(source->uris),
		.suite = options->suite ? xstrdup(options->suite)
			 : source	? first_word(source->suites)
					: xstrdup(DEFAULT_SUITE),
		.signed_by = options->mirror || options->keyring
				     ? mirror_keys(options, source)
			     : source->signed_by ? xstrdup(source->signed_by)
						 : NULL,
	};
	return NULL;
}
