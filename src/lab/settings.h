/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the settings mean, and which wins.  From weak to strong: the defaults, the user's
 * klab.conf (~/.config/klab), the nearest klab.conf from the working directory upwards
 * (the project's), kbuild's variables (ARCH, O...), KLAB_* variables, the command line.
 * Lists of a stronger place are added to those of a weaker one; an empty value empties.
 *
 * A project's file comes with a tree that may be a stranger's:
 *  - one that is not the user's (or root's), or that others may write, is not read; a
 *    note says so;
 *  - restricted keys (option.h: they choose programs to run, or files of the host that
 *    are read or written) are refused in it, unless its directory is at or below one
 *    that a `trust = DIR` line of the user's own file names.  Owning the file is not
 *    enough for these: a cloned tree belongs to whoever cloned it.
 */
#ifndef KLAB_LAB_SETTINGS_H
#define KLAB_LAB_SETTINGS_H

#include "lab/option.h"
#include "lab/options.h"
#include "store/store.h"

#define SETTINGS_FILE "klab.conf"

/* What has been set, and by whom. */
struct setting {
	const struct option_row *row;
	char *value;
	char *source; /* "/home/me/.config/klab/klab.conf:3", "KLAB_MEMORY",
			 "the command line" */
};

struct settings {
	struct guest_options guest;
	struct archive_options archive;
	uint64_t store_budget; /* bytes */
	struct strv trust;     /* directories */

	struct setting *effective; /* in the order they were set */
	size_t effective_count;
	size_t effective_capacity;
	struct strv notes; /* sentences that the user should see */
};

/* Where to look; tests put their own. */
struct settings_places {
	const char *user_file; /* NULL: the user's */
	const char *directory; /* where the search upwards begins; NULL: working dir. */
	char *const *environment; /* NULL: ours */
};

void settings_init(struct settings *settings);
void settings_deinit(struct settings *settings);
#define _cleanup_settings_ _cleanup_(settings_deinit)
/* Files and environment, onto initialised settings.  places may be NULL. */
struct error *settings_load(struct settings *settings,
			    const struct settings_places *places) _must_check_;
/* One more, stronger than all before. */
struct error *settings_set(struct settings *settings, const struct option_row *row,
			   const char *value, const char *source) _must_check_;

/* The tables whose rows settings_set() takes, in the order of the help; rows NULL ends. */
struct settings_table {
	unsigned int set; /* enum options_set; 0: of settings alone */
	const struct option_row *rows;
	size_t offset; /* of the struct they fill, in struct settings */
};
const struct settings_table *settings_tables(void);
#define settings_for_each(table, row)                                             \
	for (const struct settings_table *table = settings_tables(); table->rows; \
	     table++)                                                             \
	option_rows_for_each(row, table->rows)
/* The row of a key, NULL if it is not a setting. */
const struct option_row *settings_find(const char *name);
/* Who set this last; NULL: nobody, it has its default. */
const char *settings_source(const struct settings *settings, const char *name);

#endif
