// SPDX-License-Identifier: GPL-2.0-or-later
/* From a request to a .config; why options were lost is in config-why.c. */
#include "kernel/config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/kconfig.h"
#include "kernel/config-why.h"
#include "os/dirs.h"
#include "os/file.h"

#define CONFIG_MAX (4 << 20)
/* Where a new .config grows, beside its place. */
#define NEW_CONFIG ".klab-config"

void config_request_deinit(struct config_request *request)
{
	for (size_t i = 0; i < request->count; i++) {
		free(request->items[i].name);
		free(request->items[i].value);
		free(request->items[i].from);
	}
	free(request->items);
	free(request->start);
	*request = (struct config_request){ 0 };
}

void config_result_deinit(struct config_result *result)
{
	for (size_t i = 0; i < result->loss_count; i++) {
		free(result->losses[i].value);
		free(result->losses[i].why);
	}
	free(result->losses);
	free(result->began);
	*result = (struct config_result){ 0 };
}

/* Takes name and value. */
static void request_add(struct config_request *request, char *name, char *value,
			const char *from)
{
	struct config_option option = { .name = name,
					.value = value,
					.from = from ? xstrdup(from) : NULL };

	for (size_t i = 0; i < request->count; i++) {
		struct config_option *old = &request->items[i];

		if (!streq(old->name, name))
			continue;
		free(old->name);
		free(old->value);
		free(old->from);
		*old = option;
		return;
	}
	array_reserve(request->items, request->count, request->capacity);
	request->items[request->count++] = option;
}

struct error *config_request_word(struct config_request *request, const char *word)
{
	const char *bare = after_prefix(word, "CONFIG_");
	const char *name = bare ? bare : word;
	size_t length = strcspn(name, "=");
	const char *value = name + length + 1;
	size_t value_length;

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			length = 0;
	}
	if (!length || name[length] != '=' || strchr(value, '\n'))
		return error_hint(error_new(ERROR_USAGE, "\"%s\" sets no option", word),
				  "NAME=y, NAME=m, NAME=n, NAME=250, NAME=text");
	value_length = strlen(value);
	if (value_length >= 2 && *value == '"' && value[value_length - 1] == '"')
		request_add(request, xstrndup(name, length),
			    xstrndup(value + 1, value_length - 2), NULL);
	else
		request_add(request, xstrndup(name, length), xstrdup(value), NULL);
	return NULL;
}

/* "# start: allnoconfig" */
static void take_start(struct config_request *request, const char *text)
{
	const char *line = strstr(text, "\n# start: ");

	if (!line)
		return;
	line += strlen("\n# start: ");
	free(request->start);
	request->start = xstrndup(line, strcspn(line, " \t\n"));
}

static struct error *take_file(struct config_request *request, const char *path,
			       const char *name)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	size_t position = 0, found = 0;
	char *option, *value;

	TRY(file_read(path, CONFIG_MAX, &bytes));
	for (; kconfig_next((const char *)bytes.data, bytes.size, &position, &option,
			    &value);
	     found++)
		request_add(request, option, value, name);
	if (!found)
		return error_hint(error_new(ERROR_CORRUPT, "%s sets no option", path),
				  "a fragment has lines as .config: CONFIG_NAME=y, "
				  "# CONFIG_NAME is not set");
	take_start(request, (const char *)bytes.data);
	return NULL;
}

void config_fragments(struct strv *ret)
{
	_cleanup_free_ char *base = NULL, *directory = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	/* Where klab's data is missing there are none. */
	error_ignore(dirs_data_file("data/config/base.config", &base));
	directory = base ? path_parent(base) : NULL;
	dir = directory ? opendir(directory) : NULL;
	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (has_suffix(name, ".config") && !strchr(name, '-'))
			strv_push_take(ret,
				       xstrndup(name, strlen(name) - strlen(".config")));
	}
	strv_sort(ret);
}

static struct error *no_fragment(const char *name)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *list = NULL;

	config_fragments(&names);
	list = strv_join(&names, ", ");
	return error_hint(error_new(ERROR_NOT_FOUND, "klab has no fragment \"%s\"", name),
			  "one of %s; or a file: ./NAME", list);
}

struct error *config_request_fragment(struct config_request *request, const char *name,
				      const struct arch *arch)
{
	_cleanup_free_ char *own = xasprintf("data/config/%s.config", name);
	_cleanup_free_ char *also =
		xasprintf("data/config/%s-%s.config", name, arch->name);
	_cleanup_free_ char *path = NULL, *also_path = NULL;
	struct error *err;

	if (strchr(name, '/') || path_exists(name))
		return take_file(request, name, name);
	err = dirs_data_file(own, &path);
	if (err) {
		error_ignore(err); /* ours says more */
		return no_fragment(name);
	}
	TRY(take_file(request, path, name));
	err = dirs_data_file(also, &also_path);
	if (!err)
		return take_file(request, also_path, name);
	error_ignore(err); /* few have something for one architecture alone */
	return NULL;
}

static const struct config_option *requested(const struct config_request *request,
					     const char *name)
{
	for (size_t i = 0; i < request->count; i++) {
		if (streq(request->items[i].name, name))
			return &request->items[i];
	}
	return NULL;
}

static void append_option(struct text *text, const struct config_option *option,
			  const struct kconfig_symbols *symbols)
{
	enum kconfig_type type = config_type(symbols, option->name);

	if (streq(option->value, "n") && type != KCONFIG_STRING) {
		text_appendf(text, "# CONFIG_%s is not set\n", option->name);
		return;
	}
	text_appendf(text, "CONFIG_%s=", option->name);
	if (type != KCONFIG_STRING) {
		text_appendf(text, "%s\n", option->value);
		return;
	}
	text_append_char(text, '"');
	for (const char *p = option->value; *p; p++)
		text_appendf(text, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
	text_append(text, "\"\n");
}

/* The lines that the request does not speak of, then the request. */
static void merge(const struct bytes *old, const struct config_request *request,
		  const struct kconfig_symbols *symbols, struct text *ret)
{
	const char *config = (const char *)old->data;
	size_t position = 0, start = 0;
	char *name, *value;

	while (kconfig_next(config, old->size, &position, &name, &value)) {
		/* Comments before it go with it: olddefconfig writes them anew. */
		if (!requested(request, name))
			text_append_bytes(ret, config + start, position - start);
		start = position;
		free(name);
		free(value);
	}
	if (ret->length && ret->data[ret->length - 1] != '\n')
		text_append_char(ret, '\n');
	for (size_t i = 0; i < request->count; i++)
		append_option(ret, &request->items[i], symbols);
}

static struct error *start_file(const struct kbuild *kbuild, const char *target,
				const char *path)
{
	TRY(dir_make(kbuild->output, 0777));
	(void)unlink(path); /* of a klab that was killed */
	return kbuild_make_quietly(kbuild, target, path);
}

/* kconfig keeps the one before, and so do we. */
static struct error *publish(const struct kbuild *kbuild, const char *path)
{
	_cleanup_free_ char *old = xasprintf("%s.old", kbuild->config);

	(void)unlink(old);
	(void)link(kbuild->config, old); /* there may be none, or no links here */
	if (rename(path, kbuild->config) < 0)
		return error_os(errno, "putting %s into its place", kbuild->config);
	return NULL;
}

/* Fills the file at path: the .config that there will be. */
static struct error *prepare(const struct kbuild *kbuild,
			     const struct config_request *request, const char *start,
			     const struct kconfig_symbols *symbols, const char *path,
			     struct bytes *ret_before, struct bytes *ret_after)
{
	_cleanup_bytes_ struct bytes begin = { 0 };
	_cleanup_text_ struct text merged = { 0 };

	if (kbuild_is_configured(kbuild))
		TRY(file_read(kbuild->config, CONFIG_MAX, ret_before));
	if (start)
		TRY(start_file(kbuild, start, path));
	TRY(file_read(start ? path : kbuild->config, CONFIG_MAX, &begin));
	merge(&begin, request, symbols, &merged);
	TRY(file_write(path, text_str(&merged), merged.length, 0666));
	TRY(kbuild_make_quietly(kbuild, "olddefconfig", path));
	return file_read(path, CONFIG_MAX, ret_after);
}

static bool same(const struct bytes *a, const struct bytes *b)
{
	return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

/* With what kconfig leaves beside. */
static void remove_new(const char *path)
{
	_cleanup_free_ char *old = xasprintf("%s.old", path);

	(void)unlink(path);
	(void)unlink(old);
}

struct error *config_apply(const struct kbuild *kbuild,
			   const struct config_request *request, const char *start,
			   const struct kconfig_symbols *symbols,
			   struct config_result *ret)
{
	_cleanup_config_result_ struct config_result result = { 0 };
	_cleanup_free_ char *path = path_join(kbuild->output, NEW_CONFIG);
	_cleanup_bytes_ struct bytes before = { 0 }, after = { 0 };
	struct error *err;

	if (!start && !kbuild_is_configured(kbuild))
		start = request->start ? request->start : "defconfig";
	err = prepare(kbuild, request, start, symbols, path, &before, &after);
	if (!err && !same(&before, &after)) {
		result.changed = true;
		err = publish(kbuild, path);
	}
	remove_new(path);
	TRY(err);
	if (start)
		result.began = xstrdup(start);
	config_explain(request, symbols, (const char *)after.data, after.size, &result);
	*ret = result;
	result = (struct config_result){ 0 };
	return NULL;
}

struct error *config_generate(const struct kbuild *kbuild, const char *target,
			      char **ret_config)
{
	_cleanup_free_ char *path = path_join(kbuild->output, NEW_CONFIG);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct error *err = start_file(kbuild, target, path);

	if (!err)
		err = file_read(path, CONFIG_MAX, &bytes);
	remove_new(path);
	TRY(err);
	*ret_config = xstrndup((const char *)bytes.data, bytes.size);
	return NULL;
}
