// SPDX-License-Identifier: GPL-2.0-or-later
/* os/tty on a real pseudo-terminal: restored by tty_free(), and after a SIGKILL. */
#include "os/tty.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "os/loop.h"
#include "unit.h"

struct pty {
	int master, slave;
	struct termios before;
};

static struct pty new_pty(void)
{
	struct winsize size = { .ws_row = 33, .ws_col = 77 };
	struct pty pty;

	assert_int_equal(openpty(&pty.master, &pty.slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(pty.slave, &pty.before), 0);
	assert_true(pty.before.c_lflag & ICANON);
	return pty;
}

static void pty_close(struct pty *pty)
{
	close(pty->master);
	close(pty->slave);
}

static bool is_raw(const struct pty *pty)
{
	struct termios now;

	assert_int_equal(tcgetattr(pty->slave, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG));
}

static void assert_as_before(const struct pty *pty)
{
	struct termios now;

	assert_int_equal(tcgetattr(pty->slave, &now), 0);
	assert_int_equal(now.c_lflag, pty->before.c_lflag);
	assert_int_equal(now.c_iflag, pty->before.c_iflag);
	assert_int_equal(now.c_oflag, pty->before.c_oflag);
	assert_memory_equal(now.c_cc, pty->before.c_cc, sizeof(now.c_cc));
}

/* The watcher is the only child there can be, also when its parent died: it is ours. */
static void await_watcher(void)
{
	int status;

	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
}

static void test_raw_and_back(void **state)
{
	struct pty pty = new_pty();
	struct tty *tty;

	assert_ok(tty_raw(pty.slave, &tty));
	assert_non_null(tty);
	assert_true(is_raw(&pty));
	tty_restore(tty);
	assert_as_before(&pty);
	tty_raw_again(tty);
	assert_true(is_raw(&pty));
	tty_free(tty);
	assert_as_before(&pty);
	/* The watcher has gone with it. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	pty_close(&pty);
}

static void test_no_terminal(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned short rows, columns;
	struct tty *tty = (struct tty *)&fd;

	assert_ok(tty_raw(fd, &tty));
	assert_null(tty);
	tty_free(NULL);
	assert_false(tty_size(fd, &rows, &columns));
}

static void test_size(void **state)
{
	struct pty pty = new_pty();
	struct winsize nothing = { 0 };
	unsigned short rows, columns;

	assert_true(tty_size(pty.slave, &rows, &columns));
	assert_int_equal(rows, 33);
	assert_int_equal(columns, 77);
	/* A serial line says 0 by 0: that is not known. */
	assert_int_equal(ioctl(pty.master, TIOCSWINSZ, &nothing), 0);
	assert_false(tty_size(pty.slave, &rows, &columns));
	pty_close(&pty);
}

/* What is done to the terminal by others before klab is killed. */
typedef void (*meanwhile_fn)(const struct pty *pty);

/* A process that makes the terminal raw and is killed with SIGKILL. */
static void kill_raw_process(struct pty *pty, meanwhile_fn meanwhile)
{
	int ready[2];
	pid_t klab;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	klab = fork();
	if (klab == 0) {
		struct tty *tty;
		struct error *err = tty_raw(pty->slave, &tty);

		if (err || !tty || fd_set_nonblock(pty->slave, true) ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	assert_true(is_raw(pty));
	if (meanwhile)
		meanwhile(pty);
	/* As the shell's `kill -9 %1`, were klab's group its own. */
	kill(klab, SIGKILL);
	assert_int_equal(waitpid(klab, NULL, 0), klab);
	await_watcher();
}

static void test_killed(void **state)
{
	struct pty pty = new_pty();

	kill_raw_process(&pty, NULL);
	assert_as_before(&pty);
	/* The flag is the open file's, which the user's shell shares. */
	assert_false(fcntl(pty.slave, F_GETFL) & O_NONBLOCK);
	pty_close(&pty);
}

static void set_line_editor(const struct pty *pty)
{
	struct termios editor;

	assert_int_equal(tcgetattr(pty->slave, &editor), 0);
	editor.c_lflag |= ISIG;
	assert_int_equal(tcsetattr(pty->slave, TCSANOW, &editor), 0);
}

/* The shell was faster and has its line editor's settings there: hands off. */
static void test_killed_and_taken_over(void **state)
{
	struct pty pty = new_pty();
	struct termios now;

	kill_raw_process(&pty, set_line_editor);
	assert_int_equal(tcgetattr(pty.slave, &now), 0);
	assert_true(now.c_lflag & ISIG);
	assert_false(now.c_lflag & ICANON);
	pty_close(&pty);
}

static void test_taken_over_before_restore(void **state)
{
	struct pty pty = new_pty();
	struct termios now;
	struct tty *tty;

	assert_ok(tty_raw(pty.slave, &tty));
	set_line_editor(&pty);
	tty_free(tty);
	assert_int_equal(tcgetattr(pty.slave, &now), 0);
	assert_false(now.c_lflag & ICANON);
	pty_close(&pty);
}

/* Nothing that klab had open lives on in the watcher. */
static void test_watcher_holds_nothing(void **state)
{
	struct pty pty = new_pty();
	struct tty *tty;
	int ends[2];
	char c;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_ok(tty_raw(pty.slave, &tty));
	close(ends[1]);
	/* End of file: the watcher does not hold the other end. */
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	tty_free(tty);
	pty_close(&pty);
}

/* The terminal goes away under klab (the window was closed). */
static void test_hung_up(void **state)
{
	struct pty pty = new_pty();
	struct tty *tty;

	assert_ok(tty_raw(pty.slave, &tty));
	close(pty.master);
	tty_restore(tty);
	tty_raw_again(tty);
	tty_free(tty);
	close(pty.slave);
}

/* With a controlling terminal, from a group in the background: not stopped. */
static void background_restore(int slave)
{
	struct termios now;
	struct tty *tty;
	pid_t child;
	int status;

	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		_exit(2);
	if (tty_raw(slave, &tty))
		_exit(3);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		tty_restore(tty);
		_exit(0);
	}
	if (waitpid(child, &status, WUNTRACED) != child || status != 0)
		_exit(4);
	if (tcgetattr(slave, &now) < 0 || !(now.c_lflag & ICANON))
		_exit(5);
	tty_free(tty);
	_exit(0);
}

static void test_from_background(void **state)
{
	struct pty pty = new_pty();
	pid_t child = fork();
	int status;

	if (child == 0)
		background_restore(pty.slave);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_as_before(&pty);
	pty_close(&pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_and_back),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_killed_and_taken_over),
		cmocka_unit_test(test_taken_over_before_restore),
		cmocka_unit_test(test_watcher_holds_nothing),
		cmocka_unit_test(test_hung_up),
		cmocka_unit_test(test_from_background),
	};

	/* The watcher of a killed process becomes our child. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
