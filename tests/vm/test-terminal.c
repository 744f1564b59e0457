// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An interactive session as a person has it: klab on a pseudo-terminal, its screen kept by
 * libvterm.  Line editing, Ctrl-C, resize, the escape key, and a terminal that is sane
 * afterwards, also after kill -9.
 *
 *	test-terminal KLAB
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <vterm.h>

#define ROWS 24
#define COLUMNS 80
#define BOOT_MS 120000
#define ANSWER_MS 30000

static int failures;

struct session {
	int fd; /* master */
	int slave;
	pid_t pid;
	VTerm *vterm;
	VTermScreen *screen;
	int rows, columns;
	struct termios before;
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void check(const char *what, int good)
{
	printf("%s: %s\n", good ? "ok" : "FAILED", what);
	if (!good)
		failures++;
}

static void screen_text(struct session *s, char *text, size_t size)
{
	VTermRect all = { 0, s->rows, 0, s->columns };
	size_t n = vterm_screen_get_text(s->screen, text, size - 1, all);

	text[n] = '\0';
}

static void dump(struct session *s)
{
	for (int row = 0; row < s->rows; row++) {
		VTermRect line = { row, row + 1, 0, s->columns };
		char text[1024];
		size_t n = vterm_screen_get_text(s->screen, text, sizeof(text) - 1, line);

		if (n)
			printf("  | %.*s\n", (int)n, text);
	}
}

/* Whatever comes within the time; 0 when the other side has gone. */
static int pump(struct session *s, int timeout_ms)
{
	struct pollfd pollfd = { .fd = s->fd, .events = POLLIN };
	char buffer[4096];
	ssize_t n;

	if (poll(&pollfd, 1, timeout_ms) <= 0)
		return 1;
	n = read(s->fd, buffer, sizeof(buffer));
	if (n <= 0)
		return 0;
	vterm_input_write(s->vterm, buffer, (size_t)n);
	return 1;
}

static void expect(struct session *s, const char *what, const char *text, long timeout_ms)
{
	long deadline = now_ms() + timeout_ms;
	static char screen[1 << 16];

	do {
		screen_text(s, screen, sizeof(screen));
		if (strstr(screen, text)) {
			check(what, 1);
			return;
		}
	} while (pump(s, 100) && now_ms() < deadline);
	screen_text(s, screen, sizeof(screen));
	check(what, strstr(screen, text) != NULL);
	dump(s);
}

static void type(struct session *s, const char *keys)
{
	if (write(s->fd, keys, strlen(keys)) < 0)
		perror("typing");
}

static void session_open(struct session *s, char *const *argv)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };

	*s = (struct session){ .rows = ROWS, .columns = COLUMNS };
	if (openpty(&s->fd, &s->slave, NULL, NULL, &size) < 0) {
		perror("openpty");
		exit(1);
	}
	tcgetattr(s->slave, &s->before);
	s->vterm = vterm_new(ROWS, COLUMNS);
	vterm_set_utf8(s->vterm, 1);
	s->screen = vterm_obtain_screen(s->vterm);
	vterm_screen_reset(s->screen, 1);
	s->pid = fork();
	if (s->pid == 0) {
		close(s->fd);
		login_tty(s->slave);
		setenv("TERM", "xterm", 1);
		execv(argv[0], argv);
		_exit(127);
	}
}

/* The exit status, or 128+N; -1 if it does not end in time. */
static int session_wait(struct session *s, long timeout_ms)
{
	long deadline = now_ms() + timeout_ms;
	int status;

	while (waitpid(s->pid, &status, WNOHANG) == 0) {
		if (now_ms() > deadline)
			return -1;
		pump(s, 50);
	}
	s->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int is_restored(struct session *s, long timeout_ms)
{
	long deadline = now_ms() + timeout_ms;
	struct termios now;

	do {
		tcgetattr(s->slave, &now);
		if (now.c_lflag == s->before.c_lflag &&
		    now.c_iflag == s->before.c_iflag && now.c_oflag == s->before.c_oflag)
			return 1;
	} while (pump(s, 50) && now_ms() < deadline);
	return 0;
}

static void session_close(struct session *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	vterm_free(s->vterm);
	close(s->fd);
	close(s->slave);
}

static void resize(struct session *s, int rows, int columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
				.ws_col = (unsigned short)columns };

	s->rows = rows;
	s->columns = columns;
	vterm_set_size(s->vterm, rows, columns);
	ioctl(s->fd, TIOCSWINSZ, &size);
}

static void test_shell(char *klab)
{
	char *argv[] = { klab, (char *)"run", NULL };
	struct session s;
	int status;

	session_open(&s, argv);
	expect(&s, "a prompt", "# ", BOOT_MS);
	/* The quotes keep the typed line from looking like its own answer. */
	type(&s, "echo ans''wer\r");
	expect(&s, "a command", "\nanswer", ANSWER_MS);
	type(&s, "ecko\177\177ho edi''ted\r");
	expect(&s, "line editing", "edited", ANSWER_MS);
	/* A key that comes before the program has the terminal would be the shell's. */
	type(&s, "sh -c 'echo run\"\"ning; exec sleep 1000'\r");
	expect(&s, "a program runs", "\nrunning", ANSWER_MS);
	type(&s, "\003");
	expect(&s, "Ctrl-C is echoed", "^C", ANSWER_MS);
	type(&s, "echo st''atus=$?\r");
	expect(&s, "Ctrl-C reaches the program", "status=130", ANSWER_MS);
	resize(&s, 40, 100);
	type(&s, "stty size\r");
	expect(&s, "the size after a resize", "40 100", ANSWER_MS);
	type(&s, "\001c");
	expect(&s, "Ctrl-a c", "(qemu)", ANSWER_MS);
	type(&s, "info statux\177s\r");
	expect(&s, "the monitor answers", "VM status: running", ANSWER_MS);
	type(&s, "\001c");
	type(&s, "echo re''turned\r");
	/* With the prompt behind it: a Ctrl-d while echo runs would be lost. */
	expect(&s, "Ctrl-a c goes back", "returned\nklab:~#", ANSWER_MS);
	type(&s, "\001h");
	expect(&s, "Ctrl-a h", "leave", ANSWER_MS);
	type(&s, "\004");
	status = session_wait(&s, ANSWER_MS);
	check("Ctrl-d ends it", status >= 0);
	check("the terminal is restored", is_restored(&s, 5000));
	session_close(&s);
}

static void test_leave(char *klab)
{
	char *argv[] = { klab, (char *)"run", (char *)"--eval",
			 (char *)"echo ev''aluated; cd /tmp", NULL };
	struct session s;

	session_open(&s, argv);
	expect(&s, "a line before the prompt", "\nevaluated\n", BOOT_MS);
	expect(&s, "which is where it went", "\nklab:/tmp# ", ANSWER_MS);
	type(&s, "\001x");
	check("Ctrl-a x ends it, status 0", session_wait(&s, ANSWER_MS) == 0);
	check("the terminal is restored", is_restored(&s, 5000));
	session_close(&s);
}

static void test_kill(char *klab)
{
	char *argv[] = { klab, (char *)"run", NULL };
	struct session s;

	session_open(&s, argv);
	expect(&s, "a third prompt", "# ", BOOT_MS);
	kill(s.pid, SIGKILL);
	check("killed", session_wait(&s, ANSWER_MS) == 128 + SIGKILL);
	check("the terminal is restored after kill -9", is_restored(&s, 10000));
	session_close(&s);
}

static void test_command(char *klab)
{
	char *argv[] = { klab,	       (char *)"run", (char *)"--",
			 (char *)"sh", (char *)"-c",  (char *)"tty; stty size; exit 5",
			 NULL };
	struct session s;

	session_open(&s, argv);
	expect(&s, "a command has the terminal", "/dev/pts/", BOOT_MS);
	expect(&s, "of its size", "24 80", ANSWER_MS);
	check("and its own status", session_wait(&s, ANSWER_MS) == 5);
	session_close(&s);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: test-terminal KLAB\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_shell(argv[1]);
	test_leave(argv[1]);
	test_kill(argv[1]);
	test_command(argv[1]);
	return failures ? 1 : 0;
}
