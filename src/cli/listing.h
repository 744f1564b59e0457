/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table (ui/table) as commands print it: on stdout, for people or, with --json, for
 * programs. */
#ifndef KLAB_CLI_LISTING_H
#define KLAB_CLI_LISTING_H

#include "ui/table.h"

/* columns is borrowed for the table's life; name is of the rows in the JSON. */
struct table *listing_new(const char *name, const struct table_column *columns,
			  size_t column_count, bool json);

#endif
