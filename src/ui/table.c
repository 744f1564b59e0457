// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables over libsmartcols, which does the alignment, the trees and the JSON's syntax. */
#include "ui/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols.h>

#include "base/mem.h"
#include "base/text.h"

struct table {
	struct table_options options;
	struct libscols_table *lines;
	int err; /* first negative errno of the library; table_print() returns it */
};

static const struct {
	int flags;
	int json_type;
} types[] = {
	[TABLE_TEXT] = { .json_type = SCOLS_JSON_STRING },
	[TABLE_NUMBER] = { .flags = SCOLS_FL_RIGHT, .json_type = SCOLS_JSON_NUMBER },
	[TABLE_SIZE] = { .flags = SCOLS_FL_RIGHT, .json_type = SCOLS_JSON_NUMBER },
	[TABLE_ADDRESS] = { .json_type = SCOLS_JSON_NUMBER },
	[TABLE_BOOL] = { .json_type = SCOLS_JSON_BOOLEAN },
};

static void table_check(struct table *table, int r)
{
	if (r < 0 && !table->err)
		table->err = r;
}

static void add_column(struct table *table, const struct table_column *column)
{
	bool json = table->options.json;
	const char *name = json || !column->title ? column->key : column->title;
	struct libscols_column *added;
	int flags = types[column->type].flags;

	if (!json && !column->title)
		flags |= SCOLS_FL_HIDDEN;
	if (column->tree)
		flags |= SCOLS_FL_TREE;
	if (column->wide)
		flags |= SCOLS_FL_TRUNC;
	added = scols_table_new_column(table->lines, name, 0, flags);
	if (!added) {
		table_check(table, -ENOMEM);
		return;
	}
	table_check(table,
		    scols_column_set_json_type(added, types[column->type].json_type));
	if (table->options.colour && column->colour != COLOUR_NONE)
		table_check(table,
			    scols_column_set_color(added,
						   colour_on(true, column->colour)));
}

/* The width is said, not asked of stdout: the caller knows where the table goes. */
static void set_terminal(struct table *table)
{
	unsigned short width = table->options.width;

	table_check(table, scols_table_set_termforce(table->lines,
						     width ? SCOLS_TERMFORCE_ALWAYS
							   : SCOLS_TERMFORCE_NEVER));
	if (width)
		table_check(table, scols_table_set_termwidth(table->lines, width));
}

struct table *table_new(const struct table_options *options)
{
	struct table *table = xnew(struct table);

	table->options = *options;
	table->lines = scols_new_table();
	if (!table->lines) {
		table->err = -ENOMEM;
		return table;
	}
	set_terminal(table);
	table_check(table, scols_table_enable_json(table->lines, options->json));
	table_check(table,
		    scols_table_enable_noheadings(table->lines, options->no_heading));
	table_check(table, scols_table_enable_colors(table->lines, options->colour));
	table_check(table, scols_table_set_name(table->lines, options->name));
	for (size_t i = 0; i < options->column_count; i++)
		add_column(table, &options->columns[i]);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->lines);
	free(table);
}

/* Our row is the library's line under a name of its own. */
static struct libscols_line *line_of(struct table_row *row)
{
	return (struct libscols_line *)row;
}

static void set_cell(struct table *table, struct table_row *row, size_t column,
		     const char *data)
{
	if (row)
		table_check(table, scols_line_set_data(line_of(row), column, data));
}

struct table_row *table_add(struct table *table, struct table_row *parent)
{
	struct libscols_line *line = NULL;

	if (table->lines)
		line = scols_table_new_line(table->lines, line_of(parent));
	if (!line) {
		table_check(table, -ENOMEM);
		return NULL;
	}
	for (size_t i = 0; i < table->options.column_count && !table->options.json; i++)
		set_cell(table, (struct table_row *)line, i, "-");
	return (struct table_row *)line;
}

/* The library escapes control characters as JSON has it, but lets pass what is no UTF-8. */
static void append_for_json(struct text *text, const char *s)
{
	while (*s) {
		size_t length = 0;

		while (s[length] && !iscntrl((unsigned char)s[length]))
			length++;
		text_append_harmless(text, s, length);
		s += length;
		if (*s)
			text_append_char(text, *s++);
	}
}

void table_set_text(struct table *table, struct table_row *row, size_t column,
		    const char *text)
{
	_cleanup_text_ struct text safe = { 0 };

	if (!text)
		return;
	/* The library makes the rest harmless by itself, newlines and tabs too. */
	if (table->options.json)
		append_for_json(&safe, text);
	set_cell(table, row, column, table->options.json ? text_str(&safe) : text);
}

void table_set_textf(struct table *table, struct table_row *row, size_t column,
		     const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	table_set_text(table, row, column, text);
}

void table_set_u64(struct table *table, struct table_row *row, size_t column,
		   uint64_t value)
{
	enum table_type type = table->options.columns[column].type;
	_cleanup_free_ char *text = NULL;

	if (type == TABLE_SIZE && !table->options.json)
		text = format_size(value);
	else if (type == TABLE_ADDRESS && !table->options.json)
		text = xasprintf("%016llx", (unsigned long long)value);
	else
		text = xasprintf("%llu", (unsigned long long)value);
	set_cell(table, row, column, text);
}

void table_set_bool(struct table *table, struct table_row *row, size_t column, bool value)
{
	/* The library makes true and false of these. */
	if (table->options.json)
		set_cell(table, row, column, value ? "1" : "0");
	else
		set_cell(table, row, column, value ? "yes" : "no");
}

void table_set_colour(struct table *table, struct table_row *row, size_t column,
		      enum colour colour)
{
	struct libscols_cell *cell;

	if (!row || !table->options.colour)
		return;
	cell = scols_line_get_cell(line_of(row), column);
	if (cell)
		table_check(table, scols_cell_set_color(cell, colour_on(true, colour)));
}

struct error *table_to_string(struct table *table, char **ret)
{
	char *text = NULL;

	if (!table->err)
		table_check(table, scols_print_table_to_string(table->lines, &text));
	if (table->err) {
		free(text);
		return error_os(-table->err, "making a table");
	}
	/* Whether the last line ends is up to the library's version and mode. */
	if (text && *text && !has_suffix(text, "\n"))
		*ret = xasprintf("%s\n", text);
	else
		*ret = xstrdup(text ? text : "");
	free(text);
	return NULL;
}

struct error *table_print(struct table *table, FILE *file)
{
	_cleanup_free_ char *text = NULL;

	TRY(table_to_string(table, &text));
	/* A full disk or a closed pipe shows when the caller flushes. */
	(void)fputs(text, file);
	return NULL;
}
