// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of option tables: giving their values to structs, finding them by name. */
#include "lab/option.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

static struct error *parse_flag(const char *value, bool *ret)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "true", true },   { "on", true },   { "1", true },
		{ "no", false }, { "false", false }, { "off", false }, { "0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(value, words[i].word) == 0) {
			*ret = words[i].value;
			return NULL;
		}
	}
	return error_new(ERROR_USAGE, "\"%s\" is neither yes nor no", value);
}

static struct error *parse_choice(const struct option_row *row, const char *value,
				  unsigned int *ret)
{
	_cleanup_text_ struct text all = {};

	for (unsigned int i = 0; row->choices[i]; i++) {
		if (streq(value, row->choices[i])) {
			*ret = i;
			return NULL;
		}
		text_appendf(&all, "%s%s", i ? ", " : "", row->choices[i]);
	}
	return error_new(ERROR_USAGE, "\"%s\" is not one of %s", value, text_str(&all));
}

static struct error *set_string(const struct option_row *row, char **at,
				const char *value)
{
	if (row->check)
		TRY(row->check(value));
	free(*at);
	*at = xstrdup(value);
	return NULL;
}

static struct error *set_list(const struct option_row *row, struct strv *at,
			      const char *value)
{
	if (!*value) {
		strv_deinit(at);
		*at = (struct strv){};
		return NULL;
	}
	if (row->check)
		TRY(row->check(value));
	strv_push(at, value);
	return NULL;
}

static struct error *set_number(const struct option_row *row, unsigned int *at,
				const char *value)
{
	uint64_t number;

	TRY(parse_u64(value, row->minimum, row->maximum, &number));
	*at = (unsigned int)number;
	return NULL;
}

struct error *option_set(const struct option_row *row, void *target, const char *value)
{
	void *at = (char *)target + row->offset;
	bool on = true;

	switch (row->kind) {
	case OPTION_END:
	case OPTION_TITLE:
		return NULL;
	case OPTION_FLAG:
		return value ? parse_flag(value, at) : (*(bool *)at = true, NULL);
	case OPTION_COUNT:
		*(unsigned int *)at += 1;
		return NULL;
	case OPTION_CONSTANT:
		if (value)
			TRY(parse_flag(value, &on));
		*(unsigned int *)at = on ? row->constant : 0;
		return NULL;
	case OPTION_CHOICE:
		return parse_choice(row, value, at);
	case OPTION_STRING:
		return set_string(row, at, value ? value : "");
	case OPTION_LIST:
		return set_list(row, at, value);
	case OPTION_NUMBER:
		return set_number(row, at, value);
	case OPTION_SIZE:
		return parse_size(value, row->unit ? row->unit : 1, at);
	case OPTION_DURATION:
		return parse_duration(value, at);
	}
	return NULL;
}

void option_rows_deinit(const struct option_row *rows, void *target)
{
	option_rows_for_each(row, rows)
	{
		void *at = (char *)target + row->offset;

		if (row->kind == OPTION_STRING) {
			free(*(char **)at);
			*(char **)at = NULL;
		} else if (row->kind == OPTION_LIST) {
			strv_deinit(at);
			*(struct strv *)at = (struct strv){};
		}
	}
}

const struct option_row *option_find(const struct option_row *rows, const char *name)
{
	option_rows_for_each(row, rows)
	{
		if (row->name && !(row->traits & OPTION_IS_VARIABLE) &&
		    streq(row->name, name))
			return row;
	}
	return NULL;
}

const struct option_row *option_find_variable(const struct option_row *rows,
					      const char *variable)
{
	option_rows_for_each(row, rows)
	{
		if (row->variable && streq(row->variable, variable))
			return row;
	}
	return NULL;
}

char *option_environment_name(const struct option_row *row)
{
	char *name = xasprintf("KLAB_%s", row->name);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}
