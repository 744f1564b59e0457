// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of the tables that a command takes, as argp's options. */
#include <argp.h>

#include "base/mem.h"
#include "cli/parse.h"

const struct option_row common_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Of every command:" },
	{ .name = "help",
	  .letter = 'h',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct common_options, help),
	  .help = "Show this help" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct common_options, quiet),
	  .help = "Print errors only" },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_COUNT,
	  .offset = offsetof(struct common_options, verbose),
	  .help = "Say more of what happens; -vv: every message" },
	OPTION_ROWS_END,
};

static void add_argp_option(struct parse *parse, const struct argp_option *option)
{
	array_reserve(parse->options, parse->option_count, parse->option_capacity);
	parse->options[parse->option_count++] = *option;
}

static struct parse_row *add_row(struct parse *parse, const struct option_row *row,
				 void *target)
{
	array_reserve(parse->rows, parse->row_count, parse->row_capacity);
	parse->rows[parse->row_count] =
		(struct parse_row){ .row = row, .target = target };
	return &parse->rows[parse->row_count++];
}

/* A flag that klab.conf can set can be taken back: --no-NAME, not in the help. */
static void add_negation(struct parse *parse, const struct option_row *row, void *target)
{
	struct parse_row *negation = add_row(parse, row, target);

	negation->negated = true;
	negation->name = xasprintf("no-%s", row->name);
	add_argp_option(parse, &(struct argp_option){
				       .name = negation->name,
				       .key = PARSE_FIRST_KEY + (int)parse->row_count - 1,
				       .flags = OPTION_HIDDEN,
			       });
}

static void add_table(struct parse *parse, const struct option_row *rows, void *target)
{
	option_rows_for_each(row, rows)
	{
		int key = PARSE_FIRST_KEY + (int)parse->row_count;

		if (row->kind == OPTION_TITLE) {
			add_argp_option(parse, &(struct argp_option){ .doc = row->help });
			continue;
		}
		add_row(parse, row, target);
		if (row->traits & OPTION_IS_VARIABLE)
			continue;
		add_argp_option(parse,
				&(struct argp_option){
					.name = row->name,
					.key = row->letter ? row->letter : key,
					.arg = row->argument,
					.flags = row->traits & OPTION_VALUE_OPTIONAL
							 ? OPTION_ARG_OPTIONAL
							 : 0,
					.doc = row->help,
				});
		if (row->kind == OPTION_FLAG && row->traits & OPTION_IS_SETTING)
			add_negation(parse, row, target);
	}
}

void parse_init(struct parse *parse, struct call *call)
{
	const struct command *command = call->command;

	*parse = (struct parse){ .call = call };
	if (command->options)
		add_argp_option(parse, &(struct argp_option){ .doc = "Options:" });
	add_table(parse, command->options, call->options);
	for (const struct settings_table *t = settings_tables(); t->rows; t++) {
		if (t->set & command->shared)
			add_table(parse, t->rows, NULL);
	}
	add_table(parse, common_option_rows, &call->common);
	add_argp_option(parse, &(struct argp_option){ 0 });
}

void parse_deinit(struct parse *parse)
{
	for (size_t i = 0; i < parse->row_count; i++)
		free(parse->rows[i].name);
	for (size_t i = 0; i < parse->given_count; i++)
		free(parse->given[i].as);
	free(parse->rows);
	free(parse->options);
	free(parse->given);
	error_free(parse->err);
	strv_deinit(&parse->words);
	*parse = (struct parse){ 0 };
}
