// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a .config line by line, as scripts/kconfig/confdata.c of Linux writes it:
 *
 *	CONFIG_PVH=y
 *	CONFIG_LOCALVERSION="-\"quoted\""
 *	# CONFIG_KASAN is not set
 */
#include "format/kconfig.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "format/decompress.h"

/* Around the gzip'ed .config in kernel/configs.c of Linux. */
#define IKCONFIG_START "IKCFG_ST"
#define COPY_MAX ((uint64_t)16 << 20)

/* What follows `prefix` on a line, or NULL. */
static const char *behind(const char *line, const char *end, const char *prefix)
{
	size_t length = strlen(prefix);

	if ((size_t)(end - line) < length || memcmp(line, prefix, length) != 0)
		return NULL;
	return line + length;
}

static char *unquoted(const char *s, const char *end)
{
	struct text text = { 0 };

	if (s == end || *s != '"')
		return xstrndup(s, (size_t)(end - s));
	for (s++; s < end && *s != '"'; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		text_append_char(&text, *s);
	}
	return text_take(&text);
}

/* The value if this line is about the option, else NULL. */
static char *line_value(const char *line, const char *end, const char *name)
{
	const char *rest;

	if (behind(line, end, "CONFIG_")) {
		rest = behind(line + strlen("CONFIG_"), end, name);
		return rest && rest < end && *rest == '=' ? unquoted(rest + 1, end)
							  : NULL;
	}
	rest = behind(line, end, "# CONFIG_");
	if (rest)
		rest = behind(rest, end, name);
	return rest && behind(rest, end, " is not set") ? xstrdup("n") : NULL;
}

char *kconfig_get(const char *config, size_t size, const char *option)
{
	const char *name = after_prefix(option, "CONFIG_");
	const char *end = config + size;
	char *value = NULL;

	for (const char *line = config; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		char *found = line_value(line, line_end, name ? name : option);

		if (found) {
			free(value);
			value = found;
		}
		line = newline ? newline + 1 : end;
	}
	return value;
}

static size_t name_length(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
		p++;
	return (size_t)(p - s);
}

bool kconfig_next(const char *config, size_t size, size_t *position, char **ret_name,
		  char **ret_value)
{
	const char *end = config + size;

	while (*position < size) {
		const char *line = config + *position;
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		const char *name = behind(line, line_end, "CONFIG_");
		_cleanup_free_ char *word = NULL;
		char *value;

		*position = newline ? (size_t)(newline + 1 - config) : size;
		if (!name)
			name = behind(line, line_end, "# CONFIG_");
		if (!name)
			continue;
		word = xstrndup(name, name_length(name, line_end));
		value = *word ? line_value(line, line_end, word) : NULL;
		if (!value)
			continue;
		*ret_name = take_ptr(word);
		*ret_value = value;
		return true;
	}
	return false;
}

char kconfig_tristate(const char *config, size_t size, const char *option)
{
	_cleanup_free_ char *value = kconfig_get(config, size, option);

	return value && (streq(value, "y") || streq(value, "m")) ? *value : 'n';
}

struct error *kconfig_extract(const uint8_t *kernel, size_t size, struct text *ret)
{
	const uint8_t *end = kernel + size;
	const uint8_t *found = kernel;

	/* The words alone are in every kernel's strings that can print them; with data of
	 * gzip behind them they are meant. */
	while (size && (found = memmem(found, (size_t)(end - found), IKCONFIG_START,
				       strlen(IKCONFIG_START)))) {
		found += strlen(IKCONFIG_START);
		if (compression_detect(found, (size_t)(end - found)) == COMPRESSION_GZIP)
			return decompress_to_memory(found, (size_t)(end - found),
						    COPY_MAX, ret);
	}
	return error_new(ERROR_NOT_FOUND,
			 "the kernel holds no copy of its configuration");
}
