/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation that does not fail: for objects whose size klab itself decides.  When memory
 * runs out they print one line and abort.  Sizes that come from outside are checked
 * against a limit first.
 */
#ifndef KLAB_BASE_MEM_H
#define KLAB_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t size) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) _printf_(1, 2) __attribute__((returns_nonnull));
char *xvasprintf(const char *fmt, va_list args) _printf_(1, 0)
	__attribute__((returns_nonnull));

/* One zeroed object. */
#define xnew(type) ((type *)xcalloc(1, sizeof(type)))

/* Make room for one more element behind items[count]: amortised doubling. */
#define array_reserve(items, count, capacity)                                           \
	do {                                                                            \
		if ((count) == (capacity)) {                                            \
			(capacity) = (capacity) ? (capacity)*2 : 8;                     \
			(items) = xreallocarray((items), (capacity), sizeof(*(items))); \
		}                                                                       \
	} while (0)

#endif
