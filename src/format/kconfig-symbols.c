// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading Kconfig files line by line.  Blocks (if, menu, choice) stay open across
 * `source`, as in kconfig, and their conditions become those of each symbol inside.
 */
#include "format/kconfig-symbols.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

#define SOURCE_DEPTH_MAX 64
#define SYMBOLS_MAX 1000000

struct block {
	struct strv conditions; /* of this block alone */
	unsigned int choice;	/* its number; 0: it is no choice */
};

struct reading {
	struct kconfig_symbols *symbols;
	const struct kconfig_source *source;
	struct block *blocks;
	size_t block_count, block_capacity;
	unsigned int depth;
	bool in_definition; /* else attributes are the block's */
	bool in_comment;    /* or a comment's, that is nobody's */
	size_t help_indent; /* of the help text that is being passed over; 0: none */
	bool in_help;
};

void kconfig_symbols_deinit(struct kconfig_symbols *symbols)
{
	for (size_t i = 0; i < symbols->count; i++) {
		free(symbols->definitions[i].name);
		strv_deinit(&symbols->definitions[i].conditions);
	}
	for (size_t i = 0; i < symbols->select_count; i++) {
		free(symbols->selects[i].target);
		free(symbols->selects[i].by);
		free(symbols->selects[i].condition);
	}
	free(symbols->definitions);
	free(symbols->selects);
	*symbols = (struct kconfig_symbols){ 0 };
}

const struct kconfig_definition *kconfig_find(const struct kconfig_symbols *symbols,
					      const char *name)
{
	for (size_t i = 0; i < symbols->count; i++) {
		if (streq(symbols->definitions[i].name, name))
			return &symbols->definitions[i];
	}
	return NULL;
}

static void open_block(struct reading *reading, const char *condition, bool choice)
{
	struct block block = { 0 };

	if (condition)
		strv_push(&block.conditions, condition);
	if (choice)
		block.choice = ++reading->symbols->choice_count;
	array_reserve(reading->blocks, reading->block_count, reading->block_capacity);
	reading->blocks[reading->block_count++] = block;
	reading->in_definition = false;
}

static void close_block(struct reading *reading)
{
	if (reading->block_count)
		strv_deinit(&reading->blocks[--reading->block_count].conditions);
	reading->in_definition = false;
}

static void define(struct reading *reading, const char *name)
{
	struct kconfig_symbols *symbols = reading->symbols;
	struct kconfig_definition definition = { .name = xstrdup(name) };

	for (size_t i = 0; i < reading->block_count; i++) {
		const struct block *block = &reading->blocks[i];

		strv_push_all(&definition.conditions,
			      (const char *const *)block->conditions.items);
		if (block->choice)
			definition.choice = block->choice;
	}
	array_reserve(symbols->definitions, symbols->count, symbols->capacity);
	symbols->definitions[symbols->count++] = definition;
	reading->in_definition = true;
}

/* What is behind the keyword, if the line begins with it. */
static const char *keyword(const char *line, const char *word)
{
	const char *rest = after_prefix(line, word);

	if (!rest || isalnum((unsigned char)*rest) || *rest == '_' || *rest == '-')
		return NULL;
	while (isspace((unsigned char)*rest))
		rest++;
	return rest;
}

/* Behind a string in quotes, which may stand at s. */
static const char *behind_string(const char *s)
{
	char quote = *s;

	if (quote != '"' && quote != '\'')
		return s;
	for (s++; *s && *s != quote; s++) {
		if (*s == '\\' && s[1])
			s++;
	}
	return *s ? s + 1 : s;
}

/* The expression of a trailing "if EXPRESSION", or NULL. */
static const char *trailing_if(const char *s)
{
	while (*s) {
		const char *rest;

		if (*s == '"' || *s == '\'') {
			s = behind_string(s);
			continue;
		}
		rest = isspace((unsigned char)*s) ? keyword(s + 1, "if") : NULL;
		if (rest)
			return rest;
		s++;
	}
	return NULL;
}

static struct strv *current_conditions(struct reading *reading)
{
	struct kconfig_symbols *symbols = reading->symbols;

	if (reading->in_comment)
		return NULL;
	if (reading->in_definition)
		return &symbols->definitions[symbols->count - 1].conditions;
	return reading->block_count
		       ? &reading->blocks[reading->block_count - 1].conditions
		       : NULL;
}

/* A prompt makes the symbol one that can be asked for, where its condition holds. */
static void take_prompt(struct reading *reading, const char *rest)
{
	struct kconfig_symbols *symbols = reading->symbols;
	struct kconfig_definition *definition;
	const char *condition;

	if (!reading->in_definition || (*rest != '"' && *rest != '\''))
		return;
	definition = &symbols->definitions[symbols->count - 1];
	definition->has_prompt = true;
	condition =
		keyword(behind_string(rest) + strspn(behind_string(rest), " \t"), "if");
	if (condition)
		strv_push(&definition->conditions, condition);
}

static void take_select(struct reading *reading, const char *rest)
{
	struct kconfig_symbols *symbols = reading->symbols;
	const char *condition = trailing_if(rest);

	if (!reading->in_definition)
		return;
	array_reserve(symbols->selects, symbols->select_count, symbols->select_capacity);
	symbols->selects[symbols->select_count++] = (struct kconfig_select){
		.target = xstrndup(rest, strcspn(rest, " \t")),
		.by = xstrdup(symbols->definitions[symbols->count - 1].name),
		.condition = condition ? xstrdup(condition) : NULL,
	};
}

static bool take_type(struct reading *reading, const char *line)
{
	static const struct {
		const char *word;
		enum kconfig_type type;
	} types[] = {
		{ "bool", KCONFIG_BOOL },
		{ "tristate", KCONFIG_TRISTATE },
		{ "string", KCONFIG_STRING },
		{ "int", KCONFIG_INT },
		{ "hex", KCONFIG_HEX },
		{ "def_bool", KCONFIG_BOOL },
		{ "def_tristate", KCONFIG_TRISTATE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *rest = keyword(line, types[i].word);

		if (!rest)
			continue;
		if (reading->in_definition)
			reading->symbols->definitions[reading->symbols->count - 1].type =
				types[i].type;
		take_prompt(reading, rest);
		return true;
	}
	return false;
}

static void take_attribute(struct reading *reading, const char *line)
{
	struct strv *conditions = current_conditions(reading);
	const char *rest;

	if ((rest = keyword(line, "depends")) && (rest = keyword(rest, "on"))) {
		if (conditions)
			strv_push(conditions, rest);
	} else if ((rest = keyword(line, "visible")) && (rest = keyword(rest, "if"))) {
		if (conditions)
			strv_push(conditions, rest);
	} else if ((rest = keyword(line, "select"))) {
		take_select(reading, rest);
	} else if ((rest = keyword(line, "prompt"))) {
		take_prompt(reading, rest);
	} else if (keyword(line, "help") || has_prefix(line, "---help---")) {
		reading->in_help = true;
		reading->help_indent = 0;
	} else {
		(void)take_type(reading, line);
	}
}

static struct error *read_file(struct reading *reading, const char *path);

static struct error *take_source(struct reading *reading, const char *rest)
{
	const char *end = behind_string(rest);
	_cleanup_free_ char *path = NULL;

	if (end - rest >= 2)
		path = xstrndup(rest + 1, (size_t)(end - rest) - 2);
	else
		path = xstrndup(rest, strcspn(rest, " \t"));
	reading->in_definition = false;
	return read_file(reading, path);
}

static struct error *take_line(struct reading *reading, const char *line)
{
	const char *rest;
	bool was_comment = reading->in_comment;

	reading->in_comment = false;
	if ((rest = keyword(line, "config")) || (rest = keyword(line, "menuconfig"))) {
		if (reading->symbols->count >= SYMBOLS_MAX)
			return error_new(ERROR_CORRUPT, "more than %d options",
					 SYMBOLS_MAX);
		define(reading, rest);
	} else if ((rest = keyword(line, "if"))) {
		open_block(reading, rest, false);
	} else if (keyword(line, "menu")) {
		open_block(reading, NULL, false);
	} else if (keyword(line, "choice")) {
		open_block(reading, NULL, true);
	} else if (keyword(line, "endif") || keyword(line, "endmenu") ||
		   keyword(line, "endchoice")) {
		close_block(reading);
	} else if (keyword(line, "comment")) {
		reading->in_definition = false;
		reading->in_comment = true;
	} else if ((rest = keyword(line, "source"))) {
		return take_source(reading, rest);
	} else {
		reading->in_comment = was_comment;
		take_attribute(reading, line);
	}
	return NULL;
}

static size_t indent_of(const char *line)
{
	size_t columns = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		columns = *line == '\t' ? (columns | 7) + 1 : columns + 1;
	return columns;
}

/* A help text ends before the first line that is indented less than its first one. */
static bool is_help(struct reading *reading, const char *line)
{
	size_t indent = indent_of(line);

	if (!reading->in_help)
		return false;
	if (!line[strspn(line, " \t")])
		return true;
	if (!reading->help_indent)
		reading->help_indent = indent;
	reading->in_help = indent && indent >= reading->help_indent;
	return reading->in_help;
}

/* Without what follows a '#' outside of strings, and without space at the end. */
static void cut_comment(struct text *line)
{
	const char *s = text_str(line);
	const char *p = s;

	while (*p && *p != '#')
		p = *p == '"' || *p == '\'' ? behind_string(p) : p + 1;
	while (p > s && isspace((unsigned char)p[-1]))
		p--;
	text_truncate(line, (size_t)(p - s));
}

static struct error *read_text(struct reading *reading, const char *text, size_t size)
{
	const char *end = text + size;
	_cleanup_text_ struct text line = { 0 };

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		const char *words;

		text_append_bytes(&line, text, length);
		text = newline ? newline + 1 : end;
		if (line.length && text < end && line.data[line.length - 1] == '\\') {
			text_truncate(&line, line.length - 1);
			continue;
		}
		if (!is_help(reading, text_str(&line))) {
			cut_comment(&line);
			words = text_str(&line) + strspn(text_str(&line), " \t");
			if (*words)
				TRY(take_line(reading, words));
		}
		text_truncate(&line, 0);
	}
	reading->in_help = false;
	return NULL;
}

static struct error *read_file(struct reading *reading, const char *path)
{
	const char *text = NULL;
	size_t size = 0;

	if (reading->depth >= SOURCE_DEPTH_MAX)
		return error_new(ERROR_CORRUPT, "%s: its files source each other", path);
	TRY(reading->source->open(path, &text, &size, reading->source->argument));
	if (!text)
		return NULL;
	reading->depth++;
	TRY(read_text(reading, text, size));
	reading->depth--;
	return NULL;
}

struct error *kconfig_symbols_read(const char *path, const struct kconfig_source *source,
				   struct kconfig_symbols *ret)
{
	struct kconfig_symbols symbols = { 0 };
	struct reading reading = { .symbols = &symbols, .source = source };
	struct error *err = read_file(&reading, path);

	while (reading.block_count)
		close_block(&reading);
	free(reading.blocks);
	if (err)
		kconfig_symbols_deinit(&symbols);
	else
		*ret = symbols;
	return err;
}
