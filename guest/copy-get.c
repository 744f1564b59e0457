// SPDX-License-Identifier: GPL-2.0-or-later
/* "get": a tree of the guest as copy records. */
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"

static int status; /* 1: something was left out */
static unsigned int depth;

static void left_out(const char *name, const char *why)
{
	status = 1;
	copy_remark("%s: %s", name, why);
}

static void send_chunk_head(uint32_t size)
{
	uint8_t head[4];

	proto_put_u32(head, size);
	copy_write(head, sizeof(head));
}

/* EAGAIN: one of the files that wait for more (trace_pipe); what is there is copied. */
static void send_content(int fd, const char *name)
{
	static char chunk[PROTO_COPY_CHUNK_MAX];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		send_chunk_head((uint32_t)n);
		copy_write(chunk, (size_t)n);
	}
	if (n < 0 && errno != EAGAIN) {
		left_out(name, strerror(errno));
		send_chunk_head(PROTO_COPY_BROKEN);
		return;
	}
	send_chunk_head(0);
}

static void send_tree(int dir, const char *path, const char *name, dev_t device);

static void send_file(int dir, const char *path, const struct record *record)
{
	int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		left_out(record->name, strerror(errno));
		return;
	}
	record_write(record);
	send_content(fd, record->name);
	close(fd);
}

static void send_entries(DIR *entries, dev_t device)
{
	struct dirent *entry;

	while ((entry = readdir(entries)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			send_tree(dirfd(entries), entry->d_name, entry->d_name, device);
}

static void send_directory(int dir, const char *path, const struct record *record,
			   dev_t device)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries) {
		left_out(record->name, strerror(errno));
		return;
	}
	if (depth == PROTO_COPY_DEPTH_MAX) {
		left_out(record->name, "too many directories in each other");
	} else {
		depth++;
		record_write(record);
		send_entries(entries, device);
		record_write(&(struct record){ .kind = PROTO_COPY_UP });
		depth--;
	}
	closedir(entries);
}

static void send_link(int dir, const char *path, struct record *record)
{
	ssize_t n = readlinkat(dir, path, record->target, PROTO_COPY_TARGET_MAX);

	if (n < 0) {
		left_out(record->name, strerror(errno));
		return;
	}
	record->target[n] = 0;
	record_write(record);
}

/* device: of the directory that it is in; 0: at the top. */
static void send_tree(int dir, const char *path, const char *name, dev_t device)
{
	struct record *record;
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		left_out(name, strerror(errno));
		return;
	}
	record = calloc(1, sizeof(*record)); /* too large for a stack this deep */
	if (!record)
		exec_fail(PROTO_EXIT_REFUSED, ENOMEM, "%s", name);
	record->mode = st.st_mode & 07777;
	record->uid = st.st_uid;
	record->gid = st.st_gid;
	record->mtime = st.st_mtim.tv_sec < 0 ? 0 : (uint64_t)st.st_mtim.tv_sec;
	(void)snprintf(record->name, sizeof(record->name), "%s", name);
	if (S_ISDIR(st.st_mode) && device && st.st_dev != device) {
		left_out(name, "another file system, left out");
	} else if (S_ISDIR(st.st_mode)) {
		record->kind = PROTO_COPY_DIRECTORY;
		send_directory(dir, path, record, st.st_dev);
	} else if (S_ISREG(st.st_mode)) {
		record->kind = PROTO_COPY_FILE;
		record->size = (uint64_t)st.st_size;
		send_file(dir, path, record);
	} else if (S_ISLNK(st.st_mode)) {
		record->kind = PROTO_COPY_SYMLINK;
		send_link(dir, path, record);
	} else {
		left_out(name, "neither file, directory nor link, left out");
	}
	free(record);
}

/* The last component; "." if the path names the inside of a directory. */
static const char *source_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return *name == 0 || strcmp(name, "..") == 0 ? "." : name;
}

_Noreturn void copy_get(char **words)
{
	char path[PATH_MAX];
	struct stat st;
	bool inside; /* a trailing slash: a directory, also behind a link */
	size_t length;

	if (!words[0] || !words[0][0] || strlen(words[0]) + 2 > sizeof(path))
		exec_fail(PROTO_EXIT_REFUSED, 0, "no path was given");
	length = strlen(words[0]);
	memcpy(path, words[0], length + 1);
	inside = path[length - 1] == '/';
	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
	if ((inside ? stat : lstat)(path, &st) != 0)
		exec_fail(PROTO_EXIT_REFUSED, errno, "%s", words[0]);
	if (inside && !S_ISDIR(st.st_mode))
		exec_fail(PROTO_EXIT_REFUSED, ENOTDIR, "%s", words[0]);
	if (inside) {
		if (chdir(path) != 0)
			exec_fail(PROTO_EXIT_REFUSED, errno, "%s", words[0]);
		send_tree(AT_FDCWD, ".", source_name(path), 0);
	} else {
		send_tree(AT_FDCWD, path, source_name(path), 0);
	}
	record_write(&(struct record){ .kind = PROTO_COPY_END });
	_exit(status);
}
