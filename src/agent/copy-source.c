// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tree of the host as copy records, made piece by piece as the guest takes them: one
 * directory handle a level and one open file, whatever the size of the tree.
 */
#include "agent/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/queue.h"
#include "base/mem.h"
#include "base/text.h"

struct copy_source {
	struct queue queue;
	DIR *levels[PROTO_COPY_DEPTH_MAX];
	unsigned int depth;
	dev_t device; /* that the tree is on */
	int file;     /* being sent, or -1 */
	char *file_name;
	bool ended;
	struct copy_stats stats;
	copy_remark_fn remark;
	void *argument;
	uint8_t chunk[PROTO_COPY_CHUNK_MAX];
};

static void left_out(struct copy_source *source, const char *name, const char *why)
{
	_cleanup_free_ char *text = xasprintf("%s: %s", name, why);

	source->stats.incomplete = true;
	if (source->remark)
		source->remark(text, source->argument);
}

static void push_u32(struct copy_source *source, uint32_t value)
{
	uint8_t bytes[4];

	proto_put_u32(bytes, value);
	queue_push(&source->queue, bytes, sizeof(bytes));
}

static void push_record(struct copy_source *source, enum proto_copy_kind kind,
			const struct stat *st, const char *name, const char *target)
{
	_cleanup_text_ struct text record = { 0 };
	int64_t mtime = st->st_mtim.tv_sec;

	payload_u32(&record, PROTO_COPY_MAGIC);
	payload_u32(&record, kind); /* and three zeros */
	payload_u32(&record, st->st_mode & 07777);
	payload_u32(&record, st->st_uid);
	payload_u32(&record, st->st_gid);
	payload_u64(&record, mtime < 0 ? 0 : (uint64_t)mtime);
	payload_u64(&record, kind == PROTO_COPY_FILE ? (uint64_t)st->st_size : 0);
	payload_string(&record, name);
	payload_string(&record, target);
	queue_push(&source->queue, record.data, record.length);
}

static void push_mark(struct copy_source *source, enum proto_copy_kind kind)
{
	push_record(source, kind, &(struct stat){ 0 }, "", "");
}

static void source_file(struct copy_source *source, int dir, const char *path,
			const char *name, const struct stat *st)
{
	source->file = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (source->file < 0) {
		left_out(source, name, strerror(errno));
		return;
	}
	source->file_name = xstrdup(name);
	source->stats.files++;
	push_record(source, PROTO_COPY_FILE, st, name, "");
}

static void source_directory(struct copy_source *source, int dir, const char *path,
			     const char *name, const struct stat *st)
{
	_cleanup_close_ int fd = -1;
	DIR *entries;

	if (source->depth == PROTO_COPY_DEPTH_MAX) {
		left_out(source, name, "too many directories in each other");
		return;
	}
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	entries = fd < 0 ? NULL : fdopendir(fd);
	if (!entries) {
		left_out(source, name, strerror(errno));
		return;
	}
	(void)take_fd(fd); /* the directory handle's from now on */
	source->levels[source->depth++] = entries;
	source->stats.directories++;
	push_record(source, PROTO_COPY_DIRECTORY, st, name, "");
}

static void source_link(struct copy_source *source, int dir, const char *path,
			const char *name, const struct stat *st)
{
	char target[PROTO_COPY_TARGET_MAX + 1];
	ssize_t n = readlinkat(dir, path, target, sizeof(target) - 1);

	if (n < 0) {
		left_out(source, name, strerror(errno));
		return;
	}
	target[n] = 0;
	source->stats.links++;
	push_record(source, PROTO_COPY_SYMLINK, st, name, target);
}

/* path: where it is, from dir; name: what the guest is told. */
static void source_item(struct copy_source *source, int dir, const char *path,
			const char *name)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		left_out(source, name, strerror(errno));
		return;
	}
	if (source->depth == 0)
		source->device = st.st_dev;
	if (S_ISREG(st.st_mode))
		source_file(source, dir, path, name, &st);
	else if (S_ISLNK(st.st_mode))
		source_link(source, dir, path, name, &st);
	else if (!S_ISDIR(st.st_mode))
		left_out(source, name, "neither file, directory nor link, left out");
	else if (st.st_dev != source->device)
		left_out(source, name, "another file system, left out");
	else
		source_directory(source, dir, path, name, &st);
}

static void source_end_file(struct copy_source *source, uint32_t mark)
{
	push_u32(source, mark);
	close_fd(source->file);
	free(take_ptr(source->file_name));
}

static void source_content(struct copy_source *source)
{
	ssize_t n = read(source->file, source->chunk, sizeof(source->chunk));

	if (n > 0) {
		push_u32(source, (uint32_t)n);
		queue_push(&source->queue, source->chunk, (size_t)n);
		source->stats.bytes += (uint64_t)n;
	} else if (n == 0 || errno == EAGAIN) {
		source_end_file(source, 0);
	} else if (errno != EINTR) {
		left_out(source, source->file_name, strerror(errno));
		source_end_file(source, PROTO_COPY_BROKEN);
	}
}

static void source_next_entry(struct copy_source *source)
{
	DIR *entries = source->levels[source->depth - 1];
	struct dirent *entry = readdir(entries);

	if (!entry) {
		closedir(entries);
		source->depth--;
		push_mark(source, PROTO_COPY_UP);
		return;
	}
	if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
		source_item(source, dirfd(entries), entry->d_name, entry->d_name);
}

struct error *copy_source_read(struct copy_source *source, void *buffer, size_t size,
			       size_t *ret_size)
{
	while (queue_size(&source->queue) < size && !source->ended) {
		if (source->file >= 0) {
			source_content(source);
		} else if (source->depth) {
			source_next_entry(source);
		} else {
			source->ended = true;
			push_mark(source, PROTO_COPY_END);
		}
	}
	size = MIN(size, queue_size(&source->queue));
	if (size)
		memcpy(buffer, queue_front(&source->queue), size);
	queue_pop(&source->queue, size);
	*ret_size = size;
	return NULL;
}

const struct copy_stats *copy_source_stats(const struct copy_source *source)
{
	return &source->stats;
}

void copy_source_free(struct copy_source *source)
{
	if (!source)
		return;
	while (source->depth)
		closedir(source->levels[--source->depth]);
	close_fd(source->file);
	free(source->file_name);
	queue_deinit(&source->queue);
	free(source);
}

struct error *copy_source_new(const char *path, copy_remark_fn remark, void *argument,
			      struct copy_source **ret)
{
	_cleanup_(copy_source_freep) struct copy_source *source =
		xnew(struct copy_source);
	bool inside = has_suffix(path, "/");
	_cleanup_free_ char *whole = inside ? path_join(path, ".") : xstrdup(path);
	const char *name = path_base(whole);
	struct stat st;

	source->file = -1;
	source->remark = remark;
	source->argument = argument;
	if (lstat(whole, &st) != 0)
		return error_os(errno, "%s", path);
	source_item(source, AT_FDCWD, whole, streq(name, "..") ? "." : name);
	if (!queue_size(&source->queue))
		return error_new(ERROR_FAILED, "%s cannot be copied", path);
	*ret = take_ptr(source);
	return NULL;
}
