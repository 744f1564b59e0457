// SPDX-License-Identifier: GPL-2.0-or-later
/* The raw terminal with its escape key and monitor line. */
#include "lab/terminal.h"

#include <ctype.h>
#include <signal.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "os/tty.h"

#define ESCAPE_KEY 0x01 /* Ctrl-a */
#define KEY_BACKSPACE 0x7f
#define MONITOR_LINE_MAX 4096

static const char help[] = "\nCtrl-a x  leave        Ctrl-a c  QEMU's monitor, and back\n"
			   "Ctrl-a a  Ctrl-a       Ctrl-a h  this help\n";
static const char prompt[] = "(qemu) ";

enum mode { MODE_GUEST, MODE_MONITOR };

struct terminal {
	struct tty *tty;
	int output_fd;
	struct terminal_handlers handlers;
	struct loop_source *winch;
	enum mode mode;
	bool escaped;	  /* Ctrl-a was the last key */
	struct text line; /* of the monitor */
};

static struct error *on_winch(int signal, void *argument)
{
	struct terminal *terminal = argument;
	uint16_t rows, columns;

	terminal_size(terminal, &rows, &columns);
	if (terminal->handlers.resized && rows)
		terminal->handlers.resized(rows, columns, terminal->handlers.argument);
	return NULL;
}

struct error *terminal_new(struct loop *loop, int input_fd, int output_fd,
			   const struct terminal_handlers *handlers,
			   struct terminal **ret)
{
	_cleanup_(terminal_freep) struct terminal *terminal = xnew(struct terminal);

	*ret = NULL;
	terminal->output_fd = output_fd;
	terminal->handlers = *handlers;
	TRY(tty_raw(input_fd, &terminal->tty));
	if (!terminal->tty)
		return NULL;
	TRY(loop_add_signal(loop, SIGWINCH, on_winch, terminal, &terminal->winch));
	*ret = take_ptr(terminal);
	return NULL;
}

void terminal_free(struct terminal *terminal)
{
	if (!terminal)
		return;
	loop_source_free(terminal->winch);
	tty_free(terminal->tty);
	text_deinit(&terminal->line);
	free(terminal);
}

void terminal_print(struct terminal *terminal, const char *text, size_t size)
{
	_cleanup_text_ struct text raw = { 0 };

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			text_append_char(&raw, '\r');
		text_append_char(&raw, text[i]);
	}
	/* A terminal that has gone away is noticed by whoever reads from it. */
	error_ignore(fd_write_all(terminal->output_fd, raw.data, raw.length));
}

static void print_string(struct terminal *terminal, const char *text)
{
	terminal_print(terminal, text, strlen(text));
}

void terminal_monitor_prompt(struct terminal *terminal)
{
	if (terminal->mode == MODE_MONITOR)
		print_string(terminal, prompt);
}

static void escape_command(struct terminal *terminal, uint8_t key)
{
	switch (key) {
	case 'x':
		terminal->handlers.leave(terminal->handlers.argument);
		break;
	case 'c':
		if (!terminal->handlers.monitor_line) {
			print_string(terminal, "\nThere is no monitor here.\n");
			break;
		}
		terminal->mode = terminal->mode == MODE_GUEST ? MODE_MONITOR : MODE_GUEST;
		text_truncate(&terminal->line, 0);
		print_string(terminal, terminal->mode == MODE_MONITOR
					       ? "\nQEMU's monitor; Ctrl-a c goes back.\n"
					       : "\n");
		terminal_monitor_prompt(terminal);
		break;
	default:
		print_string(terminal, help);
		break;
	}
}

/* A line editor that can do just what is needed: type, erase, kill, enter. */
static void monitor_key(struct terminal *terminal, uint8_t key)
{
	struct text *line = &terminal->line;

	if (key == '\r' || key == '\n') {
		print_string(terminal, "\n");
		if (line->length)
			terminal->handlers.monitor_line(text_str(line),
							terminal->handlers.argument);
		else
			terminal_monitor_prompt(terminal);
		text_truncate(line, 0);
	} else if ((key == KEY_BACKSPACE || key == '\b') && line->length) {
		text_truncate(line, line->length - 1);
		print_string(terminal, "\b \b");
	} else if (key == 0x15) { /* Ctrl-u */
		while (line->length) {
			text_truncate(line, line->length - 1);
			print_string(terminal, "\b \b");
		}
	} else if (isprint(key) && line->length < MONITOR_LINE_MAX) {
		text_append_char(line, (char)key);
		terminal_print(terminal, (const char *)&key, 1);
	}
}

void terminal_filter(uint8_t *data, size_t *size, void *argument)
{
	struct terminal *terminal = argument;
	size_t kept = 0;

	for (size_t i = 0; i < *size; i++) {
		uint8_t key = data[i];
		bool literal = terminal->escaped && (key == 'a' || key == ESCAPE_KEY);

		if (terminal->escaped && !literal) {
			terminal->escaped = false;
			escape_command(terminal, key);
			continue;
		}
		if (!terminal->escaped && key == ESCAPE_KEY) {
			terminal->escaped = true;
			continue;
		}
		terminal->escaped = false;
		if (literal)
			key = ESCAPE_KEY;
		if (terminal->mode == MODE_MONITOR)
			monitor_key(terminal, key);
		else
			data[kept++] = key;
	}
	*size = kept;
}

void terminal_size(struct terminal *terminal, uint16_t *ret_rows, uint16_t *ret_columns)
{
	*ret_rows = 0;
	*ret_columns = 0;
	/* Unknown stays 0: the guest's terminal then has no size either. */
	(void)tty_size(terminal->output_fd, ret_rows, ret_columns);
}
