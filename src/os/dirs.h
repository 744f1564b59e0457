/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where klab keeps things: the XDG directories, with fallbacks where they are unset.
 * Every function returns a string that the caller frees; nothing is created here.
 */
#ifndef KLAB_OS_DIRS_H
#define KLAB_OS_DIRS_H

#include "base/error.h"

/* $XDG_CACHE_HOME/klab, else ~/.cache/klab: what can be made again. */
struct error *dirs_cache(char **ret) _must_check_;
/* $XDG_STATE_HOME/klab, else ~/.local/state/klab: logs and manifests of runs. */
struct error *dirs_state(char **ret) _must_check_;
/* $XDG_DATA_HOME/klab, else ~/.local/share/klab: what is the user's and nobody can make
 * again, as named disks. */
struct error *dirs_kept(char **ret) _must_check_;
/* $XDG_CONFIG_HOME/klab, else ~/.config/klab. */
struct error *dirs_config(char **ret) _must_check_;
/* $XDG_RUNTIME_DIR/klab; where that is unset or unusable $TMPDIR-or-/tmp/klab-UID, which
 * must be a 0700 directory of ours (an error otherwise).  Created 0700 by this call. */
struct error *dirs_runtime(char **ret) _must_check_;

/* Where klab's own data is: the directory named by the environment variable KLAB_DATA,
 * else beside the running program (build tree), else the installed one.
 * dirs_data_file("guest/agent-x86_64") gives a readable path or an error with a hint. */
struct error *dirs_data_file(const char *name, char **ret) _must_check_;
/* The path of the running klab, to start it again. */
struct error *dirs_self(char **ret) _must_check_;

#endif
