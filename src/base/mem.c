// SPDX-License-Identifier: GPL-2.0-or-later
/* Allocation that does not fail. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _noreturn_ void out_of_memory(void)
{
	static const char message[] = "klab: out of memory\n";

	/* Nothing is left to report a failed write with. */
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	abort();
}

static void *checked(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	return checked(reallocarray(p, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

void *xmemdup(const void *p, size_t size)
{
	return memcpy(xcalloc(1, size), p, size);
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}
