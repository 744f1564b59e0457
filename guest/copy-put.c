// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "put": copy records into the guest's file system.  Directories are descended into one
 * name at a time, never through links.
 */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"

struct level {
	int fd;
	bool made; /* by this copy: it gets the mode and time of its source at the end */
	uint32_t mode, uid, gid;
	uint64_t mtime;
};

static struct level levels[PROTO_COPY_DEPTH_MAX + 1];
static unsigned int depth; /* levels[depth] is the directory that is being filled */
static bool keep_owner;
static int status;

static void set_owner_mode_time(int fd, const struct record *record)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = (time_t)record->mtime },
	};

	if (keep_owner && fchown(fd, record->uid, record->gid) != 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s: owner", record->name);
	/* After the owner, which takes the set-uid bit away.  Some file systems have no
	 * modes or times, and the copy is good without. */
	(void)fchmod(fd, record->mode);
	(void)futimens(fd, times);
}

/* Something has the name already: what is no file and no link is left alone. */
static int replace_file(int dir, const char *name)
{
	struct stat st;
	int fd = -1;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", name);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		exec_fail(PROTO_EXIT_REFUSED, S_ISDIR(st.st_mode) ? EISDIR : EEXIST, "%s",
			  name);
	if (S_ISREG(st.st_mode))
		fd = openat(dir, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* A link, or a program that runs just now. */
	unlinkat(dir, name, 0);
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      0600);
}

static int make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0 && errno == EEXIST)
		fd = replace_file(dir, name);
	if (fd < 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", name);
	return fd;
}

static void write_content(int fd, const char *name, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			exec_fail(PROTO_EXIT_REFUSED, errno, "%s", name);
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

static void put_file(int dir, const char *name, const struct record *record)
{
	static char chunk[PROTO_COPY_CHUNK_MAX];
	int fd = make_file(dir, name);
	uint8_t head[4];
	uint32_t size;

	for (;;) {
		copy_read(head, sizeof(head));
		size = proto_u32(head);
		if (size == 0 || size == PROTO_COPY_BROKEN)
			break;
		if (size > sizeof(chunk))
			exec_fail(PROTO_EXIT_REFUSED, 0, "%s: too large a chunk", name);
		copy_read(chunk, size);
		write_content(fd, name, chunk, size);
	}
	if (size == PROTO_COPY_BROKEN) {
		copy_remark("%s: could not be read, left out", name);
		unlinkat(dir, name, 0);
		status = 1;
	} else {
		set_owner_mode_time(fd, record);
	}
	close(fd);
}

static void put_link(int dir, const char *name, const struct record *record)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = (time_t)record->mtime },
	};
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		unlinkat(dir, name, 0);
	if (symlinkat(record->target, dir, name) != 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", name);
	(void)utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW); /* as above */
	if (keep_owner)
		(void)!fchownat(dir, name, record->uid, record->gid, AT_SYMLINK_NOFOLLOW);
}

static void enter(int dir, const char *name, const struct record *record)
{
	bool made = mkdirat(dir, name, 0700) == 0;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", name);
	if (depth == PROTO_COPY_DEPTH_MAX)
		exec_fail(PROTO_EXIT_REFUSED, 0, "%s: too many directories in each other",
			  name);
	levels[++depth] = (struct level){
		.fd = fd,
		.made = made,
		.mode = record->mode,
		.uid = record->uid,
		.gid = record->gid,
		.mtime = record->mtime,
	};
}

static void leave(void)
{
	const struct level *level = &levels[depth];

	if (depth == 0)
		exec_fail(PROTO_EXIT_REFUSED, 0, "the copy leaves more than it entered");
	if (level->made)
		set_owner_mode_time(level->fd, &(struct record){
						       .name = "directory",
						       .mode = level->mode,
						       .uid = level->uid,
						       .gid = level->gid,
						       .mtime = level->mtime,
					       });
	close(level->fd);
	depth--;
}

/* name: where it goes; record: what it is. */
static void put_item(const char *name, const struct record *record)
{
	int dir = levels[depth].fd;

	switch (record->kind) {
	case PROTO_COPY_FILE:
		put_file(dir, name, record);
		break;
	case PROTO_COPY_DIRECTORY:
		enter(dir, name, record);
		break;
	case PROTO_COPY_SYMLINK:
		put_link(dir, name, record);
		break;
	case PROTO_COPY_UP:
		leave();
		break;
	default:
		exec_fail(PROTO_EXIT_REFUSED, 0, "a copy record of unknown kind");
	}
}

static bool is_name(const char *name)
{
	return name[0] && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* Opens the directory that the copy goes into as levels[0]; returns the name it gets. */
static const char *open_destination(char *path, bool into, const struct record *first)
{
	size_t length = strlen(path);
	char *slash;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		levels[0].fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (levels[0].fd < 0)
			exec_fail(PROTO_EXIT_REFUSED, errno, "%s", path);
		return first->name;
	}
	if (into || (path[length - 1] == '/' && first->kind != PROTO_COPY_DIRECTORY))
		exec_fail(PROTO_EXIT_REFUSED, ENOTDIR, "%s", path);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
	slash = strrchr(path, '/');
	if (slash)
		*slash = 0;
	levels[0].fd = open(!slash    ? "."
			    : path[0] ? path
				      : "/",
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (levels[0].fd < 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", path);
	return slash ? slash + 1 : path;
}

_Noreturn void copy_put(char **words)
{
	static struct record record;
	static char path[PATH_MAX];
	const char *name;
	bool into = false;

	if (!words[0] || !words[0][0] || strlen(words[0]) >= sizeof(path))
		exec_fail(PROTO_EXIT_REFUSED, 0, "no path was given");
	memcpy(path, words[0], strlen(words[0]) + 1);
	for (char **word = words + 1; *word; word++) {
		into |= strcmp(*word, "into") == 0;
		keep_owner |= strcmp(*word, "owner") == 0;
	}
	umask(0);
	record_read(&record);
	if (record.kind == PROTO_COPY_END) /* nothing could be read at the other end */
		_exit(1);
	name = open_destination(path, into, &record);
	if (!is_name(name) &&
	    (strcmp(name, ".") != 0 || record.kind != PROTO_COPY_DIRECTORY))
		exec_fail(PROTO_EXIT_REFUSED, EINVAL, "%s", words[0]);
	put_item(name, &record);
	for (;;) {
		record_read(&record);
		if (depth == 0 && record.kind == PROTO_COPY_END)
			_exit(status);
		if (depth == 0 || (record.kind != PROTO_COPY_UP && !is_name(record.name)))
			exec_fail(PROTO_EXIT_REFUSED, 0,
				  "a copy record that breaks the format");
		put_item(record.name, &record);
	}
}
