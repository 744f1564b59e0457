/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtiofsd: a program that shows a guest a directory by virtio-fs.  It is quicker than 9p
 * where many files are looked at.  klab uses one that refuses writes by itself, and runs
 * unprivileged.
 */
#ifndef KLAB_VM_VIRTIOFSD_H
#define KLAB_VM_VIRTIOFSD_H

#include "arch/arch.h"
#include "os/spawn.h"
#include "store/store.h"

/* The one in PATH, or where distributions put it, if it works with this QEMU (a path): else
 * the error says why not. */
struct error *virtiofsd_find(struct store *store, const struct arch *arch,
			     const char *qemu, char **ret) _must_check_;
/* Whether it may keep open what a guest looks at, which is a file descriptor each. */
struct error *virtiofsd_check_limit(void) _must_check_;

/* Starts it for the directory shared, read-only; *ret_fd is the connection for QEMU, at
 * whose end it ends.  Its complaints go to output.  directory is a private one, in which
 * it is reached for a moment. */
struct error *virtiofsd_start(const char *program, const char *shared,
			      const char *directory, int output, struct process *ret,
			      int *ret_fd) _must_check_;

#endif
