// SPDX-License-Identifier: GPL-2.0-or-later
/* Vectors of strings: command lines and environments. */
#include <stdarg.h>

#include "base/mem.h"
#include "base/text.h"

void strv_deinit(struct strv *strv)
{
	for (size_t i = 0; i < strv->count; i++)
		free(strv->items[i]);
	free(strv->items);
	*strv = (struct strv){ 0 };
}

void strv_push_take(struct strv *strv, char *s)
{
	if (strv->count + 2 > strv->capacity) {
		strv->capacity = strv->capacity ? strv->capacity * 2 : 8;
		strv->items =
			xreallocarray(strv->items, strv->capacity, sizeof(*strv->items));
	}
	strv->items[strv->count++] = s;
	strv->items[strv->count] = NULL;
}

void strv_push(struct strv *strv, const char *s)
{
	strv_push_take(strv, xstrdup(s));
}

void strv_pushf(struct strv *strv, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strv_push_take(strv, xvasprintf(fmt, args));
	va_end(args);
}

void strv_push_all(struct strv *strv, const char *const *items)
{
	strv_insert_all(strv, strv->count, items);
}

void strv_insert_all(struct strv *strv, size_t at, const char *const *items)
{
	for (size_t i = 0; items && items[i]; i++) {
		char *s = xstrdup(items[i]);

		strv_push_take(strv, s);
		memmove(strv->items + at + i + 1, strv->items + at + i,
			(strv->count - 1 - at - i) * sizeof(*strv->items));
		strv->items[at + i] = s;
	}
}

bool strv_contains(const struct strv *strv, const char *s)
{
	for (size_t i = 0; i < strv->count; i++)
		if (streq(strv->items[i], s))
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *strv)
{
	if (strv->count)
		qsort(strv->items, strv->count, sizeof(*strv->items), compare_strings);
}

char *const *strv_argv(const struct strv *strv)
{
	static char *const empty[] = { NULL };

	return strv->items ? strv->items : empty;
}

char *strv_shell(const struct strv *strv)
{
	_cleanup_text_ struct text line = { 0 };

	for (size_t i = 0; i < strv->count; i++) {
		if (i)
			text_append_char(&line, ' ');
		text_append_shell(&line, strv->items[i]);
	}
	return text_take(&line);
}

char *strv_join(const struct strv *strv, const char *separator)
{
	_cleanup_text_ struct text line = { 0 };

	for (size_t i = 0; i < strv->count; i++) {
		if (i)
			text_append(&line, separator);
		text_append(&line, strv->items[i]);
	}
	return text_take(&line);
}

void strv_split(const char *s, const char *separators, struct strv *ret)
{
	while (*(s += strspn(s, separators))) {
		size_t length = strcspn(s, separators);

		strv_push_take(ret, xstrndup(s, length));
		s += length;
	}
}

/* One word of a shell line, from *s on; advances *s. */
static struct error *shell_word(const char **s, struct text *word)
{
	char quote = 0;

	for (; **s; (*s)++) {
		char c = **s;

		if (quote && c == quote) {
			quote = 0;
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
		} else if (c == '\\' && quote != '\'') {
			if (!*++*s)
				return error_new(ERROR_USAGE, "nothing follows the \\");
			/* Within "" only these lose their backslash. */
			if (quote && !strchr("\"\\$`", **s))
				text_append_char(word, '\\');
			text_append_char(word, **s);
		} else if (!quote && strchr(" \t\n", c)) {
			return NULL;
		} else {
			text_append_char(word, c);
		}
	}
	return quote ? error_new(ERROR_USAGE, "a %c is not closed", quote) : NULL;
}

struct error *strv_split_shell(const char *line, struct strv *ret)
{
	_cleanup_strv_ struct strv words = { 0 };

	while (*(line += strspn(line, " \t\n"))) {
		_cleanup_text_ struct text word = { 0 };

		TRY(shell_word(&line, &word));
		strv_push_take(&words, text_take(&word));
	}
	strv_push_all(ret, (const char *const *)words.items);
	return NULL;
}
