// SPDX-License-Identifier: GPL-2.0-or-later
/* klab rerun: the same command line again, in the same directory. */
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/print.h"
#include "lab/rundir.h"
#include "os/dirs.h"

static struct error *rerun_run(struct call *call)
{
	const char *id = call->words.count ? call->words.items[0] : NULL;
	_cleanup_recalled_ struct recalled run = { 0 };
	_cleanup_free_ char *self = NULL, *line = NULL;

	TRY(rundir_recall(id, &run));
	TRY(dirs_self(&self));
	strv_insert_all(&run.arguments, 0, (const char *const[]){ self, NULL });
	line = strv_shell(&run.arguments);
	print_note("in %s: %s", run.directory, line);
	if (chdir(run.directory) < 0)
		return error_os(errno, "changing to %s", run.directory);
	fflush(NULL);
	execv(self, strv_argv(&run.arguments));
	return error_os(errno, "running %s", self);
}

const struct command command_rerun = {
	.name = "rerun",
	.group = COMMAND_GUESTS,
	.summary = "repeat an earlier run",
	.arguments = "[ID]",
	.description =
		"Repeats a run by its manifest: the same words in the same directory. "
		"ID is in the verdict (--json) and may be abbreviated; without it, "
		"the latest run.",
	.traits = COMMAND_RUNS,
	.words_max = 1,
	.run = rerun_run,
};
