// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Raw mode, undone whatever happens.  Beside klab waits a watcher: a forked child in a
 * session of its own, where neither Ctrl-C nor a hang-up nor the signals to klab's group
 * reach it.  It holds the terminal and the read end of a pipe whose other end only klab
 * has; end of file there means that klab is gone.  The one thing that the pipe carries is
 * what the terminal made of the raw settings.
 */
#include "os/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/spawn.h"

struct tty {
	int fd; /* borrowed */
	struct termios saved;
	struct termios raw; /* as the terminal took it */
	int saved_flags;    /* of the open file: the watcher clears our O_NONBLOCK */
	struct process watcher;
	int lifeline; /* write end of the pipe */
};

/* TCSANOW: waiting for output that nobody takes could be for ever. */
static int set_attributes(int fd, const struct termios *attributes)
{
	int r;

	do
		r = tcsetattr(fd, TCSANOW, attributes);
	while (r < 0 && errno == EINTR);
	return r;
}

static bool same_attributes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/*
 * Undo what is still as klab left it (raw; NULL: whatever it is).  If it isn't, klab lost
 * the terminal to a shell, whose line editor has settings of its own.  Works from the
 * background: the signal that stops who tries that is held back.  The terminal may have
 * gone away; then there is nothing to undo.
 */
static void restore_attributes(int fd, const struct termios *raw,
			       const struct termios *saved)
{
	sigset_t set, before;
	struct termios now;

	if (raw && (tcgetattr(fd, &now) < 0 || !same_attributes(&now, raw)))
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	(void)set_attributes(fd, saved);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Everything else is closed: a lock or a pipe that lived on in here would make others
 * believe in klab's life after its death. */
static bool watcher_keep_fds(int terminal, int pipe_end)
{
	int high_terminal = fcntl(terminal, F_DUPFD, 3);
	int high_pipe = fcntl(pipe_end, F_DUPFD, 3);

	if (high_terminal < 0 || high_pipe < 0 || dup2(high_terminal, 0) < 0 ||
	    dup2(high_pipe, 1) < 0)
		return false;
	closefrom(2);
	return true;
}

static _noreturn_ void watcher_run(const struct tty *tty, int pipe_end)
{
	struct termios raw;
	bool known = false;
	sigset_t all;
	ssize_t n;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)setsid(); /* a fresh child leads no group: cannot fail */
	(void)prctl(PR_SET_NAME, "klab-tty");
	(void)chdir("/"); /* or it would keep a file system busy */
	if (!watcher_keep_fds(tty->fd, pipe_end))
		_exit(1);
	/* Small enough for one piece. */
	while ((n = read(1, &raw, sizeof(raw))) > 0)
		if (n == sizeof(raw))
			known = true;
	/* klab may have died before it could say how it left the terminal. */
	restore_attributes(0, known ? &raw : NULL, &tty->saved);
	(void)fcntl(0, F_SETFL, tty->saved_flags);
	_exit(0);
}

static struct error *watcher_start(struct tty *tty)
{
	_cleanup_close_ int reader = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_os(errno, "making a pipe");
	reader = ends[0];
	tty->lifeline = ends[1];
	tty->watcher.pid = fork();
	if (tty->watcher.pid == 0)
		watcher_run(tty, reader);
	if (tty->watcher.pid < 0) {
		tty->watcher.pid = 0;
		return error_os(errno, "fork");
	}
	tty->watcher.pidfd = pidfd_open(tty->watcher.pid, 0);
	if (tty->watcher.pidfd < 0)
		return error_os(errno, "pidfd_open");
	return NULL;
}

struct error *tty_raw(int fd, struct tty **ret)
{
	_cleanup_(tty_freep) struct tty *tty = NULL;
	struct termios saved;

	if (!isatty(fd)) {
		*ret = NULL;
		return NULL;
	}
	if (tcgetattr(fd, &saved) < 0)
		return error_os(errno, "asking the terminal for its settings");
	tty = xnew(struct tty);
	tty->fd = fd;
	tty->saved = saved;
	tty->raw = saved;
	tty->saved_flags = fcntl(fd, F_GETFL);
	tty->watcher = PROCESS_NONE;
	tty->lifeline = -1;
	cfmakeraw(&tty->raw);

	TRY_WRAP(watcher_start(tty), "guarding the terminal's settings");
	/* In the background this stops us, as it should.  The terminal may not take all of
	 * it, and the watcher compares. */
	if (set_attributes(fd, &tty->raw) < 0 || tcgetattr(fd, &tty->raw) < 0)
		return error_os(errno, "switching the terminal to raw mode");
	TRY(fd_write_all(tty->lifeline, &tty->raw, sizeof(tty->raw)));
	*ret = take_ptr(tty);
	return NULL;
}

void tty_restore(struct tty *tty)
{
	restore_attributes(tty->fd, &tty->raw, &tty->saved);
}

void tty_raw_again(struct tty *tty)
{
	(void)set_attributes(tty->fd, &tty->raw); /* it may have gone away */
}

void tty_free(struct tty *tty)
{
	if (!tty)
		return;
	tty_restore(tty);
	/* Killed before its pipe closes, so that it does nothing any more. */
	process_deinit(&tty->watcher);
	close_fd(tty->lifeline);
	free(tty);
}

bool tty_size(int fd, unsigned short *ret_rows, unsigned short *ret_columns)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return true;
}
