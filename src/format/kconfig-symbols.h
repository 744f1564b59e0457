/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the Kconfig files of a kernel say of its options: which there are, what each
 * depends on, and what selects it.  Enough to tell why an option did not get its value;
 * kconfig itself (scripts/kconfig) decides about values.
 *
 * Source: Linux, Documentation/kbuild/kconfig-language.rst.
 */
#ifndef KLAB_FORMAT_KCONFIG_SYMBOLS_H
#define KLAB_FORMAT_KCONFIG_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum kconfig_type {
	KCONFIG_UNKNOWN, /* said at another definition of the symbol */
	KCONFIG_BOOL,
	KCONFIG_TRISTATE,
	KCONFIG_STRING,
	KCONFIG_INT,
	KCONFIG_HEX,
};

/* One `config NAME`; a symbol may have several. */
struct kconfig_definition {
	char *name;
	enum kconfig_type type;
	bool has_prompt;	/* else only defaults and `select` set it */
	struct strv conditions; /* expressions; all must hold: its own and its blocks' */
	unsigned int choice;	/* its choice's number; 0: it is in none */
};

struct kconfig_select {
	char *target;
	char *by;
	char *condition; /* NULL: always, when `by` is set */
};

struct kconfig_symbols {
	struct kconfig_definition *definitions;
	size_t count, capacity;
	struct kconfig_select *selects;
	size_t select_count, select_capacity;
	unsigned int choice_count;
};

/* What `source "PATH"` brings, its variables not expanded.  The text must live until the
 * call returns; NULL text: there is nothing there, which is no error. */
struct kconfig_source {
	struct error *(*open)(const char *path, const char **ret_text, size_t *ret_size,
			      void *argument);
	void *argument;
};

/* Reads the file at path, by source->open, and all that it sources.  What is not known of
 * the language is passed over; ERROR_CORRUPT for files that source each other. */
struct error *kconfig_symbols_read(const char *path, const struct kconfig_source *source,
				   struct kconfig_symbols *ret) _must_check_;
void kconfig_symbols_deinit(struct kconfig_symbols *symbols);
#define _cleanup_kconfig_symbols_ _cleanup_(kconfig_symbols_deinit)

/* The first definition, or NULL. */
const struct kconfig_definition *kconfig_find(const struct kconfig_symbols *symbols,
					      const char *name);

/* "y", "m", a number, a string; NULL: no such option.  Borrowed until the next call. */
typedef const char *(*kconfig_value_fn)(const char *name, void *argument);

/* The value of an expression: 'y', 'm' or 'n'.  What the compiler is asked, $(…), counts as
 * y. */
char kconfig_evaluate(const char *expression, kconfig_value_fn value, void *argument);
/* The operands of && that are below `wanted`, each as it stands there and with what is the
 * matter: "PCI", "!EXPERT", "OF || ACPI". */
void kconfig_unmet(const char *expression, char wanted, kconfig_value_fn value,
		   void *argument, struct strv *ret);

#endif
