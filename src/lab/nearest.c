// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The nearest name by edit distance: insertions, deletions, replacements, and swaps of
 * neighbours (optimal string alignment), since those are how fingers slip.
 */
#include "lab/nearest.h"

#include <string.h>

#include "base/cleanup.h"

#define WORD_MAX 40 /* longer words are nobody's typing mistake */

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	return MIN(MIN(a, b), c);
}

static unsigned int edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned int j = 0; j <= m; j++)
		above[j] = j;
	for (unsigned int i = 1; i <= n; i++) {
		unsigned int *oldest = before;

		row[0] = i;
		for (unsigned int j = 1; j <= m; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[m];
}

struct nearest nearest_to(const char *word)
{
	return (struct nearest){ .word = word, .distance = UINT_MAX };
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	size_t n = strlen(nearest->word), m = strlen(name);
	unsigned int distance;

	if (n > WORD_MAX || m > WORD_MAX)
		return;
	distance = edit_distance(nearest->word, n, name, m);
	/* One slip in three letters is a slip; more is another word. */
	if (distance < nearest->distance && distance <= 1 + MAX(n, m) / 4) {
		nearest->distance = distance;
		nearest->name = name;
	}
}
