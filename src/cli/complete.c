// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klab __complete WORD...: what the last word may become, for the shells' completion
 * scripts (completions/).  One candidate a line, a tab, its description.  A line ":files"
 * or ":directories" says that such names are candidates too.
 */
#include <stdio.h>

#include "arch/arch.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/parse.h"
#include "store/store.h"
#include "vm/keeper.h"

struct completion {
	const char *begin; /* what is typed of the word already */
	const char *lead;  /* put before each candidate: "--accel=" */
};

static void offer(const struct completion *c, const char *candidate, const char *what)
{
	if (has_prefix(candidate, c->begin))
		printf("%s%s\t%s\n", c->lead, candidate, what ? what : "");
}

static void offer_archs(const struct completion *c)
{
	for (const struct arch *const *arch = arch_all(); *arch; arch++)
		offer(c, (*arch)->name, NULL);
}

static void offer_stored(const struct completion *c)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_strv_ struct strv names = {};
	struct error *err = store_open(NULL, &store);

	if (!err)
		err = store_keys(store, "kernel", &names);
	for (size_t i = 0; i < names.count; i++)
		offer(c, names.items[i], "stored");
	error_ignore(err); /* nobody would see it while completing */
}

static void offer_guests(const struct completion *c)
{
	struct guest_entry *guests = NULL;
	size_t count = 0;
	struct error *err = guests_list(&guests, &count);

	for (size_t i = 0; i < count; i++)
		offer(c, guests[i].name, "running");
	guests_free(guests, count);
	error_ignore(err); /* as above */
}

static void offer_kernels(const struct completion *c)
{
	offer(c, "debian", "the newest of Debian's");
	offer(c, "host", "the one that runs here");
	offer_stored(c);
	puts(":files");
}

static void offer_commands(const struct completion *c)
{
	for (const struct command *const *command = commands_all(); *command; command++) {
		if (!((*command)->traits & COMMAND_HIDDEN))
			offer(c, (*command)->name, (*command)->summary);
	}
}

static void offer_files(const struct completion *c)
{
	puts(":files");
}

static void offer_directories(const struct completion *c)
{
	puts(":directories");
}

static void offer_values(const struct completion *c, enum option_values values)
{
	static void (*const offers[])(const struct completion *c) = {
		[OPTION_VALUES_FILES] = offer_files,
		[OPTION_VALUES_DIRECTORIES] = offer_directories,
		[OPTION_VALUES_ARCHS] = offer_archs,
		[OPTION_VALUES_KERNELS] = offer_kernels,
		[OPTION_VALUES_STORED] = offer_stored,
		[OPTION_VALUES_GUESTS] = offer_guests,
		[OPTION_VALUES_COMMANDS] = offer_commands,
	};

	if (values < ARRAY_SIZE(offers) && offers[values])
		offers[values](c);
}

static void offer_value_of(const struct completion *c, const struct option_row *row)
{
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		offer(c, row->choices[i], NULL);
	offer_values(c, row->values);
}

static void offer_switches(const struct completion *c, const struct parse *parse)
{
	for (size_t i = 0; i < parse->row_count; i++) {
		const struct option_row *row = parse->rows[i].row;
		_cleanup_free_ char *name = NULL;

		if (row->traits & OPTION_IS_VARIABLE || parse->rows[i].negated)
			continue;
		name = xasprintf("--%s", row->name);
		offer(c, name, row->help);
	}
}

static void offer_variables(const struct completion *c, const struct parse *parse)
{
	for (size_t i = 0; i < parse->row_count; i++) {
		const struct option_row *row = parse->rows[i].row;
		_cleanup_free_ char *name = NULL;

		if (!row->variable || parse->rows[i].negated || !*c->begin)
			continue;
		name = xasprintf("%s=", row->variable);
		offer(c, name, row->help);
	}
}

/* The row whose value follows this word: "--accel", "-k"; NULL if none does. */
static const struct option_row *row_before_value(const struct parse *parse,
						 const char *word)
{
	for (size_t i = 0; i < parse->row_count; i++) {
		const struct option_row *row = parse->rows[i].row;
		const char *name = after_prefix(word, "--");

		if (!row->argument || row->traits & OPTION_IS_VARIABLE)
			continue;
		if (name ? streq(name, row->name)
			 : word[0] == '-' && word[1] && word[1] == row->letter &&
				    !word[2])
			return row;
	}
	return NULL;
}

/* "--accel=k" -> the row, and a completion of what is behind the "=". */
static const struct option_row *row_of_joined(const struct parse *parse, const char *word,
					      struct completion *c, char **ret_lead)
{
	size_t length = strcspn(word, "=");
	_cleanup_free_ char *name = xstrndup(word, length);
	const struct option_row *row;

	if (!word[length] || !has_prefix(word, "--"))
		return NULL;
	row = row_before_value(parse, name);
	if (row) {
		*ret_lead = xstrndup(word, length + 1);
		*c = (struct completion){ .begin = word + length + 1, .lead = *ret_lead };
	}
	return row;
}

/* Words that are no options nor their values, before the last one. */
static unsigned int count_words(const struct parse *parse, const struct strv *words,
				size_t first)
{
	unsigned int count = 0;

	for (size_t i = first; i + 1 < words->count; i++) {
		const struct option_row *row = row_before_value(parse, words->items[i]);

		if (row && !(row->traits & OPTION_VALUE_OPTIONAL))
			i++;
		else if (*words->items[i] != '-' && !strchr(words->items[i], '='))
			count++;
	}
	return count;
}

static void complete_for(const struct command *command, const struct strv *words,
			 size_t first)
{
	struct call call = { .command = command, .guest = &call.settings.guest };
	_cleanup_parse_ struct parse parse = {};
	_cleanup_free_ char *lead = NULL;
	const char *word = words->items[words->count - 1];
	const char *before =
		words->count > first + 1 ? words->items[words->count - 2] : "";
	struct completion c = { .begin = word, .lead = "" };
	const struct option_row *row;

	parse_init(&parse, &call);
	row = row_before_value(&parse, before);
	if (row && row->traits & OPTION_VALUE_OPTIONAL)
		row = NULL;
	if (!row)
		row = row_of_joined(&parse, word, &c, &lead);
	if (row) {
		offer_value_of(&c, row);
	} else if (*word == '-') {
		offer_switches(&c, &parse);
	} else if (command->verbs && count_words(&parse, words, first) == 0) {
		for (size_t i = 0; command->verbs[i]; i++)
			offer(&c, command->verbs[i], NULL);
	} else {
		offer_variables(&c, &parse);
		if (count_words(&parse, words, first) < command->words_max)
			offer_values(&c, command->words_are);
	}
}

/* bash breaks words at "=": "--accel" "=" "k" is one word here. */
static void join_equals(const struct strv *words, struct strv *ret)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		char **last = ret->count ? &ret->items[ret->count - 1] : NULL;
		bool joins = last && (streq(word, "=") || has_suffix(*last, "=")) &&
			     has_prefix(*last, "--");
		char *joined;

		if (!joins) {
			strv_push(ret, word);
			continue;
		}
		joined = xasprintf("%s%s", *last, word);
		free(*last);
		*last = joined;
	}
}

static struct error *complete_run(struct call *call)
{
	_cleanup_strv_ struct strv words = {};
	const struct command *command;
	const char *word;

	join_equals(&call->words, &words);
	if (!words.count)
		return NULL;
	word = words.items[words.count - 1];
	for (size_t i = 0; i + 1 < words.count; i++) {
		if (streq(words.items[i], "--"))
			return NULL; /* a command of the guest's */
	}
	if (words.count == 1 && *word != '-') {
		offer_commands(&(struct completion){ .begin = word, .lead = "" });
		return NULL;
	}
	command = command_find(*words.items[0] == '-' ? "run" : words.items[0]);
	if (words.count == 1)
		offer(&(struct completion){ .begin = word, .lead = "" }, "--version",
		      "Print klab's version");
	if (command)
		complete_for(command, &words, *words.items[0] == '-' ? 0 : 1);
	return NULL;
}

const struct command command_complete = {
	.name = "__complete",
	.group = COMMAND_KLAB,
	.summary = "candidates for the last word",
	.traits = COMMAND_HIDDEN | COMMAND_RAW,
	.run = complete_run,
};
