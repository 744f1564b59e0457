// SPDX-License-Identifier: GPL-2.0-or-later
/* The control sequences (ECMA-48 SGR): of the 16 colours only what every theme can show. */
#include "ui/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sequences[] = {
	[COLOUR_NONE] = "",
	[COLOUR_STRONG] = "\033[1m",
	[COLOUR_FAINT] = "\033[2m",
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_WARNING] = "\033[33m",
	[COLOUR_BAD] = "\033[1;31m",
};

bool colour_is_smart_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool colour_wanted(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return colour_is_smart_terminal(fd) && !(no_color && *no_color);
}

const char *colour_on(bool wanted, enum colour colour)
{
	return wanted ? sequences[colour] : "";
}

const char *colour_off(bool wanted, enum colour colour)
{
	return wanted && colour != COLOUR_NONE ? "\033[0m" : "";
}
