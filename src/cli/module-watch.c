// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klab module watch: build and load on every save.  A guest whose kernel has crashed is
 * started again, so that the next save finds one that works.
 */
#include <stdio.h>

#include "base/mem.h"
#include "cli/fetching.h"
#include "cli/module.h"
#include "cli/print.h"
#include "lab/again.h"
#include "os/watch.h"

struct watching {
	struct module_build build;
	struct module_target target;
	struct module_words words;
	struct again again;
};

static void watching_deinit(struct watching *watching)
{
	module_target_deinit(&watching->target);
	module_words_deinit(&watching->words);
	again_deinit(&watching->again);
}

/* Is it a source of the module?  kbuild's own results are not. */
static bool is_source(const char *name)
{
	static const char *const suffixes[] = { ".c", ".h", ".S", ".rs", ".lds" };

	if (*name == '.' || has_suffix(name, ".mod.c"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (has_suffix(name, suffixes[i]))
			return true;
	}
	return streq(name, "Kbuild") || streq(name, "Makefile");
}

static struct error *revive(const struct again *again)
{
	if (!again->run.detached) {
		print_note("the kernel of the guest %s has crashed: boot it anew",
			   again->name);
		return NULL;
	}
	print_note("the kernel of the guest %s has crashed: it is started again",
		   again->name);
	return again_start(again);
}

/* A module that takes the kernel with it leaves no answer. */
static struct error *load_once(const struct watching *watching, const char *file,
			       struct module_outcome *ret)
{
	struct error *err = module_load_one(
		&(struct module_load){
			.guest_name = watching->again.name,
			.file = file,
			.parameters = &watching->words.variables,
		},
		ret);

	if (!err || error_is(err, ERROR_INTERRUPTED) || !again_is_down(&watching->again))
		return err;
	print_error(err);
	error_free(err);
	*ret = (struct module_outcome){ .crashed = true };
	return NULL;
}

/* Where something else had crashed the kernel, it is loaded into the next. */
static struct error *load_file(const struct watching *watching, const char *file,
			       bool *ret_taken)
{
	struct module_outcome outcome;

	TRY(load_once(watching, file, &outcome));
	if (outcome.crashed)
		TRY(revive(&watching->again));
	if (outcome.crashed_before && watching->again.run.detached) {
		TRY(load_once(watching, file, &outcome));
		if (outcome.crashed)
			TRY(revive(&watching->again));
	}
	*ret_taken = outcome.taken;
	return NULL;
}

/* Build and load once.  What goes wrong is said, and the next save may mend it. */
static struct error *build_and_load(const struct watching *watching)
{
	_cleanup_strv_ struct strv files = {};
	struct error *err = module_build(&watching->build, &watching->target, &files);
	bool taken = true;

	for (size_t i = 0; i < files.count && taken && !err; i++)
		err = load_file(watching, files.items[i], &taken);
	fflush(stdout);
	if (!err || error_is(err, ERROR_INTERRUPTED))
		return err;
	print_error(err);
	error_ignore(err);
	return NULL;
}

/* From now until Ctrl-C. */
static struct error *watch_directory(const struct watching *watching)
{
	_cleanup_(watch_freep) struct watch *watch = NULL;
	const char *directory = watching->build.directory;

	TRY(watch_new(directory, is_source, &watch));
	for (;;) {
		_cleanup_free_ char *saved = NULL;

		TRY(build_and_load(watching));
		print_note("waiting for a change in %s; Ctrl-C ends it", directory);
		TRY(watch_wait(watch, &saved));
		if (!saved)
			return NULL;
		print_note("%s was saved", saved);
	}
}

struct error *module_watch_run(struct call *call)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_fetching_ struct fetching fetching = {};
	_cleanup_(watching_deinit) struct watching watching = {
		.build = { .guest = call->guest, .fetch = &fetching.options },
	};
	_cleanup_free_ char *remark = NULL;
	const char *guest;

	TRY(module_take_words(call, 2, &watching.words));
	TRY(module_take_places(&watching.words, "watch [GUEST] [DIR]", &guest,
			       &watching.build.directory));
	/* Of make only what the compiler says. */
	call->guest->verbosity = MIN(call->guest->verbosity, -1);
	TRY(again_prepare(guest, &watching.again));
	TRY(store_open(NULL, &store));
	fetching_init(&fetching, call);
	TRY(module_target_of_guest(store, &watching.build, watching.again.name,
				   &watching.target, &remark));
	fetching_done(&fetching);
	if (remark)
		print_note("%s", remark);
	return watch_directory(&watching);
}
