// SPDX-License-Identifier: GPL-2.0-or-later
/* klab help: all commands, or one. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/mistake.h"
#include "cli/parse.h"

static void print_group(enum command_group group)
{
	bool titled = false;

	for (const struct command *const *c = commands_all(); *c; c++) {
		if ((*c)->group != group || (*c)->traits & COMMAND_HIDDEN)
			continue;
		if (!titled)
			printf("\n%s:\n", command_group_title(group));
		titled = true;
		printf("  %-12s %s\n", (*c)->name, (*c)->summary);
	}
}

static struct error *help_one(const char *name)
{
	_cleanup_parse_ struct parse parse = {};
	struct call call = { .command = command_find(name),
			     .guest = &call.settings.guest };

	if (!call.command)
		return mistake_command(name);
	parse_init(&parse, &call);
	parse_print_help(&parse, stdout);
	return NULL;
}

static struct error *help_run(struct call *call)
{
	if (call->words.count)
		return help_one(call->words.items[0]);
	puts("Usage: klab [COMMAND] [OPTION...] [-- CMD...]\n"
	     "A laboratory for Linux kernels: a guest in one command.\n"
	     "\n"
	     "  klab                  a shell in a new guest (the same as klab run)\n"
	     "  klab -- CMD...        CMD in a new guest, with its output and exit status\n"
	     "  klab -k SPEC          with this kernel: a tree, a file, debian, host");
	for (enum command_group group = 0; group < COMMAND_GROUP_COUNT; group++)
		print_group(group);
	puts("\nklab COMMAND --help tells more; so do the manual pages klab(1) and\n"
	     "klab.conf(5).");
	return NULL;
}

const struct command command_help = {
	.name = "help",
	.group = COMMAND_KLAB,
	.summary = "explain klab, or one command",
	.arguments = "[COMMAND]",
	.words_max = 1,
	.words_are = OPTION_VALUES_COMMANDS,
	.run = help_run,
};
