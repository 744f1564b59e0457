/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's own root as the guest's: a share of all its files, which nobody writes to, and
 * a file system in the guest's memory laid over it, which takes what is written.
 */
#ifndef KLAB_GUEST_HOST_H
#define KLAB_GUEST_HOST_H

/* "TAG 9p|virtiofs klab|host", see setup.h. */
void host_apply(char *order);

#endif
