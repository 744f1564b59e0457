/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of klab module share: module.c has them all but watch (module-watch.c). */
#ifndef KLAB_CLI_MODULE_H
#define KLAB_CLI_MODULE_H

#include "cli/command.h"
#include "lab/module-load.h"
#include "lab/module.h"

/* The words behind the verb: those for make or the module (NAME=VALUE), and the others. */
struct module_words {
	struct strv variables;
	struct strv places;
};

void module_words_deinit(struct module_words *words);
#define _cleanup_module_words_ _cleanup_(module_words_deinit)

struct error *module_take_words(const struct call *call, size_t places_max,
				struct module_words *ret) _must_check_;
/* [GUEST] [DIR|FILE.ko]; without them the only guest (NULL) and here.  Borrowed. */
struct error *module_take_places(const struct module_words *words, const char *usage,
				 const char **ret_guest,
				 const char **ret_place) _must_check_;

struct module_outcome {
	bool taken;	     /* the kernel has it */
	bool crashed_before; /* the kernel is not to be trusted any more: since before, */
	bool crashed;	     /* or at all */
};
/* Load one and show what came of it. */
struct error *module_load_one(const struct module_load *load,
			      struct module_outcome *ret) _must_check_;

struct error *module_watch_run(struct call *call) _must_check_;

#endif
