// SPDX-License-Identifier: GPL-2.0-or-later
/* klab module: the loop of somebody who writes a driver. */
#include "cli/module.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/ask.h"
#include "cli/fetching.h"
#include "cli/print.h"
#include "os/file.h"

struct own_options {
	bool host;
	bool yes;
};

void module_words_deinit(struct module_words *words)
{
	strv_deinit(&words->variables);
	strv_deinit(&words->places);
}

struct error *module_take_words(const struct call *call, size_t places_max,
				struct module_words *ret)
{
	for (size_t i = 1; i < call->words.count; i++) {
		const char *word = call->words.items[i];
		size_t name = strcspn(word, "=/");

		if (word[name] == '=')
			strv_push(&ret->variables, word);
		else
			strv_push(&ret->places, word);
	}
	if (ret->places.count > places_max)
		return error_hint(error_new(ERROR_USAGE,
					    "klab module %s does not take the word "
					    "\"%s\"",
					    call->words.items[0],
					    ret->places.items[places_max]),
				  "klab module --help");
	return NULL;
}

static struct error *new_run(struct call *call)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_module_words_ struct module_words words = {};
	_cleanup_free_ char *directory = NULL;

	TRY(module_take_words(call, 2, &words));
	if (!words.places.count || words.variables.count)
		return error_hint(error_new(ERROR_USAGE, "the module has no name"),
				  "klab module new NAME [DIR]");
	TRY(store_open(NULL, &store));
	TRY(module_new(store, words.places.items[0],
		       words.places.count > 1 ? words.places.items[1] : NULL,
		       &directory));
	puts(directory);
	print_note("klab module build %s builds it; %s/test tries it in a guest",
		   directory, directory);
	return NULL;
}

static struct error *build_run(struct call *call)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_fetching_ struct fetching fetching = {};
	_cleanup_module_words_ struct module_words words = {};
	_cleanup_strv_ struct strv files = {};
	_cleanup_module_target_ struct module_target target = {};
	struct module_build build = {
		.guest = call->guest,
		.variables = &words.variables,
		.fetch = &fetching.options,
	};

	TRY(module_take_words(call, 1, &words));
	build.directory = words.places.count ? words.places.items[0] : ".";
	TRY(store_open(NULL, &store));
	fetching_init(&fetching, call);
	TRY(module_target_find(store, &build, &target));
	fetching_done(&fetching);
	TRY(module_build(&build, &target, &files));
	for (size_t i = 0; i < files.count; i++)
		puts(files.items[i]);
	return NULL;
}

/* A module's place among the words is told by its looks, so that no directory that happens
 * to have a guest's name is taken for it. */
static bool is_place(const char *word)
{
	return strchr(word, '/') || has_suffix(word, ".ko") || streq(word, ".") ||
	       streq(word, "..");
}

struct error *module_take_places(const struct module_words *words, const char *usage,
				 const char **ret_guest, const char **ret_place)
{
	const char *first = words->places.count ? words->places.items[0] : NULL;

	*ret_guest = first && !is_place(first) ? first : NULL;
	if (words->places.count > 1 && !*ret_guest)
		return error_hint(error_new(ERROR_USAGE, "\"%s\" is no name of a guest",
					    first),
				  "klab module %s", usage);
	*ret_place = first && (words->places.count > 1 || !*ret_guest)
			     ? words->places.items[words->places.count - 1]
			     : ".";
	return NULL;
}

static void print_log(const char *log)
{
	_cleanup_text_ struct text text = {};

	text_append_harmless(&text, log, strlen(log));
	fputs(text_str(&text), stdout);
}

struct error *module_load_one(const struct module_load *load, struct module_outcome *ret)
{
	_cleanup_module_answer_ struct module_answer answer = {};
	_cleanup_error_ struct error *why = NULL;
	const char *remark;

	TRY(module_load(load, &answer));
	print_log(answer.log);
	why = module_explain(&answer);
	remark = module_remark(&answer);
	if (remark)
		print_note("%s", remark);
	if (why)
		print_error(why);
	if (why && *answer.old)
		print_note("the %s of before is unloaded", answer.info.name);
	ret->taken = !why;
	ret->crashed_before = streq(answer.crashed, "before");
	ret->crashed = *answer.crashed;
	return NULL;
}

/* Nothing of this machine is touched before somebody has said yes. */
static struct error *ask_for_host(const struct call *call, const struct strv *files)
{
	const struct own_options *own = call->options;
	_cleanup_free_ char *question = NULL;
	bool replaces = false;

	for (size_t i = 0; i < files->count; i++) {
		bool loaded;

		TRY(module_host_check(files->items[i], &loaded));
		replaces = replaces || loaded;
	}
	print_note("this is the kernel of this machine, not of a guest: a mistake in the "
		   "module can stop the machine or destroy data");
	question = xasprintf("load %s%s into it?", path_base(files->items[0]),
			     replaces ? ", in place of the one that is loaded," : "");
	return ask_yes(question, own->yes || call->guest->yes);
}

static struct error *load_run(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_module_words_ struct module_words words = {};
	_cleanup_strv_ struct strv files = {};
	const char *guest, *place;
	struct module_outcome outcome = { .taken = true };

	TRY(module_take_words(call, 2, &words));
	TRY(module_take_places(&words, "load [GUEST] [DIR|FILE.ko]", &guest, &place));
	if (guest && own->host)
		return error_new(ERROR_USAGE, "--host is this machine, not the guest %s",
				 guest);
	if (path_is_dir(place))
		TRY(module_built_files(place, &files));
	else
		strv_push(&files, place);
	if (own->host)
		TRY(ask_for_host(call, &files));
	for (size_t i = 0; i < files.count && outcome.taken; i++)
		TRY(module_load_one(
			&(struct module_load){
				.guest_name = guest,
				.host = own->host,
				.file = files.items[i],
				.parameters = &words.variables,
			},
			&outcome));
	call->status = outcome.taken ? STATUS_OK : STATUS_FAILED;
	return NULL;
}

static struct error *module_run(struct call *call)
{
	static const struct {
		const char *verb;
		struct error *(*run)(struct call *call);
	} rows[] = { { "new", new_run },
		     { "build", build_run },
		     { "load", load_run },
		     { "watch", module_watch_run } };
	const struct own_options *own = call->options;

	if (own->host && !streq(call->words.items[0], "load"))
		return error_new(ERROR_USAGE, "--host goes with klab module load");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (streq(rows[i].verb, call->words.items[0]))
			return rows[i].run(call);
	}
	return NULL; /* the table of verbs was checked before */
}

static const struct option_row options[] = {
	{ .name = "host",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, host),
	  .help = "load: into the kernel of this machine itself, after a question" },
	{ .name = "yes",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, yes),
	  .help = "Answer that question with yes" },
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab module new demo", "A driver in demo/ that builds" },
	{ "klab module build demo -k debian --arch aarch64 W=1",
	  "Built for the other architecture, with all warnings" },
	{ "klab module load vm demo/demo.ko size=16", "Into the running guest vm" },
	{ NULL, NULL },
};

static const char *const verbs[] = { "new", "build", "load", "watch", NULL };

const struct command command_module = {
	.name = "module",
	.group = COMMAND_KERNELS,
	.summary = "write, build and load a driver",
	.arguments =
		"new NAME [DIR]\nbuild [DIR] [VAR=VALUE...]\nload [GUEST] [DIR|FILE.ko] [PARAM=VALUE...]\nwatch [GUEST] [DIR] [PARAM=VALUE...]",
	.description =
		"new makes a directory with a small driver, its Kbuild and Makefile, and "
		"a test that runs in a guest. build builds the module in DIR (here) "
		"against the kernel that klab run would take: for a stored one Debian's "
		"headers are fetched once. VAR=VALUE goes to make; the modules' paths "
		"are printed. Status 125 if it does not build.\n\n"
		"load puts the module built in DIR (here), or FILE.ko, into the running "
		"GUEST in place of the one that is loaded, and prints what the kernel's "
		"log says since. A word is a GUEST unless it has a slash or ends in "
		".ko. Status 1 if the kernel does not take it, with the reason.\n\n"
		"watch does both, now and whenever a source in DIR is saved, for the "
		"kernel that the guest runs. What does not build is not loaded. A guest "
		"of klab run -d whose kernel crashes is started again.",
	.examples = examples,
	.traits = COMMAND_RUNS,
	.shared = OPTIONS_KERNEL | OPTIONS_ARCH,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_min = 1,
	.words_max = 64,
	.verbs = verbs,
	.words_are = OPTION_VALUES_FILES,
	.run = module_run,
};
