/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab run --explain-cmdline */
#ifndef KLAB_CLI_EXPLAIN_CMDLINE_H
#define KLAB_CLI_EXPLAIN_CMDLINE_H

#include "cli/command.h"

struct error *explain_cmdline(struct call *call) _must_check_;

#endif
