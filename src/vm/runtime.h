/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runtime directory of a guest: dirs_runtime()/NAME.  Who holds its lock file is the
 * guest's keeper; a directory whose lock is free is rubbish, whatever it holds.  Claiming,
 * releasing and sweeping take turns by a lock above all of them (dirs_runtime()/.lock),
 * so that no sweep meets a directory half made.
 */
#ifndef KLAB_VM_RUNTIME_H
#define KLAB_VM_RUNTIME_H

#include "base/error.h"

/* Long enough for people, short enough that the socket's path fits sun_path. */
#define RUNTIME_NAME_MAX 48

struct runtime {
	char *path;    /* NULL: none */
	int lock_fd;   /* -1: none */
	int listen_fd; /* the socket "ctl"; -1: none */
};

#define RUNTIME_NONE ((struct runtime){ .lock_fd = -1, .listen_fd = -1 })

/* Letters, digits, "-", "_" and "."; not beginning with "." or "-". */
struct error *runtime_check_name(const char *name) _must_check_;
/* Make the directory of this guest and listen on its socket.  ERROR_EXISTS: a guest of
 * this name runs. */
struct error *runtime_claim(const char *name, struct runtime *ret) _must_check_;
/* Remove the directory.  Also fine on RUNTIME_NONE. */
void runtime_release(struct runtime *runtime);

#endif
