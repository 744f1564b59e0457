/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's serial console: always read, so that the guest never waits for it, always
 * logged, and watched for the line of a kernel panic.
 */
#ifndef KLAB_VM_CONSOLE_H
#define KLAB_VM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "os/loop.h"

struct console;

/* Borrowed until console_free(); no handler may free the console. */
struct console_handlers {
	void (*output)(const void *data, size_t size, void *argument);
	/* The text behind "Kernel panic - not syncing: ", made harmless. */
	void (*panic)(const char *text, void *argument);
	/* The log cannot be written (once); the console is read on. */
	void (*log_failed)(const struct error *err, void *argument);
	/* More input is taken.  May be NULL. */
	void (*input_room)(void *argument);
};

/* Takes fd over (also when it fails); the log is made anew. */
struct error *console_new(struct loop *loop, int fd, const char *log_path,
			  const struct console_handlers *handlers, void *argument,
			  struct console **ret) _must_check_;
void console_free(struct console *console);
DEFINE_CLEANUP(struct console *, console_free)

/* Read what has arrived already, without waiting. */
void console_drain(struct console *console);
/* Queue input for the guest.  Who is the source stops while console_input_full(). */
void console_input(struct console *console, const void *data, size_t size);
bool console_input_full(const struct console *console);

#endif
