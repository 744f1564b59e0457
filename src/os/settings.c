// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INI without surprises: a line is a setting, a [section], or a comment if it begins with
 * '#' or ';'.  No comments behind values, no continuation lines, no limit on the length:
 * a kernel command line holds all of it.
 */
#include "os/settings.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

#define SETTINGS_MAX ((size_t)1 << 20)

struct settings_reader {
	const char *path;
	unsigned int line;
	char *section; /* borrowed from the text; "" before the first */
	settings_fn handler;
	void *argument;
};

/* Cuts white space off both ends, in place. */
static char *strip(char *s)
{
	size_t length;

	while (isspace((unsigned char)*s))
		s++;
	length = strlen(s);
	while (length && isspace((unsigned char)s[length - 1]))
		length--;
	s[length] = 0;
	return s;
}

static struct error *read_section(struct settings_reader *reader, char *line)
{
	size_t length = strlen(line);

	if (line[length - 1] != ']')
		return error_new(ERROR_USAGE, "%s:%u: the section's ] is missing",
				 reader->path, reader->line);
	line[length - 1] = 0;
	reader->section = strip(line + 1);
	return NULL;
}

static struct error *read_setting(struct settings_reader *reader, char *line)
{
	_cleanup_free_ char *source = xasprintf("%s:%u", reader->path, reader->line);
	char *equals = strchr(line, '=');
	const char *name;

	if (!equals || equals == line)
		return error_new(ERROR_USAGE, "%s: \"%s\" is not NAME = VALUE", source,
				 line);
	*equals = 0;
	name = strip(line);
	return reader->handler(reader->section, name, strip(equals + 1), source,
			       reader->argument);
}

static struct error *read_line(struct settings_reader *reader, char *line)
{
	line = strip(line);
	switch (line[0]) {
	case '\0':
	case '#':
	case ';':
		return NULL;
	case '[':
		return read_section(reader, line);
	default:
		return read_setting(reader, line);
	}
}

static struct error *read_text(struct settings_reader *reader, char *text)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	char *line;

	if (has_prefix(text, byte_order_mark))
		text += strlen(byte_order_mark);
	while ((line = strsep(&text, "\n"))) {
		reader->line++;
		TRY(read_line(reader, line));
	}
	return NULL;
}

struct error *settings_read(const char *path, settings_fn handler, void *argument)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *text = NULL;
	char no_section[] = "";
	struct settings_reader reader = {
		.path = path,
		.section = no_section,
		.handler = handler,
		.argument = argument,
	};
	struct error *err = file_read(path, SETTINGS_MAX, &bytes);

	if (error_is_errno(err, ENOENT) || error_is_errno(err, ENOTDIR)) {
		error_ignore(err); /* absent: all defaults */
		return NULL;
	}
	TRY(err);
	if (!bytes.size)
		return NULL;
	if (memchr(bytes.data, 0, bytes.size))
		return error_new(ERROR_USAGE, "%s is not a text file", path);
	text = xstrndup((const char *)bytes.data, bytes.size);
	return read_text(&reader, text);
}
