/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's own lines at the end of the guest's start (--eval-late). */
#ifndef KLAB_GUEST_LATE_H
#define KLAB_GUEST_LATE_H

/* One more line, see setup.h. */
void late_apply(char *line);
/* Runs them all as one script, and waits for its end; without any it does nothing. */
void late_run(void);

#endif
