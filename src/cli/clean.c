// SPDX-License-Identifier: GPL-2.0-or-later
/* klab clean: what a build has left in a tree, away. */
#include "cli/building.h"
#include "cli/print.h"

enum level { CLEAN_RESULTS, CLEAN_CONFIG, CLEAN_ALL };

struct own_options {
	enum level level;
};

static struct error *clean_run(struct call *call)
{
	static const char *const targets[] = {
		[CLEAN_RESULTS] = "clean",
		[CLEAN_CONFIG] = "mrproper",
		[CLEAN_ALL] = "distclean",
	};
	const struct own_options *own = call->options;
	const char *directory =
		call->words.count ? call->words.items[0] : building_kernel(call);
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };

	TRY(building_open_tree(call, directory, NULL, &kbuild));
	TRY(kbuild_make_quietly(&kbuild, targets[own->level], NULL));
	print_note("%s is clean (make %s)", kbuild.output, targets[own->level]);
	return NULL;
}

static const struct option_row options[] = {
	{ .name = "config",
	  .kind = OPTION_CONSTANT,
	  .constant = CLEAN_CONFIG,
	  .offset = offsetof(struct own_options, level),
	  .help = "The configuration too (make mrproper)" },
	{ .name = "all",
	  .kind = OPTION_CONSTANT,
	  .constant = CLEAN_ALL,
	  .offset = offsetof(struct own_options, level),
	  .help = "And what editors and patches have left (make distclean)" },
	OPTION_ROWS_END,
};

const struct command command_clean = {
	.name = "clean",
	.group = COMMAND_KERNELS,
	.summary = "remove what a build has left in a tree",
	.arguments = "[DIR]",
	.description =
		"Of the tree that you stand in, or of DIR. Without an option what was "
		"built goes, and .config stays (make clean).",
	.shared = OPTIONS_KERNEL | OPTIONS_ARCH,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_max = 1,
	.words_are = OPTION_VALUES_DIRECTORIES,
	.run = clean_run,
};
