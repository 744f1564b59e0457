/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until the init beside us has started its services. */
#ifndef KLAB_GUEST_READY_H
#define KLAB_GUEST_READY_H

/* "PATH", see setup.h. */
void ready_apply(char *path);
/* Returns at once if nothing was ordered. */
void ready_wait(void);

#endif
