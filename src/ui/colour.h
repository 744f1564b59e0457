/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colour by meaning.  Whether there is any is asked once for each descriptor; all that
 * prints takes the answer as a bool, so that tests and files get plain text.
 */
#ifndef KLAB_UI_COLOUR_H
#define KLAB_UI_COLOUR_H

#include <stdbool.h>

enum colour {
	COLOUR_NONE,
	COLOUR_STRONG, /* names, headings */
	COLOUR_FAINT,  /* what may be skipped */
	COLOUR_GOOD,
	COLOUR_WARNING,
	COLOUR_BAD,
};

/* A terminal that understands control sequences (TERM neither unset nor "dumb"). */
bool colour_is_smart_terminal(int fd);
/* The same, unless NO_COLOR (no-color.org) is set to something. */
bool colour_wanted(int fd);

/* The control sequences; "" for COLOUR_NONE or if they are not wanted. */
const char *colour_on(bool wanted, enum colour colour);
const char *colour_off(bool wanted, enum colour colour);

#endif
