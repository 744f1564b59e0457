// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From rows to argp and back.  argp gives the parsing rules (bundled letters, --name=value,
 * unique beginnings of names) and the layout of the help; it says nothing itself and
 * never exits: what is wrong is found by mistake.c and printed by main.c.
 */
#include "cli/parse.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>

#include "base/mem.h"
#include "cli/mistake.h"

static const struct parse_row *find_key(const struct parse *parse, int key)
{
	if (key >= PARSE_FIRST_KEY && key < PARSE_FIRST_KEY + (int)parse->row_count)
		return &parse->rows[key - PARSE_FIRST_KEY];
	for (size_t i = 0; i < parse->row_count; i++) {
		if (key > 0 && parse->rows[i].row->letter == key)
			return &parse->rows[i];
	}
	return NULL;
}

static void add_given(struct parse *parse, const struct parse_row *row, const char *value,
		      char *as)
{
	array_reserve(parse->given, parse->given_count, parse->given_capacity);
	parse->given[parse->given_count++] = (struct parse_given){
		.row = row->row, .target = row->target, .value = value, .as = as
	};
}

static void take_option(struct parse *parse, const struct parse_row *row,
			const char *value)
{
	add_given(parse, row, row->negated ? "no" : value,
		  xasprintf("--%s", row->negated ? row->name : row->row->name));
}

/* ARCH=arm64 and its like, as make takes them.  Is it one? */
static bool take_variable(struct parse *parse, const char *word)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; word[length] && i < parse->row_count; i++) {
		const char *variable = parse->rows[i].row->variable;

		if (!variable || parse->rows[i].negated || strlen(variable) != length ||
		    strncmp(variable, word, length) != 0)
			continue;
		add_given(parse, &parse->rows[i], word + length + 1,
			  xasprintf("%s=", variable));
		return true;
	}
	return false;
}

static struct error *take_word(struct parse *parse, char *word,
			       const struct argp_state *state)
{
	struct call *call = parse->call;
	const struct command *command = call->command;

	if (state->quoted) {
		strv_push(&call->guest->command, word);
		return NULL;
	}
	if (take_variable(parse, word))
		return NULL;
	if (call->words.count == command->words_max)
		return mistake_word(call, state->argc, state->argv, state->next - 1);
	strv_push(&call->words, word);
	return NULL;
}

static error_t parse_key(int key, char *value, struct argp_state *state)
{
	struct parse *parse = state->input;
	const struct parse_row *row;

	switch (key) {
	case ARGP_KEY_ARG:
		parse->err = take_word(parse, value, state);
		return parse->err ? EINVAL : 0;
	case ARGP_KEY_END:
		parse->err = mistake_missing(parse->call, state->quoted != 0);
		return parse->err ? EINVAL : 0;
	case ARGP_KEY_ERROR:
		if (!parse->err)
			parse->err = mistake_option(parse, state->argc, state->argv,
						    state->next);
		return 0;
	default:
		row = find_key(parse, key);
		if (!row)
			return ARGP_ERR_UNKNOWN;
		take_option(parse, row, value);
		return 0;
	}
}

/* gdb's -ex: getopt would read it as the letters e and x. */
static void double_dashes(const struct parse *parse, int argc, char **argv,
			  struct strv *ret)
{
	for (int i = 0; i < argc; i++) {
		const struct option_row *row = NULL;

		if (streq(argv[i], "--")) {
			strv_push_all(ret, (const char *const *)&argv[i]);
			return;
		}
		for (size_t j = 0; argv[i][0] == '-' && j < parse->row_count; j++) {
			row = parse->rows[j].row;
			if (row->traits & OPTION_ONE_DASH &&
			    streq(row->name, argv[i] + 1))
				break;
			row = NULL;
		}
		strv_pushf(ret, "%s%s", row ? "-" : "", argv[i]);
	}
}

static char *drop_note(int key, const char *text, void *input)
{
	/* "Mandatory or optional arguments to long options are also...": known. */
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}

static struct argp make_argp(const struct parse *parse)
{
	return (struct argp){
		.options = parse->options,
		.parser = parse_key,
		.args_doc = parse->call->command->arguments,
		.help_filter = drop_note,
	};
}

/* --help wins over whatever else is wrong behind it. */
static bool is_help_given(const struct parse *parse)
{
	for (size_t i = 0; i < parse->given_count; i++) {
		if (parse->given[i].row->offset ==
			    offsetof(struct common_options, help) &&
		    parse->given[i].target == &parse->call->common)
			return true;
	}
	return false;
}

struct error *parse_words(struct parse *parse, int argc, char **argv)
{
	struct argp argp = make_argp(parse);
	error_t result;

	double_dashes(parse, argc, argv, &parse->words);
	result = argp_parse(&argp, (int)parse->words.count, parse->words.items,
			    ARGP_IN_ORDER | ARGP_SILENT, NULL, parse);
	if (is_help_given(parse))
		parse->call->common.help = true;
	else if (parse->err)
		return take_ptr(parse->err);
	else if (result)
		return error_os(result, "reading the command line");
	return NULL;
}

static bool reads_settings(const struct command *command)
{
	return (command->shared || command->traits & COMMAND_SETTINGS) &&
	       !(command->traits & COMMAND_NO_SETTINGS);
}

struct error *parse_apply(struct parse *parse)
{
	struct call *call = parse->call;

	if (reads_settings(call->command))
		TRY(settings_load(&call->settings, NULL));
	for (size_t i = 0; i < parse->given_count; i++) {
		const struct parse_given *given = &parse->given[i];

		if (given->target)
			TRY_WRAP(option_set(given->row, given->target, given->value),
				 "%s", given->as);
		else
			TRY_WRAP(settings_set(&call->settings, given->row, given->value,
					      "the command line"),
				 "%s", given->as);
	}
	call->guest->verbosity = call->common.quiet ? -1 : (int)call->common.verbose;
	return NULL;
}

const char *parse_json(const struct parse *parse)
{
	for (size_t i = parse->given_count; i-- > 0;) {
		if (streq(parse->given[i].row->name, "json"))
			return parse->given[i].value ? parse->given[i].value : "";
	}
	return NULL;
}

void parse_print_help(const struct parse *parse, FILE *stream)
{
	const struct command *command = parse->call->command;
	_cleanup_free_ char *name = xasprintf("klab %s", command->name);
	_cleanup_text_ struct text doc = {};
	struct argp argp = make_argp(parse);

	text_appendf(&doc, "%c%s.", toupper((unsigned char)command->summary[0]),
		     command->summary + 1);
	if (command->description)
		text_appendf(&doc, "\n\n%s", command->description);
	text_append(&doc, "\v");
	for (size_t i = 0; command->examples && command->examples[i].command; i++)
		text_appendf(&doc, "%s  %s:\n      %s\n", i ? "" : "Examples:\n",
			     command->examples[i].what, command->examples[i].command);
	argp.doc = text_str(&doc);
	argp_help(&argp, stream, ARGP_HELP_SHORT_USAGE | ARGP_HELP_DOC | ARGP_HELP_LONG,
		  name);
}
