// SPDX-License-Identifier: GPL-2.0-or-later
/* A build as the user sees it. */
#include "cli/building.h"

#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/print.h"
#include "lab/config.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/tty.h"

const char *building_kernel(const struct call *call)
{
	const char *spec = call->guest->kernel;
	const char *source = settings_source(&call->settings, "kernel");

	if (spec && !path_is_dir(spec) && source && !streq(source, "the command line"))
		return NULL;
	return spec;
}

void building_tree_options(const struct call *call, const char *directory,
			   const struct strv *further, struct kbuild_options *ret)
{
	const struct guest_options *guest = call->guest;

	*ret = (struct kbuild_options){
		.directory = directory,
		.output = guest->output,
		.arch = guest->arch ? arch_find(guest->arch) : NULL,
		.cross_compile = guest->cross_compile,
		.llvm = guest->llvm,
		.further = further,
	};
}

struct error *building_open_tree(const struct call *call, const char *directory,
				 const struct strv *further, struct kbuild *ret)
{
	struct kbuild_options options;

	building_tree_options(call, directory, further, &options);
	return kbuild_open(&options, ret);
}

size_t building_report_losses(const struct kconfig_symbols *symbols,
			      const struct config_result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->loss_count; i++) {
		const struct config_loss *loss = &result->losses[i];
		_cleanup_free_ char *sentence = config_loss_sentence(loss, symbols);

		print_note("%s", sentence);
		count += config_loss_matters(loss);
	}
	return count;
}

static unsigned short columns_of(int fd)
{
	unsigned short rows, columns;

	return tty_size(fd, &rows, &columns) && columns ? columns : 80;
}

static void on_step(const char *stage, uint64_t done, uint64_t total, void *argument)
{
	progress_update(argument, stage, done, total);
}

static void on_complaint(const char *bytes, size_t size, void *argument)
{
	progress_hide(argument);
	/* A stderr that is gone does not stop a build; the log has it all. */
	error_ignore(fd_write_all(STDERR_FILENO, bytes, size));
}

static void on_configured(const struct kbuild *kbuild,
			  const struct kconfig_symbols *symbols,
			  const struct config_result *result, void *argument)
{
	progress_hide(argument);
	print_note("%s begins with %s", kbuild->config, result->began);
	(void)building_report_losses(symbols, result); /* a build without is one, too */
}

struct progress *building_progress(void)
{
	const struct progress_options shown = {
		.mode = log_enabled(LOG_LEVEL_NORMAL)
				? progress_mode_for(STDERR_FILENO, false)
				: PROGRESS_SILENT,
		.fd = STDERR_FILENO,
		.unit = "steps",
		.columns = columns_of,
		.now_ms = clock_ms,
	};

	return progress_new(&shown);
}

static void on_waiting(const char *target, void *argument)
{
	progress_update(argument, target, 0, 0);
}

void building_show_waiting(struct kbuild *kbuild, struct progress *progress)
{
	kbuild->waiting = on_waiting;
	kbuild->waiting_argument = progress;
}

struct error *building_run(struct build_options *options, struct build_result *ret)
{
	_cleanup_(progress_freep) struct progress *progress = building_progress();
	const struct build_ui ui = {
		.step = on_step,
		.complaint = on_complaint,
		.configured = on_configured,
		.argument = progress,
	};

	options->ui = &ui;
	return build_run(options, ret);
}

char *building_summary(const struct build_result *result)
{
	struct text text = { 0 };

	text_appendf(&text, "built %s for %s: %llu steps in %.1f s",
		     result->release ? result->release : "a kernel", result->arch->name,
		     (unsigned long long)result->steps, result->seconds);
	if (result->modules)
		text_appendf(&text, ", %llu modules",
			     (unsigned long long)result->modules);
	text_appendf(&text, " (-j%u%s)", result->jobs, result->ccache ? ", ccache" : "");
	return text_take(&text);
}

struct error *building_before_run(struct call *call)
{
	_cleanup_build_result_ struct build_result result = { 0 };
	_cleanup_free_ char *summary = NULL;
	struct build_options options = { 0 };

	if (!call->guest->build)
		return NULL;
	building_tree_options(call, building_kernel(call), NULL, &options.tree);
	TRY(building_run(&options, &result));
	/* A run's own deadlines are not the compiler's. */
	call->started_us = clock_us();
	if (!isatty(STDERR_FILENO) && !log_enabled(LOG_LEVEL_DEBUG))
		return NULL;
	summary = building_summary(&result);
	print_note("%s", summary);
	return NULL;
}
