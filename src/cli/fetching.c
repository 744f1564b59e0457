// SPDX-License-Identifier: GPL-2.0-or-later
/* From kernel/fetch's reports to ui/progress. */
#include "cli/fetching.h"

#include "base/log.h"
#include "os/clock.h"
#include "os/tty.h"
#include "ui/progress.h"

static unsigned short columns_of(int fd)
{
	unsigned short rows, columns;

	return tty_size(fd, &rows, &columns) && columns ? columns : 80;
}

static struct error *update(const char *stage, uint64_t done, uint64_t total,
			    void *argument)
{
	progress_update(argument, stage, done, total);
	return NULL;
}

void fetching_init(struct fetching *fetching, const struct call *call)
{
	const struct archive_options *archive = &call->settings.archive;
	const struct progress_options options = {
		/* A fetch takes long enough to be said in a log too. */
		.mode = log_enabled(LOG_LEVEL_NORMAL)
				? progress_mode_for(STDERR_FILENO, true)
				: PROGRESS_SILENT,
		.fd = STDERR_FILENO,
		.columns = columns_of,
		.now_ms = clock_ms,
	};

	fetching->shown = progress_new(&options);
	fetching->progress =
		(struct fetch_progress){ .update = update, .argument = fetching->shown };
	fetching->options = (struct fetch_options){
		.suite = archive->suite,
		.flavour = archive->flavour,
		.mirror = archive->mirror,
		.keyring = archive->keyring,
		.store_budget = call->settings.store_budget,
		.progress = &fetching->progress,
	};
}

void fetching_done(struct fetching *fetching)
{
	if (fetching->shown)
		progress_free(fetching->shown);
	fetching->shown = NULL;
}
