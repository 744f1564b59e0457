/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions before something that cannot be undone. */
#ifndef KLAB_CLI_ASK_H
#define KLAB_CLI_ASK_H

#include <stdbool.h>

#include "base/error.h"

/* An error unless the answer is yes: on the terminal, or given before (--yes).  Where
 * nobody can be asked the answer is no. */
struct error *ask_yes(const char *question, bool given) _must_check_;

#endif
