// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables on stdout: colour and width are those of the terminal, if it is one. */
#include "cli/listing.h"

#include "os/tty.h"

struct table *listing_new(const char *name, const struct table_column *columns,
			  size_t column_count, bool json)
{
	struct table_options options = {
		.name = name,
		.columns = columns,
		.column_count = column_count,
		.json = json,
		.colour = !json && colour_wanted(STDOUT_FILENO),
	};
	unsigned short rows;

	if (!tty_size(STDOUT_FILENO, &rows, &options.width))
		options.width = 0;
	return table_new(&options);
}
