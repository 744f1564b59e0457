// SPDX-License-Identifier: GPL-2.0-or-later
/* The growing string, and questions asked of strings. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

void text_deinit(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

static void text_reserve(struct text *text, size_t more)
{
	size_t needed = text->length + more + 1;
	size_t capacity = text->capacity ? text->capacity : 64;

	if (needed <= text->capacity)
		return;
	while (capacity < needed)
		capacity *= 2;
	text->data = xreallocarray(text->data, capacity, 1);
	text->capacity = capacity;
}

void text_append_bytes(struct text *text, const void *bytes, size_t size)
{
	text_reserve(text, size);
	if (size)
		memcpy(text->data + text->length, bytes, size);
	text->length += size;
	text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *s)
{
	text_append_bytes(text, s, strlen(s));
}

void text_append_char(struct text *text, char c)
{
	text_append_bytes(text, &c, 1);
}

void text_appendf(struct text *text, const char *fmt, ...)
{
	_cleanup_free_ char *piece = NULL;
	va_list args;

	va_start(args, fmt);
	piece = xvasprintf(fmt, args);
	va_end(args);
	text_append(text, piece);
}

void text_append_shell(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	if (*word && strspn(word, plain) == strlen(word)) {
		text_append(text, word);
		return;
	}
	text_append_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			text_append(text, "'\\''");
		else
			text_append_char(text, *word);
	}
	text_append_char(text, '\'');
}

/* The length of the well-formed UTF-8 sequence of printable meaning at s, else 0. */
static size_t utf8_length(const uint8_t *s, size_t size)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t length;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;
	code = s[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	/* No overlong forms, surrogates, or C1 controls (0x9b begins an escape). */
	if (code < smallest[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || code < 0xa0)
		return 0;
	return length;
}

void text_append_harmless(struct text *text, const char *bytes, size_t size)
{
	const uint8_t *s = (const uint8_t *)bytes;

	for (size_t i = 0; i < size;) {
		size_t length = utf8_length(s + i, size - i);

		if (length) {
			text_append_bytes(text, s + i, length);
			i += length;
			continue;
		}
		if ((s[i] >= 0x20 && s[i] < 0x7f) || s[i] == '\n' || s[i] == '\t')
			text_append_char(text, (char)s[i]);
		else
			text_appendf(text, "\\x%02x", s[i]);
		i++;
	}
}

void text_truncate(struct text *text, size_t length)
{
	if (length >= text->length)
		return;
	text->length = length;
	text->data[length] = '\0';
}

const char *text_str(const struct text *text)
{
	return text->data ? text->data : "";
}

char *text_take(struct text *text)
{
	char *data = text->data ? text->data : xstrdup("");

	*text = (struct text){ 0 };
	return data;
}

bool has_suffix(const char *s, const char *suffix)
{
	size_t length = strlen(s), tail = strlen(suffix);

	return length >= tail && streq(s + length - tail, suffix);
}

char *path_join(const char *directory, const char *name)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	while (*name == '/')
		name++;
	if (length == 1 && directory[0] == '/')
		length = 0;
	return xasprintf("%.*s/%s", (int)length, directory, name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

int version_compare(const char *a, const char *b)
{
	return strverscmp(a, b);
}

char *format_size(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return xasprintf("%llu B", (unsigned long long)bytes);
	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	return xasprintf(value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
