/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": of many names the one that a mistyped word is nearest to. */
#ifndef KLAB_LAB_NEAREST_H
#define KLAB_LAB_NEAREST_H

#include <limits.h>

/* `struct nearest n = nearest_to(word);`, offer each name, then n.name is the nearest
 * one, or NULL if none is near enough to have been meant.  Names are borrowed. */
struct nearest {
	const char *word;
	const char *name;
	unsigned int distance;
};

struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *nearest, const char *name);

#endif
