// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * busybox keeps the names of its applets in one array, sorted, each ended by a NUL
 * (applet_names in its include/applet_tables.h, since 1.5): it searches it itself by
 * bisection.  The string "busybox" occurs in the binary a few times; around the right
 * one the strings ascend for a few hundred names, around the others for two or three.
 */
#include "image/applets.h"

#include <string.h>

#include "base/mem.h"

#define ANCHOR "\0busybox" /* with both NULs */
/* Every busybox that can run a guest has more. */
#define APPLETS_MIN 16
#define NAME_MAX_LENGTH 32

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '.' || c == '[';
}

/* The length of the applet's name at s, which is followed by a NUL; 0: it is none. */
static size_t name_length(const char *s, const char *end)
{
	size_t length = 0;

	if (s == end || !((*s >= 'a' && *s <= 'z') || *s == '['))
		return 0;
	while (s + length < end && is_name_char(s[length]))
		length++;
	if (s + length == end || s[length] || length > NAME_MAX_LENGTH)
		return 0;
	return length;
}

/* The name that ends in the NUL before s, or NULL. */
static const char *name_before(const char *begin, const char *s)
{
	const char *start;

	if (s == begin || s[-1])
		return NULL;
	for (start = s - 1; start > begin && is_name_char(start[-1]);)
		start--;
	if (start > begin && start[-1])
		return NULL;
	return name_length(start, s) ? start : NULL;
}

/* The ascending run of names around one; how many, and where the first is. */
static size_t run_around(const char *begin, const char *end, const char *name,
			 const char **ret_first)
{
	const char *first = name;
	const char *other;
	size_t count = 1;

	while ((other = name_before(begin, first)) && strcmp(other, first) < 0) {
		first = other;
		count++;
	}
	for (;;) {
		other = name + strlen(name) + 1;
		if (!name_length(other, end) || strcmp(name, other) >= 0)
			break;
		name = other;
		count++;
	}
	*ret_first = first;
	return count;
}

struct error *applets_find(const void *data, size_t size, struct strv *ret)
{
	const char *begin = data;
	const char *end = begin + size;
	const char *best = NULL;
	size_t best_count = 0;

	for (const char *p = begin; p && (size_t)(end - p) >= sizeof(ANCHOR);) {
		const char *first;
		size_t count;

		p = memmem(p, (size_t)(end - p), ANCHOR, sizeof(ANCHOR));
		if (!p)
			break;
		count = run_around(begin, end, ++p, &first);
		if (count > best_count) {
			best_count = count;
			best = first;
		}
	}
	if (best_count < APPLETS_MIN)
		return error_new(ERROR_UNSUPPORTED, "no table of applets in it");
	for (; best_count--; best += strlen(best) + 1)
		strv_push(ret, best);
	return NULL;
}
