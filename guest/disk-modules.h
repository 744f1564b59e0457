/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of the initramfs for modprobe on a root that has none of this kernel. */
#ifndef KLAB_GUEST_DISK_MODULES_H
#define KLAB_GUEST_DISK_MODULES_H

/* Before the root changes: a descriptor of them; -1: there are none. */
int disk_modules_hold(void);
/* On the new root, where /proc is: at their usual place, for reading.  Closes held. */
void disk_modules_show(int held);

#endif
