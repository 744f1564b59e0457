// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making and removing directories.  Removal walks by descriptors and never follows a
 * link, so that nobody who owns part of the tree can point it elsewhere meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

struct error *dir_make(const char *path, mode_t mode)
{
	_cleanup_free_ char *parent = NULL;
	int saved;

	if (mkdir(path, mode) == 0)
		return NULL;
	saved = errno;
	if (path_is_dir(path)) /* whatever mkdir said: EEXIST, EROFS, EACCES */
		return NULL;
	if (saved == EEXIST)
		saved = ENOTDIR;
	if (saved != ENOENT)
		return error_os(saved, "making the directory %s", path);

	parent = path_parent(path);
	if (strlen(parent) >= strlen(path))
		return error_os(saved, "making the directory %s", path);
	TRY(dir_make(parent, mode));
	if (mkdir(path, mode) == 0 || path_is_dir(path))
		return NULL;
	return error_os(errno, "making the directory %s", path);
}

static int remove_entry(int directory, const char *name);

static int open_dir(int directory, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory, name, flags);

	/* Unpacked packages hold directories without permissions. */
	if (fd < 0 && errno == EACCES && fchmodat(directory, name, 0700, 0) == 0)
		fd = openat(directory, name, flags);
	return fd;
}

static int remove_children(int directory, const char *name)
{
	_cleanup_closedir_ DIR *stream = NULL;
	struct dirent *entry;
	struct stat st;
	int fd = open_dir(directory, name);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700); /* if it was needed, unlinkat() will say so */
	stream = fdopendir(fd);
	if (!stream) {
		int saved = errno;

		close(fd);
		return -saved;
	}
	while ((errno = 0, entry = readdir(stream))) {
		int r;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		r = remove_entry(dirfd(stream), entry->d_name);
		if (r < 0)
			return r;
	}
	return -errno;
}

/* 0 or a negative errno; what is not there needs no removing. */
static int remove_entry(int directory, const char *name)
{
	int r;

	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* EISDIR is Linux's answer for a directory, EPERM that of POSIX and some
	 * filesystems. */
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	r = remove_children(directory, name);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

struct error *tree_remove(const char *path)
{
	int r = remove_entry(AT_FDCWD, path);

	return r < 0 ? error_os(-r, "removing %s", path) : NULL;
}

struct error *temp_dir_make(const char *prefix, char **ret_path)
{
	const char *directory = getenv("TMPDIR");
	_cleanup_free_ char *path = NULL;

	if (!directory || directory[0] != '/')
		directory = "/tmp";
	if (strchr(prefix, '/'))
		path = xasprintf("%sXXXXXX", prefix);
	else
		path = xasprintf("%s/%sXXXXXX", directory, prefix);
	if (!mkdtemp(path))
		return error_os(errno, "making a temporary directory (%s)", path);
	*ret_path = take_ptr(path);
	return NULL;
}

void temp_dir_free(char *path)
{
	if (!path)
		return;
	/* A destructor has nobody to tell; what stays behind is in a temporary place. */
	error_ignore(tree_remove(path));
	free(path);
}
