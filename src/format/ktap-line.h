/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to ktap.c: what one line of a test report says. */
#ifndef KLAB_FORMAT_KTAP_LINE_H
#define KLAB_FORMAT_KTAP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ktap_kind {
	KTAP_LINE_OTHER,
	KTAP_LINE_VERSION,
	KTAP_LINE_PLAN,	  /* 1..number */
	KTAP_LINE_RESULT, /* ok, number, name */
	KTAP_LINE_BAIL,	  /* name is the reason */
};

enum ktap_directive { KTAP_DIRECTIVE_NONE, KTAP_DIRECTIVE_SKIP, KTAP_DIRECTIVE_EXPECTED };

struct ktap_line {
	enum ktap_kind kind;
	bool ok;
	bool numbered;
	uint64_t number;
	enum ktap_directive directive;
	const char *name; /* borrowed from the line, not terminated */
	size_t name_size;
};

/* s is what stands behind the indentation; a line that looks like none of these is
 * KTAP_LINE_OTHER. */
void ktap_line_read(const char *s, struct ktap_line *ret);
/* Behind "<6>[    1.234567][   T42] " of the kernel's log, with one space. */
const char *ktap_skip_stamps(const char *s);

#endif
