// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that appear whole or not at all: written under a name of their own in the same
 * directory, then renamed.  What is there and is no file (a device, a pipe, a link) is
 * written as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

/* Not mkstemp(): this way the mode obeys the umask, and the name is ours to choose. */
static int open_fresh(const char *directory, mode_t mode, char **ret_path)
{
	for (;;) {
		_cleanup_free_ char *path = NULL;
		uint64_t number;
		int fd;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -1;
		path = xasprintf("%s/" FILE_DRAFT_PREFIX "%016llx" FILE_DRAFT_SUFFIX,
				 directory, (unsigned long long)number);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			*ret_path = take_ptr(path);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
}

struct error *file_unnamed(const char *directory, int *ret_fd)
{
	_cleanup_free_ char *path = NULL;

	*ret_fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* Not every file system can do that: then it has a name for a moment. */
	if (*ret_fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		*ret_fd = open_fresh(directory, 0600, &path);
		if (*ret_fd >= 0)
			(void)unlink(path);
	}
	if (*ret_fd < 0)
		return error_os(errno, "making a temporary file in %s", directory);
	return NULL;
}

/* A device, a pipe, a link: the name stays what it is.  A root that renames a file to
 * /dev/null has no /dev/null any more. */
static bool is_written_in_place(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

struct error *file_draft_open(struct file_draft *draft, const char *path, mode_t mode)
{
	_cleanup_free_ char *directory = path_parent(path);
	char *temporary = NULL;
	int fd;

	if (is_written_in_place(path))
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC,
			  mode);
	else
		fd = open_fresh(directory, mode, &temporary);
	if (fd < 0)
		return error_os(errno, "writing %s", path);
	*draft = (struct file_draft){
		.fd = fd,
		.path = xstrdup(path),
		.temporary = temporary,
	};
	return NULL;
}

/* The name itself is on disk only when its directory is. */
static int sync_parent(const char *path)
{
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

struct error *file_draft_publish(struct file_draft *draft, bool durable)
{
	if (durable && draft->temporary && fsync(draft->fd) < 0)
		return error_os(errno, "writing %s", draft->path);
	/* NFS and quotas report a failed write only here. */
	if (close(take_fd(draft->fd)) < 0)
		return error_os(errno, "writing %s", draft->path);
	if (draft->temporary && rename(draft->temporary, draft->path) < 0)
		return error_os(errno, "putting %s in its place", draft->path);
	free(take_ptr(draft->temporary));
	if (durable && sync_parent(draft->path) < 0)
		return error_os(errno, "writing the directory of %s", draft->path);
	file_draft_deinit(draft);
	return NULL;
}

void file_draft_deinit(struct file_draft *draft)
{
	close_fd(draft->fd);
	/* Failing leaves a file that FILE_DRAFT_SUFFIX gives away. */
	if (draft->temporary)
		(void)unlink(draft->temporary);
	free(take_ptr(draft->temporary));
	free(take_ptr(draft->path));
}

struct error *file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	_cleanup_draft_ struct file_draft draft = FILE_DRAFT_NONE;

	TRY(file_draft_open(&draft, path, mode));
	TRY_WRAP(fd_write_all(draft.fd, data, size), "writing %s", path);
	return file_draft_publish(&draft, false);
}
