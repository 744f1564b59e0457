// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmdline.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

/* COMMAND_LINE_SIZE of every architecture that Linux has is no larger. */
#define COMMAND_LINE_MAX 8192

static char line[COMMAND_LINE_MAX];

/* The word at *at without its quotes, which moves behind it; NULL at the end, or at "--". */
static const char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \n"), *end, *to = word;
	bool quoted = false;

	if (!*word)
		return NULL;
	for (end = word; *end && *end != '\n' && (quoted || *end != ' '); end++) {
		if (*end == '"')
			quoted = !quoted;
		else
			*to++ = *end;
	}
	*at = end + (*end != 0);
	*to = 0;
	return strcmp(word, "--") == 0 ? NULL : word;
}

bool cmdline_value(const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	char *at = line;
	const char *word;

	value[0] = 0;
	file_read(line, sizeof(line), "/proc/cmdline");
	while ((word = next_word(&at)))
		if (strncmp(word, name, length) == 0 && word[length] == '=')
			(void)snprintf(value, size, "%s", word + length + 1);
	return value[0];
}

const char *cmdline_last(const char *a, const char *b)
{
	const char *last = NULL, *word;
	char *at = line;

	file_read(line, sizeof(line), "/proc/cmdline");
	while ((word = next_word(&at))) {
		if (strcmp(word, a) == 0)
			last = a;
		else if (strcmp(word, b) == 0)
			last = b;
	}
	return last;
}
