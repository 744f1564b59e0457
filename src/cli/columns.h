/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns on stdout, for lists that people read. */
#ifndef KLAB_CLI_COLUMNS_H
#define KLAB_CLI_COLUMNS_H

#include "base/text.h"

#define COLUMNS_MAX 12

/* `struct columns c = { .count = 3, .right = 1u << 2 };`, the titles as the first row. */
struct columns {
	size_t count;
	unsigned int right; /* bit n: column n is aligned to the right */
	struct strv cells;
};

/* count strings; NULL is "-". */
void columns_row(struct columns *columns, const char *const *cells);
#define COLUMNS_ROW(columns, ...) \
	columns_row((columns), (const char *const[]){ __VA_ARGS__ })
/* And empties it. */
void columns_print(struct columns *columns);

#endif
