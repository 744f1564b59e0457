/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option, written once: a row of a table says its name, its value, where the value
 * goes and its help.  The command line (cli/parse), the help, the manual pages, the
 * completions and the settings files and variables (settings.h) all walk these rows.
 */
#ifndef KLAB_LAB_OPTION_H
#define KLAB_LAB_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What a row sets, and so what is at its .offset. */
enum option_kind {
	OPTION_END,	 /* no row: the table ends */
	OPTION_TITLE,	 /* nothing: .help is the title of the rows below */
	OPTION_FLAG,	 /* bool */
	OPTION_COUNT,	 /* unsigned int: how often it was given */
	OPTION_CONSTANT, /* an enum, that becomes .constant */
	OPTION_CHOICE,	 /* an enum: the index in .choices */
	OPTION_STRING,	 /* char * */
	OPTION_LIST,	 /* struct strv: each use adds, an empty value empties */
	OPTION_NUMBER,	 /* unsigned int from .minimum to .maximum */
	OPTION_SIZE,	 /* uint64_t bytes; a bare number counts .unit */
	OPTION_DURATION, /* uint64_t milliseconds */
};

enum option_trait {
	OPTION_IS_SETTING = 1, /* also a key of klab.conf and a KLAB_ variable */
	/* As a setting it could run a program, or read or write files, of its author's
	 * choice: a project's klab.conf may hold it only if the user trusts it. */
	OPTION_IS_RESTRICTED = 2,
	OPTION_VALUE_OPTIONAL = 4, /* a string; "" without a value */
	OPTION_IS_VARIABLE = 8,	   /* no switch: .variable is its only name */
	OPTION_ONE_DASH = 16,	   /* may be written with one dash, as gdb's -ex */
};

/* What completes the value; choices complete themselves. */
enum option_values {
	OPTION_VALUES_NONE,
	OPTION_VALUES_FILES,
	OPTION_VALUES_DIRECTORIES,
	OPTION_VALUES_ARCHS,
	OPTION_VALUES_KERNELS,
	OPTION_VALUES_STORED, /* kernels */
	OPTION_VALUES_GUESTS,
	OPTION_VALUES_COMMANDS,
};

struct option_row {
	const char *name;     /* "memory": --memory, memory =, KLAB_MEMORY */
	char letter;	      /* 'm', or 0 */
	const char *argument; /* "SIZE"; NULL: takes no value */
	enum option_kind kind;
	unsigned int traits;
	size_t offset; /* in the struct that the table fills */
	unsigned int constant;
	const char *const *choices; /* NULL-terminated */
	uint64_t minimum, maximum;
	uint64_t unit;
	const char *variable; /* as kbuild's make takes it: "ARCH"; NULL: none */
	enum option_values values;
	/* A closer look at a string before it is taken; may be NULL. */
	struct error *(*check)(const char *value);
	const char *help; /* no full stop */
};

#define OPTION_ROWS_END            \
	{                          \
		.kind = OPTION_END \
	}
#define option_rows_for_each(row, rows) \
	for (const struct option_row *row = (rows); row && row->kind != OPTION_END; row++)

/* Give the row's value to the struct that its table fills.  value NULL: the option
 * stood without one.  A flag takes yes/no, true/false, on/off, 1/0.  The error says what
 * is wrong with the value; the caller puts before it where it stood. */
struct error *option_set(const struct option_row *row, void *target,
			 const char *value) _must_check_;
/* Free what option_set() allocated. */
void option_rows_deinit(const struct option_row *rows, void *target);

/* By long name, setting or variable; NULL if there is none. */
const struct option_row *option_find(const struct option_row *rows, const char *name);
const struct option_row *option_find_variable(const struct option_row *rows,
					      const char *variable);
/* "KLAB_BOOT_TIMEOUT"; the caller frees. */
char *option_environment_name(const struct option_row *row);

#endif
