/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 does before anything else works. */
#ifndef KLAB_GUEST_INIT_H
#define KLAB_GUEST_INIT_H

/* What the channel needs: /dev, /proc, /sys, standard descriptors. */
void init_early(void);
/* The rest; if it can be, done while the host answers the first HELLO. */
void init_late(void);
/* The name by which the kernel and people look for it, where the image has a busybox. */
void init_add_modprobe(void);

#endif
