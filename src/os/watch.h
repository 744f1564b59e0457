/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until somebody saves a file in a directory (inotify). */
#ifndef KLAB_OS_WATCH_H
#define KLAB_OS_WATCH_H

#include <stdbool.h>

#include "base/error.h"

struct watch;

/* From now on: what is saved before watch_wait() is called counts too.  wanted says which
 * names do. */
struct error *watch_new(const char *directory, bool (*wanted)(const char *name),
			struct watch **ret) _must_check_;
void watch_free(struct watch *watch);
DEFINE_CLEANUP(struct watch *, watch_free)

/* Until a wanted file was saved and no other follows at once, as when an editor writes
 * several; *ret_name, which the caller frees, is the last.  It is NULL where a signal asked
 * klab to stop. */
struct error *watch_wait(struct watch *watch, char **ret_name) _must_check_;

#endif
