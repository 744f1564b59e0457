// SPDX-License-Identifier: GPL-2.0-or-later
/* Slips on the command line, told so that the next attempt works. */
#include "cli/mistake.h"

#include "lab/nearest.h"

/* The name as it is typed: an option's, or its negation's. */
static const char *row_name(const struct parse_row *row)
{
	return row->negated ? row->name : row->row->name;
}

static bool is_switch(const struct parse_row *row)
{
	return !(row->row->traits & OPTION_IS_VARIABLE);
}

static struct error *unknown_option(const struct parse *parse, const char *name)
{
	struct nearest nearest = nearest_to(name);
	struct error *err = error_new(ERROR_USAGE, "klab %s has no option --%s",
				      parse->call->command->name, name);

	for (size_t i = 0; i < parse->row_count; i++) {
		if (is_switch(&parse->rows[i]))
			nearest_offer(&nearest, row_name(&parse->rows[i]));
	}
	if (nearest.name)
		return error_hint(err, "--%s", nearest.name);
	return error_hint(err, "klab %s --help", parse->call->command->name);
}

static struct error *ambiguous_option(const struct parse *parse, const char *name)
{
	_cleanup_text_ struct text all = {};

	for (size_t i = 0; i < parse->row_count; i++) {
		const struct parse_row *row = &parse->rows[i];

		if (is_switch(row) && has_prefix(row_name(row), name))
			text_appendf(&all, "%s--%s", all.length ? ", " : "",
				     row_name(row));
	}
	return error_hint(error_new(ERROR_USAGE, "--%s may mean several options", name),
			  "one of %s", text_str(&all));
}

static struct error *needs_value(const struct parse_row *row, const char *as)
{
	return error_hint(error_new(ERROR_USAGE, "%s needs a value", as), "%s %s", as,
			  row->row->argument);
}

/* word is "--...": what is wrong with it?  NULL: nothing that could be seen here. */
static struct error *mistake_long(const struct parse *parse, const char *word)
{
	size_t length = strcspn(word + 2, "=");
	_cleanup_free_ char *name = strndup(word + 2, length);
	const struct parse_row *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; name && i < parse->row_count; i++) {
		const struct parse_row *row = &parse->rows[i];

		if (!is_switch(row) || !has_prefix(row_name(row), name))
			continue;
		found = row;
		matches++;
		if (streq(row_name(row), name)) {
			matches = 1;
			break;
		}
	}
	if (!matches)
		return unknown_option(parse, name);
	if (matches > 1)
		return ambiguous_option(parse, name);
	if (word[2 + length] && (!found->row->argument || found->negated))
		return error_new(ERROR_USAGE, "--%s takes no value", row_name(found));
	if (!word[2 + length] && found->row->argument)
		return needs_value(found, word);
	return NULL;
}

/* word is "-abc". */
static struct error *mistake_letters(const struct parse *parse, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct parse_row *found = NULL;
		char as[] = { '-', *letter, '\0' };

		for (size_t i = 0; i < parse->row_count && !found; i++) {
			if (parse->rows[i].row->letter == *letter)
				found = &parse->rows[i];
		}
		if (!found)
			return error_hint(error_new(ERROR_USAGE,
						    "klab %s has no option %s",
						    parse->call->command->name, as),
					  "klab %s --help", parse->call->command->name);
		if (found->row->argument)
			return letter[1] ? NULL : needs_value(found, as);
	}
	return NULL;
}

static struct error *mistake_in(const struct parse *parse, const char *word)
{
	if (has_prefix(word, "--"))
		return mistake_long(parse, word);
	if (*word == '-')
		return mistake_letters(parse, word);
	return NULL;
}

struct error *mistake_option(const struct parse *parse, int argc, char **argv, int next)
{
	struct error *err = NULL;

	/* Within bundled letters getopt is still at the word, else behind it. */
	if (next > 1 && next <= argc)
		err = mistake_in(parse, argv[next - 1]);
	if (!err && next < argc)
		err = mistake_in(parse, argv[next]);
	if (!err)
		err = error_new(ERROR_USAGE, "the command line cannot be understood");
	return err;
}

/* "klab run -m 2G -- ls -l" from `klab run -m 2G ls -l`. */
static struct error *put_dashes(struct error *err, const struct call *call, int argc,
				char **argv, int at)
{
	_cleanup_strv_ struct strv words = {};
	_cleanup_free_ char *line = NULL;

	strv_push(&words, "klab");
	if (!call->implicit)
		strv_push(&words, call->command->name);
	for (int i = 1; i < argc; i++) {
		if (i == at)
			strv_push(&words, "--");
		strv_push(&words, argv[i]);
	}
	line = strv_shell(&words);
	return error_hint(err, "%s", line);
}

struct error *mistake_word(const struct call *call, int argc, char **argv, int at)
{
	const char *name = call->command->name;
	struct error *err;

	if (call->implicit && command_find(argv[at]))
		return error_hint(error_new(ERROR_USAGE,
					    "options stand behind the command's name"),
				  "klab %s [OPTION...]", argv[at]);
	err = error_new(ERROR_USAGE, "klab %s does not take the word \"%s\"", name,
			argv[at]);
	if (call->command->traits & COMMAND_TAKES_CMD)
		return put_dashes(err, call, argc, argv, at);
	return error_hint(err, "klab %s --help", name);
}

static struct error *unknown_verb(const struct call *call)
{
	const char *word = call->words.items[0];
	struct nearest nearest = nearest_to(word);
	_cleanup_text_ struct text all = {};
	const char *const *verbs = call->command->verbs;

	for (size_t i = 0; verbs[i]; i++) {
		if (streq(verbs[i], word))
			return NULL;
		nearest_offer(&nearest, verbs[i]);
		text_appendf(&all, "%s%s", i ? ", " : "", verbs[i]);
	}
	return error_hint(error_new(ERROR_USAGE, "klab %s cannot %s", call->command->name,
				    word),
			  nearest.name ? "klab %s %s" : "klab %s, followed by one of %s",
			  call->command->name,
			  nearest.name ? nearest.name : text_str(&all));
}

struct error *mistake_missing(const struct call *call, bool dashes)
{
	const struct command *command = call->command;

	if (call->common.help)
		return NULL;
	if (dashes && !(command->traits & COMMAND_TAKES_CMD))
		return error_new(ERROR_USAGE, "klab %s runs no command behind \"--\"",
				 command->name);
	if (dashes && !call->guest->command.count)
		return error_new(ERROR_USAGE, "no command follows \"--\"");
	if (command->verbs && call->words.count)
		TRY(unknown_verb(call));
	if (call->words.count < command->words_min ||
	    (command->traits & COMMAND_NEEDS_CMD && !dashes))
		return error_hint(error_new(ERROR_USAGE, "klab %s: something is missing",
					    command->name),
				  "klab %s %s", command->name, command->arguments);
	return NULL;
}

struct error *mistake_command(const char *word)
{
	struct error *err = error_new(ERROR_USAGE, "klab has no command \"%s\"", word);
	struct nearest nearest = nearest_to(word);

	for (const struct command *const *c = commands_all(); *c; c++) {
		if (!((*c)->traits & COMMAND_HIDDEN))
			nearest_offer(&nearest, (*c)->name);
	}
	if (nearest.name)
		return error_hint(err, "klab %s", nearest.name);
	return error_hint(err, "klab help");
}
