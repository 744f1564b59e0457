/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of one command, by glibc's argp, over the rows of its tables.
 *
 * Two steps, so that --help and slips of the fingers come before mistakes in klab.conf:
 * parse_words() only finds out what was given, parse_apply() loads the settings and gives
 * everything to its struct.
 */
#ifndef KLAB_CLI_PARSE_H
#define KLAB_CLI_PARSE_H

#include <stdio.h>

#include "cli/command.h"

struct argp_option;

/* argp's key of the first row that has no letter of its own; beyond all letters. */
#define PARSE_FIRST_KEY 0x200

/* A row of one of the command's tables, as argp knows it. */
struct parse_row {
	const struct option_row *row;
	void *target; /* of the row's value; NULL: the call's settings */
	bool negated; /* --no-NAME */
	char *name;   /* owned; what argp was told */
};

/* Something that was given. */
struct parse_given {
	const struct option_row *row;
	void *target;
	const char *value; /* borrowed from argv; NULL: none */
	char *as;	   /* how it was written: "--memory", "ARCH=" */
};

struct parse {
	struct call *call;
	struct parse_row *rows;
	size_t row_count, row_capacity;
	struct argp_option *options;
	size_t option_count, option_capacity;
	struct parse_given *given;
	size_t given_count, given_capacity;
	struct strv words; /* argv as argp reads it */
	struct error *err; /* of the parser function, which argp cannot return */
};

/* Everything that the call's command takes. */
void parse_init(struct parse *parse, struct call *call);
void parse_deinit(struct parse *parse);
#define _cleanup_parse_ _cleanup_(parse_deinit)

/* argv[0] is not looked at.  Fills the call's words, guest->command and common. */
struct error *parse_words(struct parse *parse, int argc, char **argv) _must_check_;
struct error *parse_apply(struct parse *parse) _must_check_;
/* Where errors are to be told as JSON, as in guest_options.json; NULL: they are not. */
const char *parse_json(const struct parse *parse);
void parse_print_help(const struct parse *parse, FILE *stream);

#endif
