/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal: raw mode that is undone whatever happens, and its size.  The
 * settings are kept by a small process that outlives a SIGKILL of klab and restores them.
 */
#ifndef KLAB_OS_TTY_H
#define KLAB_OS_TTY_H

#include <stdbool.h>

#include "base/error.h"

struct tty;

/* NULL and no error if fd is no terminal.  fd is borrowed until tty_free().  A process in
 * the background is stopped (SIGTTOU) until it is in the foreground. */
struct error *tty_raw(int fd, struct tty **ret) _must_check_;
/* Back to the settings of before, if they are still ours; the object stays usable for
 * tty_raw_again(). */
void tty_restore(struct tty *tty);
void tty_raw_again(struct tty *tty);
/* Restores. */
void tty_free(struct tty *tty);
DEFINE_CLEANUP(struct tty *, tty_free)

/* False if unknown. */
bool tty_size(int fd, unsigned short *ret_rows, unsigned short *ret_columns);

#endif
