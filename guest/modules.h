/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules that the image brings along. */
#ifndef KLAB_GUEST_MODULES_H
#define KLAB_GUEST_MODULES_H

#define MODULES_LIST "/lib/klab/modules.load"

/* Each line of the list: a path, then perhaps parameters; in load order.  Failures are
 * noted. */
void modules_load(void);

#endif
