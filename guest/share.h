/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's directories, by 9p over virtio. */
#ifndef KLAB_GUEST_SHARE_H
#define KLAB_GUEST_SHARE_H

/* "TAG ro|rw PATH", see setup.h. */
void share_apply(char *order);

/* As mount(2). */
int share_mount(const char *tag, const char *path, unsigned long flags);
/* What its errno means, in words. */
const char *share_explain(int err_no);

#endif
