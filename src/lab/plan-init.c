// SPDX-License-Identifier: GPL-2.0-or-later
/* Which recipe a guest is made by, or its disk was, and so who is PID 1. */
#include "base/mem.h"
#include "lab/named-disk.h"
#include "lab/plan-internal.h"

bool plan_has_no_root(const struct guest_options *options)
{
	return options->root && streq(options->root, "none");
}

/* A named disk is started as the recipe said when it was made: that may have changed, or
 * be gone. */
static struct error *find_kept(const struct guest_options *options, bool *ret_found,
			       struct recipe *ret)
{
	_cleanup_free_ char *line = NULL;

	*ret_found = false;
	if (!options->disk_name)
		return NULL;
	TRY(named_disk_init(options->disk_name, &line));
	if (!line)
		return NULL;
	TRY(recipe_parse_init(options->disk_name, line, ret));
	*ret_found = true;
	return NULL;
}

/* That of a disk of the user's is what carries the agent there. */
static struct error *find_recipe(const struct guest_options *options, struct plan *plan)
{
	_cleanup_free_ char *word =
		options->root ? root_recipe_word(options->root) : NULL;
	bool kept;

	TRY(find_kept(options, &kept, &plan->recipe));
	if (kept)
		return NULL;
	if (!word && options->root && root_where(options) == ROOT_INITRAMFS)
		word = xstrdup(options->root); /* it is said that there is none */
	TRY(recipe_find(word ? word : RECIPE_DEFAULT, &plan->recipe));
	if (word && options->root && !streq(word, options->root) &&
	    !plan->recipe.packages.count)
		return error_new(ERROR_USAGE,
				 "the recipe %s has no packages, and so no suites: %s",
				 word, options->root);
	return NULL;
}

struct error *plan_choose_init(const struct guest_options *options, struct plan *plan)
{
	bool none = plan_has_no_root(options);

	if (options->root && options->initrd && root_where(options) != ROOT_DISK)
		return error_hint(error_new(ERROR_USAGE,
					    "--root and --initrd exclude each other"),
				  "the first says what klab makes, the second what "
				  "somebody has made");
	if (!options->initrd && !none)
		TRY(find_recipe(options, plan));
	plan->user_initramfs = none;
	plan->machine.agent = !options->no_agent && !plan->recipe.alone && !none;
	if (!plan->machine.agent && options->command.count)
		return error_hint(error_new(ERROR_USAGE,
					    "without klab's agent no command can be run"),
				  "leave out the command, or put it into an init");
	plan->on_console =
		!options->command.count &&
		(!plan->machine.agent || (plan->recipe.console && !options->init));
	return NULL;
}
