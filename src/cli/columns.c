// SPDX-License-Identifier: GPL-2.0-or-later
/* Aligned columns: as wide as their widest cell, two blanks between. */
#include "cli/columns.h"

#include <stdio.h>

void columns_row(struct columns *columns, const char *const *cells)
{
	for (size_t i = 0; i < columns->count; i++) {
		_cleanup_text_ struct text cell = {};
		const char *s = cells[i] ? cells[i] : "-";

		/* Names of files and of what strangers packed: nothing for the terminal. */
		text_append_harmless(&cell, s, strlen(s));
		strv_push_take(&columns->cells, text_take(&cell));
	}
}

static void print_cell(const struct columns *columns, size_t at, int width)
{
	size_t column = at % columns->count;
	bool last = column + 1 == columns->count;
	const char *cell = columns->cells.items[at];

	if (columns->right & 1u << column)
		printf("%*s", width, cell);
	else if (last)
		fputs(cell, stdout);
	else
		printf("%-*s", width, cell);
	fputs(last ? "\n" : "  ", stdout);
}

void columns_print(struct columns *columns)
{
	int widths[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < columns->cells.count; i++) {
		int *width = &widths[i % columns->count];

		*width = MAX(*width, (int)strlen(columns->cells.items[i]));
	}
	for (size_t i = 0; i < columns->cells.count; i++)
		print_cell(columns, i, widths[i % columns->count]);
	strv_deinit(&columns->cells);
}
