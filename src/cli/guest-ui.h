/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user sees while a guest is being prepared and boots. */
#ifndef KLAB_CLI_GUEST_UI_H
#define KLAB_CLI_GUEST_UI_H

#include "cli/command.h"
#include "cli/fetching.h"
#include "lab/run.h"

struct guest_ui {
	struct run_ui run; /* to hand to lab/ */
	const struct call *call;
	struct fetching fetching;
};

void guest_ui_init(struct guest_ui *ui, const struct call *call);
void guest_ui_deinit(struct guest_ui *ui);
#define _cleanup_guest_ui_ _cleanup_(guest_ui_deinit)

#endif
