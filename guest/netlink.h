/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being woken by the kernel's netlink messages; what they say is looked up elsewhere. */
#ifndef KLAB_GUEST_NETLINK_H
#define KLAB_GUEST_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

/* The descriptor; -1: this kernel has none of that. */
int netlink_listen(int protocol, uint32_t groups);
/* False: nothing came within the time (-1: no limit).  What came is gone, and with it
 * what got lost: look again.  fd may be -1: then it is the time alone. */
bool netlink_wait(int fd, int timeout_ms);

#endif
