// SPDX-License-Identifier: GPL-2.0-or-later
/* Yes or no. */
#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"

struct error *ask_yes(const char *question, bool given)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (given)
		return NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return error_hint(error_new(ERROR_REFUSED,
					    "nobody is there to be asked: %s", question),
				  "say --yes");
	fprintf(stderr, "klab: %s [y/N] ", question);
	length = getline(&line, &size, stdin);
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	if (length > 0 && (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0))
		return NULL;
	return error_new(ERROR_REFUSED, "nothing was done");
}
