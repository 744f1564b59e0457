// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/display.h"

#include <string.h>

#include "base/mem.h"

struct error *display_check_word(const char *value)
{
	static const char *const kinds[] = { "none", "gtk", "sdl" };
	size_t length = strcspn(value, ",");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == length && has_prefix(value, kinds[i]))
			return NULL;
	if (has_prefix(value, "vnc=") && length > strlen("vnc="))
		return NULL;
	return error_hint(error_new(ERROR_USAGE, "klab knows no display \"%s\"", value),
			  "gtk, sdl, vnc=unix:PATH, vnc=:1, or none; other kinds of "
			  "QEMU's: --display none --qemu-opts '-display KIND'");
}

void display_plan(const char *word, bool shell, struct machine *machine,
		  struct text *setup)
{
	if (!word)
		return;
	machine->display = xstrdup(word);
	if (shell)
		text_append(setup, "screen /dev/tty1\n");
}
