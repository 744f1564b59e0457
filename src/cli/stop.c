// SPDX-License-Identifier: GPL-2.0-or-later
/* klab stop: end running guests. */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/print.h"
#include "lab/attach.h"
#include "vm/keeper.h"

struct stop_options {
	bool force;
	bool all;
};

static const struct option_row stop_rows[] = {
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct stop_options, force),
	  .help = "At once, without asking the guest" },
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct stop_options, all),
	  .help = "All that run" },
	OPTION_ROWS_END,
};

static struct error *stop_one(const char *name, bool force)
{
	const char *const argv[] = { force ? "--force" : NULL, NULL };
	_cleanup_free_ char *answer = NULL;

	return attach_ask(name, "stop", argv, &answer);
}

/* One that cannot be stopped does not keep the others alive. */
static struct error *stop_all(bool force)
{
	struct guest_entry *guests;
	struct error *first = NULL;
	size_t count;

	TRY(guests_list(&guests, &count));
	for (size_t i = 0; i < count; i++) {
		struct error *err = stop_one(guests[i].name, force);

		if (err && first)
			error_free(err);
		else if (err)
			first = error_wrap(err, "%s", guests[i].name);
	}
	guests_free(guests, count);
	return first;
}

static struct error *stop_run(struct call *call)
{
	const struct stop_options *options = call->options;

	if (options->all && call->words.count)
		return error_new(ERROR_USAGE,
				 "--all and a guest's name exclude each other");
	if (options->all)
		return stop_all(options->force);
	if (!call->words.count)
		return stop_one(NULL, options->force);
	for (size_t i = 0; i < call->words.count; i++)
		TRY(stop_one(call->words.items[i], options->force));
	return NULL;
}

const struct command command_stop = {
	.name = "stop",
	.group = COMMAND_GUESTS,
	.summary = "end running guests",
	.arguments = "[GUEST...]",
	.description =
		"Asks the guest to power off and waits until it has; one that does "
		"not within twenty seconds is ended all the same.",
	.options = stop_rows,
	.options_size = sizeof(struct stop_options),
	.words_max = 1000,
	.words_are = OPTION_VALUES_GUESTS,
	.run = stop_run,
};
