// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's console (console.h): from QEMU's socket to the log and to who listens. */
#include "vm/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

#define CONSOLE_READ_SIZE (16u << 10)
/* One wakeup reads at most this much: a guest that floods its console must not keep the
 * loop from its other sources. */
#define CONSOLE_ROUND_SIZE (256u << 10)
/* printk lines have at most 1024 bytes with their prefix. */
#define CONSOLE_LINE_MAX 1024
#define CONSOLE_INPUT_FULL (64u << 10)

struct console {
	int fd; /* -1: QEMU has gone */
	int log_fd;
	char *log_path;
	struct loop_source *source;
	const struct console_handlers *handlers;
	void *argument;
	char line[CONSOLE_LINE_MAX];
	size_t line_length; /* what is longer is cut off */
	struct text input;  /* not yet taken by QEMU */
};

static void console_log(struct console *console, const void *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;

	if (console->log_fd < 0)
		return;
	err = fd_write_all(console->log_fd, data, size);
	if (!err)
		return;
	err = error_wrap(take_ptr(err), "writing the console log %s", console->log_path);
	close_fd(console->log_fd);
	console->handlers->log_failed(err, console->argument);
}

/* Linux kernel/panic.c, panic(): the same words since 2.1. */
static void console_check_line(struct console *console)
{
	static const char words[] = "Kernel panic - not syncing: ";
	const char *end = console->line + console->line_length;
	_cleanup_text_ struct text harmless = { 0 };
	const char *found =
		memmem(console->line, console->line_length, words, sizeof(words) - 1);

	if (!found)
		return;
	found += sizeof(words) - 1;
	text_append_harmless(&harmless, found, (size_t)(end - found));
	console->handlers->panic(text_str(&harmless), console->argument);
}

static void console_watch(struct console *console, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || data[i] == '\r') {
			console_check_line(console);
			console->line_length = 0;
		} else if (console->line_length < sizeof(console->line)) {
			console->line[console->line_length++] = data[i];
		}
	}
}

static void console_hang_up(struct console *console)
{
	/* A panic's line may have been the last, without its end. */
	console_check_line(console);
	console->line_length = 0;
	loop_source_free(take_ptr(console->source));
	close_fd(console->fd);
}

/* False when there is nothing more to read now. */
static bool console_read(struct console *console, size_t *total)
{
	char buffer[CONSOLE_READ_SIZE];
	ssize_t n = recv(console->fd, buffer, sizeof(buffer), 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		console_hang_up(console);
		return false;
	}
	*total += (size_t)n;
	console_log(console, buffer, (size_t)n);
	console->handlers->output(buffer, (size_t)n, console->argument);
	console_watch(console, buffer, (size_t)n);
	return true;
}

void console_drain(struct console *console)
{
	size_t total = 0;

	while (console->fd >= 0 && console_read(console, &total))
		;
}

static void console_flush(struct console *console)
{
	bool was_full = console_input_full(console);
	ssize_t n = 0;

	if (console->input.length)
		n = send(console->fd, console->input.data, console->input.length,
			 MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = (ssize_t)console->input.length; /* QEMU goes; reading says so */
	if (n > 0) {
		memmove(console->input.data, console->input.data + n,
			console->input.length - (size_t)n);
		text_truncate(&console->input, console->input.length - (size_t)n);
	}
	loop_source_set_events(console->source,
			       EPOLLIN | (console->input.length ? EPOLLOUT : 0));
	if (was_full && !console_input_full(console) && console->handlers->input_room)
		console->handlers->input_room(console->argument);
}

void console_input(struct console *console, const void *data, size_t size)
{
	if (console->fd < 0)
		return;
	text_append_bytes(&console->input, data, size);
	console_flush(console);
}

bool console_input_full(const struct console *console)
{
	return console->input.length >= CONSOLE_INPUT_FULL;
}

static struct error *console_on_io(int fd, uint32_t events, void *argument)
{
	struct console *console = argument;
	size_t total = 0;

	if (events & EPOLLOUT)
		console_flush(console);
	if (!(events & ~(uint32_t)EPOLLOUT))
		return NULL;
	while (console->fd >= 0 && total < CONSOLE_ROUND_SIZE &&
	       console_read(console, &total))
		;
	return NULL;
}

struct error *console_new(struct loop *loop, int fd, const char *log_path,
			  const struct console_handlers *handlers, void *argument,
			  struct console **ret)
{
	_cleanup_(console_freep) struct console *console = xnew(struct console);

	console->fd = fd;
	console->log_fd = -1;
	console->handlers = handlers;
	console->argument = argument;
	if (log_path) {
		console->log_path = xstrdup(log_path);
		console->log_fd =
			open(log_path,
			     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
		if (console->log_fd < 0)
			return error_os(errno, "cannot make the console log %s",
					log_path);
	}
	TRY(fd_set_nonblock(fd, true));
	TRY(loop_add_io(loop, fd, EPOLLIN, console_on_io, console, &console->source));
	*ret = take_ptr(console);
	return NULL;
}

void console_free(struct console *console)
{
	if (!console)
		return;
	loop_source_free(console->source);
	close_fd(console->fd);
	close_fd(console->log_fd);
	free(console->log_path);
	text_deinit(&console->input);
	free(console);
}
