/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 does before anything else works. */
#ifndef KLAB_GUEST_INIT_H
#define KLAB_GUEST_INIT_H

/* What the channel needs: /dev, /proc, /sys, standard descriptors. */
void init_early(void);
/* The rest, done while the host answers the first HELLO. */
void init_late(void);

#endif
