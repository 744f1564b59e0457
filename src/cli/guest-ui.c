// SPDX-License-Identifier: GPL-2.0-or-later
/* Notes and progress around the start of a guest. */
#include "cli/guest-ui.h"

#include "base/log.h"
#include "cli/print.h"
#include "kernel/stale.h"
#include "ui/progress.h"

static void tell_if_stale(const struct plan *plan, const struct call *call)
{
	_cleanup_free_ char *why = call->guest->build ? NULL : kernel_stale(plan->kernel);

	if (why)
		print_note(
			"the kernel is older than its tree: %s (--build builds it first)",
			why);
}

/* A shell's user is told what was chosen; a command's only with -v. */
static void on_planned(const struct plan *plan, const char *name, void *argument)
{
	struct guest_ui *ui = argument;
	bool person = !ui->call->guest->command.count && isatty(STDERR_FILENO);
	bool shell =
		person && ui->call->command == &command_run && !ui->call->guest->detach;
	_cleanup_free_ char *description = plan_describe(plan);

	progress_hide(ui->fetching.shown);
	if (plan->kernel->remark)
		print_note("%s", plan->kernel->remark);
	tell_if_stale(plan, ui->call);
	if (!person && !log_enabled(LOG_LEVEL_DEBUG))
		return;
	print_note("%s", description);
	if (plan->root && plan->root->reason)
		print_note("the host's files come by 9p, which is slow with many: %s",
			   plan->root->reason);
	if (plan->boot_reason && plan->boot == BOOT_IMAGE && !plan->kaslr)
		log_debug("not started by PVH: %s", plan->boot_reason);
	if (shell)
		print_note("guest %s; Ctrl-a x ends it, Ctrl-a h helps", name);
}

/* On a terminal a line that goes away again; a boot under TCG takes a second or more. */
static void on_booting(void *argument)
{
	struct guest_ui *ui = argument;

	if (isatty(STDERR_FILENO) && ui->fetching.shown)
		progress_update(ui->fetching.shown, "booting", 0, 0);
}

static void on_ready(void *argument)
{
	struct guest_ui *ui = argument;

	fetching_done(&ui->fetching);
}

static void on_note(const char *text, void *argument)
{
	print_note("%s", text);
}

void guest_ui_init(struct guest_ui *ui, const struct call *call)
{
	ui->call = call;
	fetching_init(&ui->fetching, call);
	ui->run = (struct run_ui){
		.plan.fetch = &ui->fetching.options,
		.planned = on_planned,
		.booting = on_booting,
		.ready = on_ready,
		.note = on_note,
		.argument = ui,
	};
}

void guest_ui_deinit(struct guest_ui *ui)
{
	fetching_done(&ui->fetching);
}
