// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting the process of a session: pipes or a terminal, identity, directory, program. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "copy.h"
#include "foreign.h"

#define REPORT_FD 3 /* in the child */
#define SHELL "/bin/sh"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *const exec_default_environment[] = {
	"PATH=" DEFAULT_PATH,
	"HOME=/root",
	"TERM=linux",
	NULL,
};
#define DEFAULTS \
	(sizeof(exec_default_environment) / sizeof(exec_default_environment[0]) - 1)

/* The child's end of each stream, and the terminal if there is one. */
struct child_ends {
	int fds[PROTO_STREAM_COUNT];
	int report;
	int master; /* -1: no terminal */
};

static void close_fds(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

_Noreturn void exec_fail(enum proto_exit how, int err_no, const char *fmt, ...)
{
	struct report report = { .how = how, .value = (uint32_t)err_no };
	size_t used;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(report.message, sizeof(report.message), fmt, args);
	va_end(args);
	used = strlen(report.message);
	if (err_no)
		(void)snprintf(report.message + used, sizeof(report.message) - used,
			       ": %s", strerror(err_no));
	(void)!write(REPORT_FD, &report, sizeof(report)); /* fits into a pipe */
	_exit(127);
}

static bool same_name(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return strncmp(a, b, length + 1) == 0;
}

/* What was given, and the defaults that it does not override. */
static char **make_environment(char *const *given)
{
	char **environment;
	size_t count = 0, at = 0;

	while (given[count])
		count++;
	environment = calloc(count + DEFAULTS + 1, sizeof(*environment));
	if (!environment)
		exec_fail(PROTO_EXIT_NOT_STARTED, ENOMEM, "environment");
	for (size_t i = 0; i < DEFAULTS; i++) {
		bool overridden = false;

		for (size_t j = 0; j < count; j++)
			overridden |= same_name(exec_default_environment[i], given[j]);
		if (!overridden)
			environment[at++] = (char *)exec_default_environment[i];
	}
	memcpy(environment + at, given, count * sizeof(*given));
	return environment;
}

static const char *get_path(char *const *environment)
{
	for (; *environment; environment++)
		if (same_name("PATH=", *environment))
			return *environment + strlen("PATH=");
	return DEFAULT_PATH;
}

static _Noreturn void fail_exec(const char *path, int err_no)
{
	struct stat st;

	if (err_no == ENOENT && stat(path, &st) == 0)
		exec_fail(
			PROTO_EXIT_NOT_FOUND, 0,
			"%s is there, but the interpreter or loader that it names is not",
			path);
	if (err_no == ENOENT && strcmp(path, SHELL) == 0)
		exec_fail(PROTO_EXIT_NOT_FOUND, 0, "the root file system has no " SHELL);
	if (err_no == ENOENT || err_no == ENOTDIR)
		exec_fail(PROTO_EXIT_NOT_FOUND, err_no, "%s", path);
	if (err_no == EACCES && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		exec_fail(PROTO_EXIT_NOT_STARTED, EISDIR, "%s", path);
	exec_fail(PROTO_EXIT_NOT_STARTED, err_no, "%s", path);
}

/* As execvpe(), but it tells which file could not be run, and never guesses at sh. */
static _Noreturn void run_program(char **argv, char **environment)
{
	const char *path = get_path(environment), *end;
	char file[PATH_MAX], refused[PATH_MAX] = "";
	int refused_errno = 0;

	if (!argv[0])
		exec_fail(PROTO_EXIT_REFUSED, 0, "no command was given");
	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, environment);
		fail_exec(argv[0], errno);
	}
	for (; argv[0][0]; path = end + 1) {
		end = strchrnul(path, ':');
		(void)snprintf(file, sizeof(file), "%.*s/%s",
			       end == path ? 1 : (int)(end - path),
			       end == path ? "." : path, argv[0]);
		execve(file, argv, environment);
		if (errno != ENOENT && errno != ENOTDIR && !refused_errno) {
			refused_errno = errno;
			memcpy(refused, file, sizeof(refused));
		} else if (errno == ENOENT && access(file, F_OK) == 0) {
			fail_exec(file, ENOENT);
		}
		if (!*end)
			break;
	}
	if (refused_errno)
		fail_exec(refused, refused_errno);
	exec_fail(PROTO_EXIT_NOT_FOUND, 0, "%s: command not found", argv[0]);
}

static void become(const struct request *request)
{
	gid_t gid = request->gid;

	if (!(request->flags & PROTO_START_KEEP_UIDS))
		return;
	if (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(request->uid) != 0)
		exec_fail(PROTO_EXIT_NOT_STARTED, errno, "becoming user %u group %u",
			  request->uid, request->gid);
}

static void enter_directory(const char *cwd)
{
	if (cwd[0]) {
		if (chdir(cwd) != 0)
			exec_fail(PROTO_EXIT_NOT_STARTED, errno, "directory %s", cwd);
	} else if (chdir("/root") != 0 && chdir("/") != 0) {
		exec_fail(PROTO_EXIT_NOT_STARTED, errno, "directory /");
	}
}

void exec_reset_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL); /* the one that the agent ignores */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void open_terminal(int master, int *fds)
{
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	char path[32];
	int number;

	if (slave < 0 && ioctl(master, TIOCGPTN, &number) == 0) { /* before Linux 4.13 */
		(void)snprintf(path, sizeof(path), "/dev/pts/%d", number);
		slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
		exec_fail(PROTO_EXIT_NOT_STARTED, errno, "opening the terminal");
	for (int i = 0; i < PROTO_STREAM_COUNT; i++)
		fds[i] = slave;
}

/* The words behind "SHELL -c". */
static char **shell_argv(char *const *words)
{
	static char shell[] = SHELL, option[] = "-c";
	size_t count = 0;
	char **argv;

	while (words[count])
		count++;
	argv = calloc(count + 3, sizeof(*argv));
	if (!argv)
		exec_fail(PROTO_EXIT_NOT_STARTED, ENOMEM, "arguments");
	argv[0] = shell;
	argv[1] = option;
	memcpy(argv + 2, words, count * sizeof(*argv));
	return argv;
}

/* The report first, so that every failure finds it where exec_fail() writes. */
static void place_report(struct child_ends *ends)
{
	if (ends->report == REPORT_FD)
		return;
	/* That number may be one of the streams. */
	for (int i = 0; i < PROTO_STREAM_COUNT; i++)
		if (ends->fds[i] == REPORT_FD)
			ends->fds[i] = fcntl(REPORT_FD, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	if (ends->master == REPORT_FD)
		ends->master = fcntl(REPORT_FD, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	dup3(ends->report, REPORT_FD, O_CLOEXEC);
}

/* The services that are part of the agent; returns if it is none of them. */
static void run_copy(const struct request *request)
{
	bool put = strcmp(request->service, "put") == 0;

	if (!put && strcmp(request->service, "get") != 0)
		return;
	close_range(REPORT_FD + 1, ~0u, 0); /* the agent's */
	enter_directory("/");
	if (put)
		copy_put(request->argv);
	copy_get(request->argv);
}

static _Noreturn void run_child(const struct request *request, struct child_ends *ends)
{
	int err_no;

	place_report(ends);
	exec_reset_signals();
	setsid();
	if (ends->master >= 0)
		open_terminal(ends->master, ends->fds);
	for (int i = 0; i < PROTO_STREAM_COUNT; i++)
		if (dup2(ends->fds[i], i) < 0)
			exec_fail(PROTO_EXIT_NOT_STARTED, errno, "stream %d", i);
	err_no = foreign_enter();
	if (err_no)
		exec_fail(PROTO_EXIT_NOT_STARTED, err_no, "entering the mounts of init");
	become(request);
	run_copy(request);
	enter_directory(request->cwd);
	run_program(strcmp(request->service, "shell") == 0 ? shell_argv(request->argv)
							   : request->argv,
		    make_environment(request->environment));
}

/* One pipe; ours is the end that is not the child's, and does not block. */
static int make_pipe(bool child_reads, int *ret_ours, int *ret_childs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	*ret_ours = ends[child_reads];
	*ret_childs = ends[!child_reads];
	fcntl(*ret_ours, F_SETFL, O_NONBLOCK);
	return 0;
}

static int make_terminal(const struct request *request, struct started *started,
			 struct child_ends *ends)
{
	struct winsize size = { .ws_row = request->rows, .ws_col = request->columns };
	struct termios settings;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	int unlocked = 0;

	if (master < 0)
		return -errno;
	started->fds[PROTO_STDOUT] = ends->master = master;
	ioctl(master, TIOCSPTLCK, &unlocked);
	ioctl(master, TIOCSWINSZ, &size);
	/* Backspace takes a whole character away. */
	if (tcgetattr(master, &settings) == 0) {
		settings.c_iflag |= IUTF8;
		tcsetattr(master, TCSANOW, &settings);
	}
	/* Two descriptors, so that reading and writing are watched apart. */
	started->fds[PROTO_STDIN] = fcntl(master, F_DUPFD_CLOEXEC, 4);
	return started->fds[PROTO_STDIN] < 0 ? -errno : 0;
}

static int make_pipes(const struct request *request, struct started *started,
		      struct child_ends *ends)
{
	int r = 0;

	if (request->flags & PROTO_START_NO_STDIN) {
		ends->fds[PROTO_STDIN] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		r = ends->fds[PROTO_STDIN] < 0 ? -errno : 0;
	} else {
		r = make_pipe(true, &started->fds[PROTO_STDIN], &ends->fds[PROTO_STDIN]);
	}
	for (int i = PROTO_STDOUT; i < PROTO_STREAM_COUNT && r == 0; i++)
		r = make_pipe(false, &started->fds[i], &ends->fds[i]);
	return r;
}

static int start(const struct request *request, struct started *started,
		 struct child_ends *ends)
{
	int r = make_pipe(false, &started->report, &ends->report);

	if (r == 0)
		r = (request->flags & PROTO_START_TTY
			     ? make_terminal
			     : make_pipes)(request, started, ends);
	if (r != 0)
		return r;
	started->pid = fork();
	if (started->pid == 0)
		run_child(request, ends);
	return started->pid < 0 ? -errno : 0;
}

int exec_start(const struct request *request, struct started *ret)
{
	struct started started = { .fds = { -1, -1, -1 }, .report = -1 };
	struct child_ends ends = { .fds = { -1, -1, -1 }, .report = -1, .master = -1 };
	int r = start(request, &started, &ends);

	close_fds(ends.fds, PROTO_STREAM_COUNT);
	close_fds(&ends.report, 1);
	if (r == 0) {
		*ret = started;
		return 0;
	}
	close_fds(started.fds, PROTO_STREAM_COUNT);
	close_fds(&started.report, 1);
	return r;
}
