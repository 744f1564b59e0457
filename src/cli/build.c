// SPDX-License-Identifier: GPL-2.0-or-later
/* klab build: a kernel from its source. */
#include <stdio.h>

#include "base/mem.h"
#include "cli/building.h"
#include "cli/print.h"
#include "format/json.h"

struct own_options {
	unsigned int jobs;
	struct strv fragments;
	bool no_ccache;
	bool json;
};

/* DIR, and VAR=VALUE for make. */
static struct error *take_words(const struct call *call, const char **ret_directory,
				struct strv *ret_further)
{
	for (size_t i = 0; i < call->words.count; i++) {
		const char *word = call->words.items[i];

		if (strchr(word, '='))
			strv_push(ret_further, word);
		else if (*ret_directory)
			return error_hint(error_new(ERROR_USAGE,
						    "\"%s\": only one tree is built",
						    word),
					  "klab builds image, vmlinux and modules; for "
					  "other targets there is make");
		else
			*ret_directory = word;
	}
	return NULL;
}

static void print_json(const struct build_result *result)
{
	_cleanup_json_ struct json_object *object = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_add_string(object, "tree", result->tree);
	json_add_string(object, "release", result->release);
	json_add_string(object, "arch", result->arch->name);
	json_add_string(object, "image", result->image);
	json_add_u64(object, "steps", result->steps);
	json_add_u64(object, "modules", result->modules);
	json_add_u64(object, "milliseconds", (uint64_t)(result->seconds * 1000));
	json_add_u64(object, "jobs", result->jobs);
	json_add_string(object, "log", result->log);
	text = json_pretty(object);
	fputs(text, stdout);
}

static struct error *build_run_command(struct call *call)
{
	const struct own_options *own = call->options;
	const char *directory = NULL;
	_cleanup_strv_ struct strv further = { 0 };
	_cleanup_build_result_ struct build_result result = { 0 };
	struct build_options options = {
		.jobs = own->jobs,
		.fragments = &own->fragments,
		.no_ccache = own->no_ccache,
	};
	_cleanup_free_ char *summary = NULL;

	TRY(take_words(call, &directory, &further));
	building_tree_options(call, directory ? directory : building_kernel(call),
			      &further, &options.tree);
	TRY(building_run(&options, &result));
	if (own->json) {
		print_json(&result);
		return NULL;
	}
	summary = building_summary(&result);
	print_note("%s", summary);
	puts(result.image);
	return NULL;
}

static const struct option_row options[] = {
	{ .name = "jobs",
	  .letter = 'j',
	  .argument = "N",
	  .kind = OPTION_NUMBER,
	  .minimum = 1,
	  .maximum = 4096,
	  .offset = offsetof(struct own_options, jobs),
	  .help = "Compilers at a time (as many as processors and memory bear)" },
	{ .name = "fragment",
	  .argument = "NAME|FILE",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct own_options, fragments),
	  .values = OPTION_VALUES_FILES,
	  .help = "For a tree without .config: begin with this one (base)" },
	{ .name = "no-ccache",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, no_ccache),
	  .help = "Leave ccache out where it is installed" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab build", "The tree that you stand in" },
	{ "klab build ~/linux O=/tmp/small --fragment tiny",
	  "A small kernel, elsewhere" },
	{ "klab build ARCH=arm64 O=../arm64 W=1", "Another architecture; more warnings" },
	{ "git bisect run klab run --build -- ./t", "Which commit broke it" },
	{ NULL, NULL },
};

const struct command command_build = {
	.name = "build",
	.group = COMMAND_KERNELS,
	.summary = "build a kernel from its source",
	.arguments = "[DIR] [VAR=VALUE...]",
	.description =
		"Builds image, vmlinux and modules of the tree that you stand in, or of "
		"DIR, and prints the path of the image. A tree without .config gets a "
		"defconfig with klab's fragment base (klab config). VAR=VALUE goes to "
		"make. What compilers complain of is on stderr; the hint of a build that "
		"failed names the file with all that make said. The status of a "
		"failed build is 125, which git bisect run skips.",
	.examples = examples,
	.traits = COMMAND_RUNS,
	.shared = OPTIONS_KERNEL | OPTIONS_ARCH,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_max = 1000,
	.words_are = OPTION_VALUES_DIRECTORIES,
	.run = build_run_command,
};
