// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults: to the console at once, to the host when it listens. */
#include "note.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link.h"

#define NOTES_SIZE 2048

static char notes[NOTES_SIZE]; /* lines not yet reported */
static size_t notes_used;
static bool host_listens;
static bool to_console;

static void note_console(const char *line, size_t size)
{
	int fd = -1;

	if (to_console)
		fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = STDERR_FILENO;
	(void)!write(fd, line, size); /* there is no further place to complain */
	if (fd != STDERR_FILENO)
		close(fd);
}

static void note_keep(const char *line, size_t size)
{
	if (notes_used + size > sizeof(notes))
		return; /* the first ones tell the most */
	memcpy(notes + notes_used, line, size);
	notes_used += size;
}

void note_to_console(void)
{
	to_console = true;
}

void note_report(void)
{
	char *line = notes, *end;

	host_listens = true;
	while ((end = memchr(line, '\n', (size_t)(notes + notes_used - line)))) {
		link_send_fault(line, (size_t)(end - line));
		line = end + 1;
	}
	notes_used = 0;
}

void note_fault(const char *fmt, ...)
{
	static const char prefix[] = "klab-agent: ";
	char line[512];
	size_t at = sizeof(prefix) - 1;
	va_list args;
	int n;

	memcpy(line, prefix, sizeof(prefix));
	va_start(args, fmt);
	n = vsnprintf(line + at, sizeof(line) - at - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	at += (size_t)n < sizeof(line) - at - 2 ? (size_t)n : sizeof(line) - at - 2;
	line[at++] = '\n';
	note_console(line, at);
	note_keep(line + sizeof(prefix) - 1, at - (sizeof(prefix) - 1));
	if (host_listens)
		note_report();
}
