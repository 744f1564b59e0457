// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klab __man NAME: manual pages in scdoc's language, out of the tables.  NAME is a
 * command (a whole page), or one of the parts that hand-written pages in man/ include:
 * "@commands", "@settings".
 */
#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/mistake.h"
#include "cli/parse.h"

/* Plain words: nothing in them is scdoc's. */
static void put_plain(const char *s)
{
	for (; *s; s++) {
		if (strchr("_*\\~+#|[]<>", *s))
			putchar('\\');
		putchar(*s);
	}
}

static void put_bold(const char *s)
{
	putchar('*');
	put_plain(s);
	putchar('*');
}

static void put_underlined(const char *s)
{
	putchar('_');
	put_plain(s);
	putchar('_');
}

static void put_value(const struct option_row *row)
{
	if (!row->argument)
		return;
	if (row->traits & OPTION_VALUE_OPTIONAL) {
		fputs("\\[=", stdout);
		put_underlined(row->argument);
		fputs("\\]", stdout);
		return;
	}
	putchar(row->traits & OPTION_IS_VARIABLE ? '=' : ' ');
	put_underlined(row->argument);
}

static void put_row_names(const struct option_row *row)
{
	char letter[] = { '-', row->letter, '\0' };
	_cleanup_free_ char *name = xasprintf("--%s", row->name);

	if (row->letter) {
		put_bold(letter);
		fputs(", ", stdout);
	}
	put_bold(row->traits & OPTION_IS_VARIABLE ? row->variable : name);
	put_value(row);
	if (row->variable && !(row->traits & OPTION_IS_VARIABLE)) {
		fputs(", ", stdout);
		put_bold(row->variable);
		putchar('=');
		put_underlined(row->argument);
	}
	putchar('\n');
}

static void put_options(const struct option_row *rows)
{
	option_rows_for_each(row, rows)
	{
		if (row->kind == OPTION_TITLE) {
			fputs("## ", stdout);
			printf("%.*s\n\n", (int)strcspn(row->help, ":"), row->help);
			continue;
		}
		put_row_names(row);
		putchar('\t');
		put_plain(row->help);
		fputs(".\n\n", stdout);
	}
}

static void put_examples(const struct command *command)
{
	if (!command->examples)
		return;
	puts("# EXAMPLES\n");
	for (size_t i = 0; command->examples[i].command; i++) {
		put_plain(command->examples[i].what);
		printf(":\n\n```\n%s\n```\n\n", command->examples[i].command);
	}
}

static void put_summary(const struct command *command)
{
	putchar(toupper((unsigned char)command->summary[0]));
	put_plain(command->summary + 1);
	fputs(".\n\n", stdout);
}

/* One line for each of the ways to use it. */
static void put_usage(const struct command *command)
{
	_cleanup_strv_ struct strv ways = {};

	strv_split(command->arguments ? command->arguments : " ", "\n", &ways);
	for (size_t i = 0; i < ways.count; i++) {
		printf("%s*klab %s* \\[_OPTION_...\\] ", i ? "++\n" : "", command->name);
		put_plain(ways.items[i]);
	}
	putchar('\n');
}

static void put_page(const struct command *command)
{
	printf("klab-%s(1)\n\n# NAME\n\nklab-%s - ", command->name, command->name);
	put_plain(command->summary);
	puts("\n\n# SYNOPSIS\n");
	put_usage(command);
	puts("\n# DESCRIPTION\n");
	put_summary(command);
	if (command->description) {
		put_plain(command->description);
		puts("\n");
	}
	puts("# OPTIONS\n");
	put_options(command->options);
	for (const struct settings_table *t = settings_tables(); t->rows; t++) {
		if (t->set & command->shared)
			put_options(t->rows);
	}
	put_options(common_option_rows);
	put_examples(command);
	puts("# SEE ALSO\n\n*klab*(1), *klab.conf*(5)");
}

static void put_commands(void)
{
	for (enum command_group group = 0; group < COMMAND_GROUP_COUNT; group++) {
		bool titled = false;

		for (const struct command *const *c = commands_all(); *c; c++) {
			if ((*c)->group != group || (*c)->traits & COMMAND_HIDDEN)
				continue;
			if (!titled)
				printf("## %s\n\n", command_group_title(group));
			titled = true;
			printf("*klab-%s*(1)\n\t", (*c)->name);
			put_summary(*c);
		}
	}
}

static void put_setting(const struct option_row *row)
{
	_cleanup_free_ char *variable = option_environment_name(row);

	put_bold(row->name);
	fputs(" = ", stdout);
	put_underlined(row->argument ? row->argument : "yes|no");
	fputs(" (variable ", stdout);
	put_bold(variable);
	puts(row->traits & OPTION_IS_RESTRICTED ? "; restricted)" : ")");
	putchar('\t');
	put_plain(row->help);
	fputs(".\n\n", stdout);
}

static void put_settings(void)
{
	for (const struct settings_table *t = settings_tables(); t->rows; t++) {
		option_rows_for_each(row, t->rows)
		{
			if (row->traits & OPTION_IS_SETTING)
				put_setting(row);
		}
	}
}

static struct error *man_run(struct call *call)
{
	const char *name = call->words.count ? call->words.items[0] : "";
	const struct command *command = command_find(name);

	if (streq(name, "@commands"))
		put_commands();
	else if (streq(name, "@settings"))
		put_settings();
	else if (command)
		put_page(command);
	else
		return mistake_command(name);
	return NULL;
}

const struct command command_man = {
	.name = "__man",
	.group = COMMAND_KLAB,
	.summary = "the source of a manual page",
	.traits = COMMAND_HIDDEN | COMMAND_RAW,
	.run = man_run,
};
