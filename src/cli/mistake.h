/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a command line, in a sentence, and how it would be right.  argp only
 * says that something is.
 */
#ifndef KLAB_CLI_MISTAKE_H
#define KLAB_CLI_MISTAKE_H

#include "cli/parse.h"

/* getopt stopped at or just before argv[next]. */
struct error *mistake_option(const struct parse *parse, int argc, char **argv,
			     int next) _must_check_;
/* argv[at] is one word too many. */
struct error *mistake_word(const struct call *call, int argc, char **argv,
			   int at) _must_check_;
/* The end has come: are there enough words, and the right ones?  NULL if so. */
struct error *mistake_missing(const struct call *call, bool dashes) _must_check_;
/* There is no such command. */
struct error *mistake_command(const char *word) _must_check_;

#endif
