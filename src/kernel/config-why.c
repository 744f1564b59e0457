// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kept an option from its value: something it depends on, something that selects
 * it, another member of its choice, or that nobody can set it by hand.
 */
#include "kernel/config-why.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/kconfig.h"
#include "os/file.h"

#define KCONFIG_FILE_MAX (4 << 20)
/* Of what selects an option; more would only be noise. */
#define NAMES_MAX 4

/* The Kconfig files of a tree. */
struct files {
	const struct kbuild *kbuild;
	struct bytes *items;
	size_t count, capacity;
};

static void files_deinit(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		bytes_deinit(&files->items[i]);
	free(files->items);
}

/* "arch/$(SRCARCH)/Kconfig"; other variables lead nowhere. */
static char *expanded(const char *path, const struct kbuild *kbuild)
{
	static const char variable[] = "$(SRCARCH)";
	const char *found = strstr(path, variable);

	if (!found)
		return path_join(kbuild->source, path);
	return xasprintf("%s/%.*s%s%s", kbuild->source, (int)(found - path), path,
			 kbuild->arch->kernel, found + strlen(variable));
}

static struct error *open_file(const char *path, const char **ret_text, size_t *ret_size,
			       void *argument)
{
	struct files *files = argument;
	_cleanup_free_ char *whole = expanded(path, files->kbuild);
	struct bytes bytes;
	struct error *err = file_read(whole, KCONFIG_FILE_MAX, &bytes);

	if (error_is_errno(err, ENOENT)) {
		error_ignore(err); /* kconfig itself complains where that is wrong */
		return NULL;
	}
	TRY(err);
	array_reserve(files->items, files->count, files->capacity);
	files->items[files->count++] = bytes;
	*ret_text = bytes.data ? (const char *)bytes.data : "";
	*ret_size = bytes.size;
	return NULL;
}

struct error *config_symbols(const struct kbuild *kbuild, struct kconfig_symbols *ret)
{
	_cleanup_(files_deinit) struct files files = { .kbuild = kbuild };
	const struct kconfig_source source = { .open = open_file, .argument = &files };

	return kconfig_symbols_read("Kconfig", &source, ret);
}

enum kconfig_type config_type(const struct kconfig_symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->count; i++) {
		const struct kconfig_definition *definition = &symbols->definitions[i];

		if (definition->type != KCONFIG_UNKNOWN && streq(definition->name, name))
			return definition->type;
	}
	return KCONFIG_UNKNOWN;
}

/* A .config, for expressions. */
struct values {
	const struct kconfig_symbols *symbols;
	const char *config;
	size_t size;
	char *last; /* what the last call gave */
};

static const char *value_of(const char *name, void *argument)
{
	struct values *values = argument;

	free(values->last);
	values->last = kconfig_get(values->config, values->size, name);
	if (!values->last && kconfig_find(values->symbols, name))
		values->last = xstrdup("n");
	return values->last;
}

static char *joined(const struct strv *words, const char *last)
{
	struct text text = { 0 };

	for (size_t i = 0; i < words->count; i++)
		text_appendf(&text, "%s%s",
			     !i			     ? ""
			     : i + 1 == words->count ? last
						     : ", ",
			     words->items[i]);
	return text_take(&text);
}

/* What its definitions lack.  Any one of them would do, so the one that lacks least. */
static void find_unmet(const char *name, char wanted, struct values *values,
		       bool *ret_prompt, struct strv *ret)
{
	bool first = true;

	*ret_prompt = false;
	for (size_t i = 0; i < values->symbols->count; i++) {
		const struct kconfig_definition *definition =
			&values->symbols->definitions[i];
		_cleanup_strv_ struct strv unmet = { 0 };

		if (!streq(definition->name, name))
			continue;
		*ret_prompt = *ret_prompt || definition->has_prompt;
		for (size_t j = 0; j < definition->conditions.count; j++)
			kconfig_unmet(definition->conditions.items[j], wanted, value_of,
				      values, &unmet);
		if (first || unmet.count < ret->count) {
			strv_deinit(ret);
			*ret = unmet;
			unmet = (struct strv){ 0 };
		}
		first = false;
	}
}

/* "it needs PCI and OF || ACPI". */
static char *say_unmet(const struct strv *unmet)
{
	_cleanup_free_ char *list = joined(unmet, " and ");

	return xasprintf("it needs %s", list);
}

/* What selects it; on: only what does now. */
static void find_selecting(const char *name, struct values *values, bool on,
			   struct strv *ret)
{
	for (size_t i = 0; i < values->symbols->select_count; i++) {
		const struct kconfig_select *select = &values->symbols->selects[i];
		const char *value;

		if (!streq(select->target, name) || strv_contains(ret, select->by))
			continue;
		value = on ? value_of(select->by, values) : NULL;
		if (on && (!value || streq(value, "n")))
			continue;
		if (on && select->condition &&
		    kconfig_evaluate(select->condition, value_of, values) == 'n')
			continue;
		if (ret->count < NAMES_MAX)
			strv_push(ret, select->by);
	}
}

/* Another one of its choice that is set, or NULL; the caller frees. */
static char *find_chosen(const char *name, struct values *values)
{
	const struct kconfig_definition *own = kconfig_find(values->symbols, name);

	for (size_t i = 0; own->choice && i < values->symbols->count; i++) {
		const struct kconfig_definition *other = &values->symbols->definitions[i];
		const char *value;

		if (other->choice != own->choice || streq(other->name, name))
			continue;
		value = value_of(other->name, values);
		if (value && streq(value, "y"))
			return xstrdup(other->name);
	}
	return NULL;
}

/* It is more than was asked for. */
static char *why_on(const char *name, struct values *values)
{
	_cleanup_strv_ struct strv by = { 0 }, unmet = { 0 };
	_cleanup_free_ char *list = NULL;
	bool prompt;

	find_selecting(name, values, true, &by);
	list = joined(&by, " and ");
	if (by.count)
		return xasprintf("%s select%s it", list, by.count == 1 ? "s" : "");
	find_unmet(name, 'm', values, &prompt, &unmet);
	if (unmet.count)
		return xasprintf("it can be turned off only with %s", unmet.items[0]);
	return prompt ? NULL : xstrdup("nobody can turn it off by hand");
}

static char *why_off(const char *name, char wanted, struct values *values)
{
	_cleanup_strv_ struct strv unmet = { 0 }, by = { 0 };
	_cleanup_free_ char *chosen = NULL, *list = NULL;
	bool prompt;

	find_unmet(name, wanted, values, &prompt, &unmet);
	if (unmet.count)
		return say_unmet(&unmet);
	if (!prompt) {
		find_selecting(name, values, false, &by);
		list = joined(&by, " or ");
		return by.count ? xasprintf("it cannot be set by hand: %s would select "
					    "it",
					    list)
				: xstrdup("it cannot be set by hand");
	}
	chosen = find_chosen(name, values);
	return chosen ? xasprintf("%s is set in its place", chosen) : NULL;
}

static bool is_tristate(const char *value)
{
	return streq(value, "y") || streq(value, "m") || streq(value, "n");
}

static char *why(const struct config_option *option, const char *value,
		 struct values *values)
{
	enum kconfig_type type = config_type(values->symbols, option->name);
	_cleanup_strv_ struct strv unmet = { 0 };
	bool prompt;

	if (type == KCONFIG_BOOL && streq(option->value, "m"))
		return xstrdup("it is y or n, never a module");
	if ((type == KCONFIG_BOOL || type == KCONFIG_TRISTATE) &&
	    !is_tristate(option->value))
		return xasprintf("it is y%s or n", type == KCONFIG_BOOL ? "" : ", m");
	if (type == KCONFIG_BOOL || type == KCONFIG_TRISTATE) {
		if (streq(option->value, "n") || streq(value, "y"))
			return why_on(option->name, values);
		return why_off(option->name, option->value[0], values);
	}
	find_unmet(option->name, 'm', values, &prompt, &unmet);
	if (unmet.count)
		return say_unmet(&unmet);
	return prompt ? xstrdup("it is out of its range, or not of its kind")
		      : xstrdup("it cannot be set by hand");
}

void config_explain(const struct config_request *request,
		    const struct kconfig_symbols *symbols, const char *config,
		    size_t size, struct config_result *result)
{
	struct values values = { .symbols = symbols, .config = config, .size = size };

	for (size_t i = 0; i < request->count; i++) {
		const struct config_option *option = &request->items[i];
		_cleanup_free_ char *value = kconfig_get(config, size, option->name);
		bool known = kconfig_find(symbols, option->name) != NULL;
		char *reason;

		if (!value)
			value = xstrdup("n");
		if (streq(value, option->value))
			continue;
		reason = known ? why(option, value, &values) : NULL;
		array_reserve(result->losses, result->loss_count, result->loss_capacity);
		result->losses[result->loss_count++] = (struct config_loss){
			.option = option,
			.value = take_ptr(value),
			.why = reason,
			.unknown = !known,
		};
	}
	free(values.last);
}
