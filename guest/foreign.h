/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another init as PID 1, with the agent beside it. */
#ifndef KLAB_GUEST_FOREIGN_H
#define KLAB_GUEST_FOREIGN_H

#include <stdbool.h>

/* Of PID 1, when the modules are loaded.  False: the kernel's command line names no init=,
 * or that one could not be started.
 * Otherwise this returns in a child, which goes on as the agent; PID 1 itself has become
 * that init. */
bool foreign_start(char **argv, char **environment);

/* In the child that becomes a command: to the mounts that init sees.  0, or an errno. */
int foreign_enter(void);

#endif
