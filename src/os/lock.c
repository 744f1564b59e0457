// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks between klabs: an open file description lock on a file of its own.  It belongs to
 * the open file, so it is shared over fork() and gone when the last descriptor is.
 *
 * fcntl() has no lock with a deadline.  Instead of asking again and again, a short-lived
 * child that shares the open file waits in F_OFD_SETLKW; when it has the lock, we have it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/spawn.h"

static struct flock lock_request(enum lock_kind kind)
{
	return (struct flock){
		.l_type = kind == LOCK_KIND_SHARED ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};
}

static _noreturn_ void waiter_run(int fd, enum lock_kind kind, pid_t parent)
{
	struct flock request = lock_request(kind);
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	do
		r = fcntl(fd, F_OFD_SETLKW, &request);
	while (r < 0 && errno == EINTR);
	_exit(r < 0 ? 1 : 0);
}

/* ERROR_TIMEOUT if it is not to be had before the deadline. */
static struct error *wait_for_lock(int fd, enum lock_kind kind, uint64_t deadline_ms)
{
	_cleanup_process_ struct process waiter = PROCESS_NONE;
	pid_t parent = getpid();
	int status;

	waiter.pid = fork();
	if (waiter.pid == 0)
		waiter_run(fd, kind, parent);
	if (waiter.pid < 0) {
		waiter.pid = 0;
		return error_os(errno, "fork");
	}
	waiter.pidfd = pidfd_open(waiter.pid, 0);
	if (waiter.pidfd < 0)
		return error_os(errno, "pidfd_open");
	TRY(process_wait(&waiter, deadline_ms, &status));
	if (status != 0)
		return error_new(ERROR_FAILED, "its lock could not be waited for");
	return NULL;
}

static struct error *lock_open_file(int fd, enum lock_kind kind, uint64_t deadline_ms,
				    const char *what)
{
	struct flock request = lock_request(kind);
	struct error *err;

	if (fcntl(fd, F_OFD_SETLK, &request) == 0)
		return NULL;
	if (errno != EAGAIN && errno != EACCES)
		return error_os(errno, "locking %s", what);
	if (!deadline_ms)
		return error_new(ERROR_BUSY, "%s is in use by another process", what);
	err = wait_for_lock(fd, kind, deadline_ms);
	if (error_is(err, ERROR_TIMEOUT)) {
		error_ignore(err); /* said better below */
		return error_new(ERROR_TIMEOUT,
				 "%s is in use by another process and did not get free",
				 what);
	}
	return err ? error_wrap(err, "locking %s", what) : NULL;
}

/* Whoever held it may have removed the file: a lock on that excludes nobody. */
static bool is_still_there(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

struct error *lock_take(const char *path, enum lock_kind kind, unsigned int timeout_ms,
			const char *what, int *ret_fd)
{
	uint64_t deadline_ms = timeout_ms ? clock_ms() + timeout_ms : 0;

	for (;;) {
		_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			return error_os(errno, "opening the lock %s", path);
		TRY(lock_open_file(fd, kind, deadline_ms, what));
		if (is_still_there(fd, path)) {
			*ret_fd = take_fd(fd);
			return NULL;
		}
	}
}
