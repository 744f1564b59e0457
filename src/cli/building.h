/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that configure and build a tree share: which tree is meant, and what is
 * said while it is built. */
#ifndef KLAB_CLI_BUILDING_H
#define KLAB_CLI_BUILDING_H

#include "cli/command.h"
#include "lab/build.h"
#include "ui/progress.h"

/* What -k names.  A kernel that a settings file prefers for guests is not meant where it is
 * no tree: NULL then, for where one stands. */
const char *building_kernel(const struct call *call);
/* The tree as the call's options say it; further: VAR=VALUE for make, or NULL.  Borrows
 * from the call. */
void building_tree_options(const struct call *call, const char *directory,
			   const struct strv *further, struct kbuild_options *ret);
struct error *building_open_tree(const struct call *call, const char *directory,
				 const struct strv *further,
				 struct kbuild *ret) _must_check_;
/* How far a build or a configuration is, on a terminal; shown while a quiet make of the
 * tree runs. */
struct progress *building_progress(void);
void building_show_waiting(struct kbuild *kbuild, struct progress *progress);
/* A note for each option that was lost; returns how many of them matter. */
size_t building_report_losses(const struct kconfig_symbols *symbols,
			      const struct config_result *result);
/* build_run(), with its progress on a terminal and the complaints on stderr.  Fills
 * options->ui. */
struct error *building_run(struct build_options *options,
			   struct build_result *ret) _must_check_;
/* What --build asks for; nothing where it was not given. */
struct error *building_before_run(struct call *call) _must_check_;
/* "6.1.0 for x86_64: 812 steps in 3:20, 14 modules"; the caller frees. */
char *building_summary(const struct build_result *result);

#endif
