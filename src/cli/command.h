/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command of klab.  To add one:
 *
 *  1. src/cli/NAME.c with one `const struct command command_NAME`: its words, its own
 *     options as rows (lab/option.h) that fill a struct, the shared options that it takes
 *     (lab/options.h), and run().
 *  2. Declare it below and put it into the table of commands.c, the file into
 *     meson.build.  Help, completion and manual page follow from that.
 *  3. tests/golden/update writes the golden file of its help.
 *
 * run() gets everything parsed and checked in a struct call.  It prints results to stdout
 * and returns errors; only main.c prints those and chooses the exit status.
 */
#ifndef KLAB_CLI_COMMAND_H
#define KLAB_CLI_COMMAND_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "lab/options.h"
#include "lab/settings.h"
#include "lab/status.h"

/* In the order of `klab help`. */
enum command_group {
	COMMAND_GUESTS,
	COMMAND_DEBUGGING,
	COMMAND_KERNELS,
	COMMAND_KLAB,
	COMMAND_GROUP_COUNT,
};

enum command_trait {
	COMMAND_TAKES_CMD = 1, /* words behind "--" are a command for the guest */
	COMMAND_NEEDS_CMD = 2, /* and must be there */
	COMMAND_SETTINGS = 4, /* reads the settings although it takes no shared options */
	COMMAND_NO_SETTINGS = 8, /* and this one doesn't although it does */
	COMMAND_RUNS = 16,	 /* trouble of klab's own is status 125, not 1 */
	COMMAND_HIDDEN = 32,	 /* not in the help */
	COMMAND_RAW = 64, /* takes its words as they come, options too, in call->words */
};

struct command_example {
	const char *command;
	const char *what;
};

struct call;

struct command {
	const char *name;
	enum command_group group;
	const char *summary;	 /* one line of at most 56 columns, no full stop */
	const char *arguments;	 /* behind the name in the usage line; NULL: none */
	const char *description; /* some sentences; paragraphs apart by "\n\n" */
	const struct command_example *examples; /* command NULL ends; may be NULL */

	unsigned int traits;		  /* enum command_trait */
	unsigned int shared;		  /* enum options_set */
	const struct option_row *options; /* its own; NULL: none */
	size_t options_size;		  /* of the struct that they fill */
	const void *options_defaults;	  /* such a struct; NULL: zeros */
	unsigned int words_min, words_max;
	const char *const *verbs;     /* what the first word may be; NULL: anything */
	enum option_values words_are; /* what completes the words */

	struct error *(*run)(struct call *call);
};

/* A row for commands that can print their result as JSON, into a `bool json`. */
#define OPTION_JSON(type)                                                            \
	{                                                                            \
		.name = "json", .kind = OPTION_FLAG, .offset = offsetof(type, json), \
		.help = "Print JSON",                                                \
	}

/* Options that every command has. */
struct common_options {
	bool help;
	bool quiet;
	unsigned int verbose;
};
extern const struct option_row common_option_rows[];

/* One command line at work. */
struct call {
	const struct command *command;
	void *options;		     /* as its rows filled it; NULL: none */
	struct settings settings;    /* with the shared options */
	struct guest_options *guest; /* = &settings.guest; .command is behind "--" */
	struct common_options common;
	struct strv words;
	char *const *argv;   /* the whole command line as it was typed */
	uint64_t started_us; /* clock_us() of the program's start */
	bool implicit;	     /* `klab -- CMD`: the name "run" was not typed */
	int status;	     /* of the process, unless run() returns an error */
};

/* All of them, NULL-terminated. */
const struct command *const *commands_all(void);
const struct command *command_find(const char *name);
const char *command_group_title(enum command_group group);

extern const struct command command_build;
extern const struct command command_clean;
extern const struct command command_complete;
extern const struct command command_config;
extern const struct command command_console;
extern const struct command command_cp;
extern const struct command command_debug;
extern const struct command command_doctor;
extern const struct command command_exec;
extern const struct command command_fetch;
extern const struct command command_gdb;
extern const struct command command_help;
extern const struct command command_image;
extern const struct command command_kernels;
extern const struct command command_list;
extern const struct command command_logs;
extern const struct command command_man;
extern const struct command command_module;
extern const struct command command_monitor;
extern const struct command command_rerun;
extern const struct command command_run;
extern const struct command command_shell;
extern const struct command command_stop;
extern const struct command command_store;

#endif
