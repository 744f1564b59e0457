/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables: one definition of columns gives aligned text for people and JSON for programs.
 * Cells are given as values; how a size or an address looks in either is known here.
 * Text of a guest may be put into cells as it is: it is made harmless.
 */
#ifndef KLAB_UI_TABLE_H
#define KLAB_UI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "ui/colour.h"

enum table_type {
	TABLE_TEXT,
	TABLE_NUMBER,  /* right-aligned */
	TABLE_SIZE,    /* bytes; "1.5 GiB" for people; right-aligned */
	TABLE_ADDRESS, /* 16 hexadecimal digits for people */
	TABLE_BOOL,    /* "yes" and "no" for people */
};

struct table_column {
	const char *title; /* for people: "SIZE"; NULL: only in the JSON */
	const char *key;   /* for programs: "size_bytes"; [a-z0-9_] */
	enum table_type type;
	enum colour colour;
	bool tree; /* rows with a parent are drawn as its branches; one column at most */
	bool wide; /* gives way on a narrow terminal: cut there, never elsewhere */
};

struct table_options {
	const struct table_column *columns; /* borrowed for the table's life */
	size_t column_count;
	const char *name; /* of the JSON member that holds the rows: "guests" */
	bool json;
	bool no_heading;
	bool colour;
	/* Of the terminal; 0: not one, as wide as it comes. */
	unsigned short width;
};

struct table;
struct table_row;

struct table *table_new(const struct table_options *options);
void table_free(struct table *table);
DEFINE_CLEANUP(struct table *, table_free)

/* A row of empty cells ("-", in JSON null), below parent or (NULL) at the top.  Borrowed;
 * a row of JSON nests its children as "children". */
struct table_row *table_add(struct table *table, struct table_row *parent);
/* Columns are numbered as in the definition.  A NULL text leaves the cell empty. */
void table_set_text(struct table *table, struct table_row *row, size_t column,
		    const char *text);
void table_set_textf(struct table *table, struct table_row *row, size_t column,
		     const char *fmt, ...) _printf_(4, 5);
/* For TABLE_NUMBER, TABLE_SIZE, TABLE_ADDRESS. */
void table_set_u64(struct table *table, struct table_row *row, size_t column,
		   uint64_t value);
void table_set_bool(struct table *table, struct table_row *row, size_t column,
		    bool value);
/* Colour of one cell, over that of its column. */
void table_set_colour(struct table *table, struct table_row *row, size_t column,
		      enum colour colour);

/* For people nothing at all if there are no rows; for programs always one object. */
struct error *table_print(struct table *table, FILE *file) _must_check_;
struct error *table_to_string(struct table *table, char **ret) _must_check_;

#endif
