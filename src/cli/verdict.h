/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict for its readers: sentences on stderr, JSON where asked, the exit status. */
#ifndef KLAB_CLI_VERDICT_H
#define KLAB_CLI_VERDICT_H

#include "cli/command.h"
#include "lab/verdict.h"

/* Says what there is to say of how it ended, and sets call->status. */
struct error *report_verdict(struct call *call,
			     const struct verdict *verdict) _must_check_;

#endif
