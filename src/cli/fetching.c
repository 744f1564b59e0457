// SPDX-License-Identifier: GPL-2.0-or-later
/* From kernel/fetch's reports to ui/progress. */
#include "cli/fetching.h"

#include <signal.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/tty.h"
#include "ui/progress.h"

static unsigned short columns_of(int fd)
{
	unsigned short rows, columns;

	return tty_size(fd, &rows, &columns) && columns ? columns : 80;
}

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

void fetching_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = on_signal,
					  .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction before;

		/* What nohup(1) has taken away stays away. */
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static struct error *update(const char *stage, uint64_t done, uint64_t total,
			    void *argument)
{
	if (caught)
		return error_interrupted(caught, "%s was interrupted", stage);
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
