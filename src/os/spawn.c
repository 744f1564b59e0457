// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starting a program.  fork, arrange the child's world, exec; a close-on-exec pipe brings
 * back the step that failed and its errno.  posix_spawn can neither arm the parent-death
 * signal nor say which step failed, and pidfd_spawn needs glibc 2.39.
 */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "base/log.h"
#include "base/mem.h"

enum spawn_step {
	SPAWN_STEP_GROUP,
	SPAWN_STEP_DIRECTORY,
	SPAWN_STEP_DESCRIPTORS,
	SPAWN_STEP_EXEC,
};

/* What the child writes into the pipe when it cannot go on. */
struct spawn_failure {
	enum spawn_step step;
	int err_no;
};

/* All that the child needs, prepared before the fork. */
struct spawn_plan {
	const struct spawn_options *options;
	const char *program;
	pid_t parent;
	int report;	      /* write end of the pipe */
	struct spawn_fd *fds; /* standard ones first; host -1 is /dev/null */
	size_t fd_count;
	int first_free; /* above every number that the child is to see */
};

static _noreturn_ void child_fail(const struct spawn_plan *plan, enum spawn_step step)
{
	struct spawn_failure failure = { .step = step, .err_no = errno };

	/* If the parent is gone too there is nobody left to tell. */
	(void)!write(plan->report, &failure, sizeof(failure));
	_exit(127);
}

static void child_reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* Fails for SIGKILL, SIGSTOP and the two that libc keeps: as it should. */
	for (int signal = 1; signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_leave_group(const struct spawn_plan *plan)
{
	const struct spawn_options *options = plan->options;

	if (options->new_session && setsid() < 0)
		child_fail(plan, SPAWN_STEP_GROUP);
	if (options->new_process_group && !options->new_session && setpgid(0, 0) < 0)
		child_fail(plan, SPAWN_STEP_GROUP);
	if (!options->die_with_parent)
		return;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		child_fail(plan, SPAWN_STEP_GROUP);
	/* The parent may have died before the signal was armed. */
	if (getppid() != plan->parent)
		_exit(127);
}

/* Every descriptor first moves out of the way of the numbers that the child will see, so
 * that no dup2() overwrites one that is still needed. */
static void child_place_fds(struct spawn_plan *plan)
{
	plan->report = fcntl(plan->report, F_DUPFD_CLOEXEC, plan->first_free);
	if (plan->report < 0)
		_exit(127);
	for (size_t i = 0; i < plan->fd_count; i++) {
		struct spawn_fd *fd = &plan->fds[i];

		if (fd->host < 0)
			fd->host = open("/dev/null", O_RDWR | O_CLOEXEC);
		fd->host = fcntl(fd->host, F_DUPFD_CLOEXEC, plan->first_free);
		if (fd->host < 0)
			child_fail(plan, SPAWN_STEP_DESCRIPTORS);
	}
	/* A second net under O_CLOEXEC: also catches what was inherited from whoever
	 * started klab.  Without it (before Linux 5.11) the first net must do. */
	(void)close_range(0, ~0U, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < plan->fd_count; i++)
		if (dup2(plan->fds[i].host, plan->fds[i].child) < 0)
			child_fail(plan, SPAWN_STEP_DESCRIPTORS);
}

static _noreturn_ void child_run(struct spawn_plan *plan)
{
	const struct spawn_options *options = plan->options;

	child_leave_group(plan);
	child_place_fds(plan);
	if (options->directory && chdir(options->directory) < 0)
		child_fail(plan, SPAWN_STEP_DIRECTORY);
	/* Last, so that no signal runs a handler of klab's in here. */
	child_reset_signals();
	execve(plan->program, options->argv,
	       options->environment ? options->environment : environ);
	child_fail(plan, SPAWN_STEP_EXEC);
}

static struct error *failure_error(const struct spawn_options *options,
				   const struct spawn_failure *failure)
{
	const char *program = options->argv[0];

	switch (failure->step) {
	case SPAWN_STEP_GROUP:
		return error_os(failure->err_no, "starting %s: leaving klab's group",
				program);
	case SPAWN_STEP_DIRECTORY:
		return error_os(failure->err_no, "starting %s: entering %s", program,
				options->directory);
	case SPAWN_STEP_DESCRIPTORS:
		return error_os(failure->err_no, "starting %s: passing descriptors",
				program);
	case SPAWN_STEP_EXEC:
		break;
	}
	return error_os(failure->err_no, "starting %s", program);
}

static void plan_add_fd(struct spawn_plan *plan, int host, int child)
{
	plan->fds[plan->fd_count++] = (struct spawn_fd){ .host = host, .child = child };
	plan->first_free = MAX(plan->first_free, child + 1);
}

/* Ours, or /dev/null where klab itself was started with it closed: a program that finds
 * its stdout closed writes into the first file that it opens. */
static int inherited_fd(int number)
{
	return fcntl(number, F_GETFD) < 0 ? -1 : number;
}

static void plan_fds(struct spawn_plan *plan)
{
	const struct spawn_options *options = plan->options;
	const int *in = options->standard_input;
	const int *out = options->standard_output;
	const int *err = options->standard_error;

	plan->fds = xcalloc(options->fd_count + 3, sizeof(*plan->fds));
	plan_add_fd(plan, in ? *in : -1, STDIN_FILENO);
	plan_add_fd(plan, out ? *out : inherited_fd(STDOUT_FILENO), STDOUT_FILENO);
	plan_add_fd(plan, err ? *err : inherited_fd(STDERR_FILENO), STDERR_FILENO);
	for (size_t i = 0; i < options->fd_count; i++)
		plan_add_fd(plan, options->fds[i].host, options->fds[i].child);
}

/* Signals stay blocked over the fork: klab's handlers must not run in the child. */
static pid_t fork_blocked(struct spawn_plan *plan)
{
	sigset_t all, before;
	pid_t pid;
	int saved;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		child_run(plan);
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

/* End of file says that the exec was done. */
static struct error *await_exec(int pipe_fd, const struct spawn_options *options)
{
	struct spawn_failure failure;
	ssize_t n;

	do
		n = read(pipe_fd, &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(errno, "starting %s: awaiting its exec",
				options->argv[0]);
	return n == sizeof(failure) ? failure_error(options, &failure) : NULL;
}

static struct error *find_program(const char *name, char **ret)
{
	*ret = strchr(name, '/') ? xstrdup(name) : program_find(name);
	if (!*ret)
		return error_new(ERROR_MISSING, "the program %s is not in PATH", name);
	return NULL;
}

static void trace_command(const struct spawn_options *options)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_strv_ struct strv words = { 0 };

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	strv_push_all(&words, (const char *const *)options->argv);
	line = strv_shell(&words);
	log_debug("starting: %s", line);
}

struct error *process_spawn(const struct spawn_options *options, struct process *ret)
{
	_cleanup_process_ struct process child = PROCESS_NONE;
	struct spawn_plan plan = { .options = options, .parent = getpid() };
	_cleanup_free_ struct spawn_fd *fds = NULL;
	_cleanup_free_ char *program = NULL;
	_cleanup_close_ int reader = -1;
	_cleanup_close_ int writer = -1;
	int ends[2];

	TRY(find_program(options->argv[0], &program));
	plan.program = program;
	/* Before the pipe, which could get the number of a closed stderr. */
	plan_fds(&plan);
	fds = plan.fds;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_os(errno, "starting %s: making a pipe", options->argv[0]);
	reader = ends[0];
	writer = ends[1];

	plan.report = writer;
	trace_command(options);
	child.pid = fork_blocked(&plan);
	if (child.pid < 0) {
		child.pid = 0;
		return error_os(errno, "starting %s: fork", options->argv[0]);
	}
	close_fd(writer);
	/* Race-free: the number is the child's until we reap it. */
	child.pidfd = pidfd_open(child.pid, 0);
	if (child.pidfd < 0)
		return error_os(errno, "starting %s: pidfd_open", options->argv[0]);
	TRY(await_exec(reader, options));
	*ret = child;
	child = PROCESS_NONE;
	return NULL;
}
