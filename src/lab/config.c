// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking into configurations, and sentences about options. */
#include "lab/config.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/kconfig.h"
#include "lab/nearest.h"

#define NEAREST_MAX 3

void config_entries_deinit(struct config_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].name);
		free(entries->items[i].before);
		free(entries->items[i].after);
	}
	free(entries->items);
	*entries = (struct config_entries){ 0 };
}

static bool fits(const char *name, const char *pattern)
{
	const char *bare;

	if (!pattern)
		return true;
	bare = after_prefix(pattern, "CONFIG_");
	pattern = bare ? bare : pattern;
	if (!strpbrk(pattern, "*?["))
		return strcasestr(name, pattern) != NULL;
	return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
}

/* Takes the strings. */
static void add(struct config_entries *entries, char *name, char *before, char *after)
{
	array_reserve(entries->items, entries->count, entries->capacity);
	entries->items[entries->count++] =
		(struct config_entry){ .name = name, .before = before, .after = after };
}

void config_select(const char *config, size_t size, const char *pattern,
		   struct config_entries *ret)
{
	size_t position = 0;
	char *name, *value;

	while (kconfig_next(config, size, &position, &name, &value)) {
		if (fits(name, pattern)) {
			add(ret, name, NULL, value);
		} else {
			free(name);
			free(value);
		}
	}
}

static int by_name(const void *a, const void *b)
{
	const struct config_entry *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static void sort(struct config_entries *entries)
{
	if (entries->count > 1)
		qsort(entries->items, entries->count, sizeof(*entries->items), by_name);
}

static bool is_on(const char *value)
{
	return value && !streq(value, "n");
}

static void add_difference(struct config_entries *ret, const char *name,
			   const char *before, const char *after)
{
	if (!is_on(before) && !is_on(after))
		return;
	if (before && after && streq(before, after))
		return;
	add(ret, xstrdup(name), before ? xstrdup(before) : NULL,
	    after ? xstrdup(after) : NULL);
}

void config_compare(const char *before, size_t before_size, const char *after,
		    size_t after_size, struct config_entries *ret)
{
	_cleanup_config_entries_ struct config_entries old = { 0 }, new = { 0 };
	size_t i = 0, j = 0;

	config_select(before, before_size, NULL, &old);
	config_select(after, after_size, NULL, &new);
	sort(&old);
	sort(&new);
	while (i < old.count || j < new.count) {
		int order = i == old.count   ? 1
			    : j == new.count ? -1
					     : by_name(&old.items[i], &new.items[j]);

		if (order < 0)
			add_difference(ret, old.items[i].name, old.items[i].after, NULL);
		else if (order > 0)
			add_difference(ret, new.items[j].name, NULL, new.items[j].after);
		else
			add_difference(ret, old.items[i].name, old.items[i].after,
				       new.items[j].after);
		i += order <= 0;
		j += order >= 0;
	}
}

/* ", " between them, nothing if none is near. */
static char *nearest_names(const char *name, const struct kconfig_symbols *symbols)
{
	_cleanup_strv_ struct strv names = { 0 };

	while (names.count < NEAREST_MAX) {
		struct nearest nearest = nearest_to(name);

		for (size_t i = 0; i < symbols->count; i++) {
			if (!strv_contains(&names, symbols->definitions[i].name))
				nearest_offer(&nearest, symbols->definitions[i].name);
		}
		if (!nearest.name)
			break;
		strv_push(&names, nearest.name);
	}
	return strv_join(&names, ", ");
}

struct error *config_check_words(const struct config_request *request,
				 const struct kconfig_symbols *symbols)
{
	for (size_t i = 0; i < request->count; i++) {
		const struct config_option *option = &request->items[i];
		_cleanup_free_ char *names = NULL;
		struct error *err;

		if (option->from || kconfig_find(symbols, option->name))
			continue;
		names = nearest_names(option->name, symbols);
		err = error_new(ERROR_NOT_FOUND, "this kernel has no option CONFIG_%s",
				option->name);
		return *names ? error_hint(err, "%s", names) : err;
	}
	return NULL;
}

bool config_loss_matters(const struct config_loss *loss)
{
	return !loss->unknown || !loss->option->from;
}

char *config_loss_sentence(const struct config_loss *loss,
			   const struct kconfig_symbols *symbols)
{
	const struct config_option *option = loss->option;
	struct text text = { 0 };

	if (loss->unknown) {
		_cleanup_free_ char *names = nearest_names(option->name, symbols);

		text_appendf(&text, "this kernel has no option CONFIG_%s", option->name);
		if (*names)
			text_appendf(&text, " (but %s)", names);
	} else {
		text_appendf(&text, "CONFIG_%s is %s, not %s", option->name, loss->value,
			     option->value);
		if (loss->why)
			text_appendf(&text, ": %s", loss->why);
	}
	if (option->from)
		text_appendf(&text, " [%s]", option->from);
	return text_take(&text);
}
