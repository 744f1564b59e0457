/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal while a guest has it: raw, with the escape key Ctrl-a that QEMU's
 * users have in their fingers:
 *
 *	Ctrl-a x	leave: end the guest (run), or the session (exec, console)
 *	Ctrl-a c	a line of QEMU's monitor, and back
 *	Ctrl-a a	Ctrl-a itself (also Ctrl-a Ctrl-a)
 *	Ctrl-a h	this list
 */
#ifndef KLAB_LAB_TERMINAL_H
#define KLAB_LAB_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "os/loop.h"

struct terminal;

struct terminal_handlers {
	void (*leave)(void *argument);
	/* A line for the monitor; the answer goes to terminal_print(). NULL: there is
	 * no monitor. */
	void (*monitor_line)(const char *line, void *argument);
	void (*resized)(unsigned short rows, unsigned short columns, void *argument);
	void *argument;
};

/* *ret is NULL if input_fd is no terminal. */
struct error *terminal_new(struct loop *loop, int input_fd, int output_fd,
			   const struct terminal_handlers *handlers,
			   struct terminal **ret) _must_check_;
void terminal_free(struct terminal *terminal); /* restores it */
DEFINE_CLEANUP(struct terminal *, terminal_free)

/* What was typed: escapes are taken out and acted upon.  For
 * session_set_input_filter(). */
void terminal_filter(uint8_t *data, size_t *size, void *terminal);
/* Text of klab's or the monitor's on the raw terminal: \n becomes \r\n. */
void terminal_print(struct terminal *terminal, const char *text, size_t size);
/* The monitor's answer has come: ask for the next line. */
void terminal_monitor_prompt(struct terminal *terminal);
void terminal_size(struct terminal *terminal, uint16_t *ret_rows, uint16_t *ret_columns);

#endif
