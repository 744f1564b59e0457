// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copy records as a tree of the host.  A record names one entry of the directory that was
 * entered last; directories are opened by that one name and never through a link, so that
 * no stream of records can reach outside.
 */
#include "agent/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/copy-record.h"
#include "agent/queue.h"
#include "base/mem.h"
#include "os/file.h"

struct level {
	int fd;
	bool made; /* by us: it gets mode and time when it is left */
	uint32_t mode;
	uint64_t mtime;
};

struct copy_sink {
	struct queue queue; /* what is not yet a whole record */
	char *path;	    /* the destination */
	bool into;
	struct level levels[PROTO_COPY_DEPTH_MAX + 1];
	unsigned int depth; /* levels[depth] is being filled */
	bool begun;	    /* the item at the top is there */
	bool ended;
	int file; /* being written, or -1 */
	struct record file_record;
	uint32_t chunk_left;
	struct copy_stats stats;
	copy_remark_fn remark;
	void *argument;
};

/* A guest's set-uid bit would be ours to run. */
static void set_mode_time(int fd, uint32_t mode, uint64_t mtime)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = (time_t)mtime },
	};

	/* Some file systems know no modes or times; the copy is good without. */
	(void)fchmod(fd, mode & 0777);
	(void)futimens(fd, times);
}

static int sink_create(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      0600);
}

/* The name is taken: what is neither file nor link (think of /dev/null) stays. */
static struct error *sink_replace(int dir, const char *name, int *ret)
{
	struct stat st;
	int fd = -1;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return error_os(errno, "%s", name);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return error_new(ERROR_EXISTS, "%s is there and is no file", name);
	if (S_ISREG(st.st_mode))
		fd = openat(dir, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && unlinkat(dir, name, 0) == 0)
		fd = sink_create(dir, name);
	if (fd < 0)
		return error_os(errno, "%s", name);
	*ret = fd;
	return NULL;
}

static struct error *sink_file(struct copy_sink *sink, int dir, struct record *record)
{
	sink->file = sink_create(dir, record->name);
	if (sink->file < 0 && errno == EEXIST)
		TRY(sink_replace(dir, record->name, &sink->file));
	if (sink->file < 0)
		return error_os(errno, "%s", record->name);
	sink->file_record = *record;
	*record = (struct record){ 0 };
	return NULL;
}

static struct error *sink_link(struct copy_sink *sink, int dir,
			       const struct record *record)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = (time_t)record->mtime },
	};
	struct stat st;

	if (fstatat(dir, record->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		(void)unlinkat(dir, record->name, 0); /* symlinkat() tells */
	if (symlinkat(record->target, dir, record->name) != 0)
		return error_os(errno, "%s", record->name);
	(void)utimensat(dir, record->name, times, AT_SYMLINK_NOFOLLOW); /* as above */
	sink->stats.links++;
	return NULL;
}

static struct error *sink_enter(struct copy_sink *sink, int dir,
				const struct record *record)
{
	bool made;
	int fd;

	if (sink->depth == PROTO_COPY_DEPTH_MAX)
		return copy_broken("too many directories in each other");
	made = mkdirat(dir, record->name, 0700) == 0;
	fd = openat(dir, record->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_os(errno, "%s", record->name);
	sink->levels[++sink->depth] = (struct level){
		.fd = fd, .made = made, .mode = record->mode, .mtime = record->mtime
	};
	sink->stats.directories++;
	return NULL;
}

static struct error *sink_leave(struct copy_sink *sink)
{
	struct level *level = &sink->levels[sink->depth];

	if (sink->depth == 0)
		return copy_broken("a record that leaves what it did not enter");
	if (level->made)
		set_mode_time(level->fd, level->mode, level->mtime);
	close_fd(level->fd);
	sink->depth--;
	return NULL;
}

static bool is_name(const char *name)
{
	return name[0] && !strchr(name, '/') && !streq(name, ".") && !streq(name, "..");
}

static struct error *sink_open_base(struct copy_sink *sink, const char *path)
{
	sink->levels[0].fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sink->levels[0].fd < 0 ? error_os(errno, "%s", path) : NULL;
}

/* The user's own path, which may lead through links: the directory to begin in, and the
 * name that the first record gets. */
static struct error *sink_open_destination(struct copy_sink *sink, struct record *first)
{
	_cleanup_free_ char *parent = NULL, *trimmed = xstrdup(sink->path);
	size_t length = strlen(trimmed);

	if (path_is_dir(sink->path))
		return sink_open_base(sink, sink->path);
	if (sink->into ||
	    (has_suffix(sink->path, "/") && first->kind != PROTO_COPY_DIRECTORY))
		return error_os(ENOTDIR, "%s", sink->path);
	while (length > 1 && trimmed[length - 1] == '/')
		trimmed[--length] = 0;
	parent = path_parent(trimmed);
	free(first->name);
	first->name = xstrdup(path_base(trimmed));
	return sink_open_base(sink, parent);
}

static struct error *sink_begin(struct copy_sink *sink, struct record *record)
{
	sink->begun = true;
	TRY(sink_open_destination(sink, record));
	if (streq(record->name, ".") && record->kind == PROTO_COPY_DIRECTORY)
		return sink_enter(sink, sink->levels[0].fd, record);
	if (!is_name(record->name))
		return copy_broken("a file without a name");
	return NULL;
}

static struct error *sink_item(struct copy_sink *sink, struct record *record)
{
	bool first = !sink->begun;
	int dir;

	if (record->kind == PROTO_COPY_END && sink->depth == 0) {
		sink->ended = true;
		return NULL;
	}
	if (record->kind == PROTO_COPY_UP)
		return sink_leave(sink);
	if (!first && (sink->depth == 0 || !is_name(record->name)))
		return copy_broken("a record where none may be");
	if (first) {
		TRY(sink_begin(sink, record));
		if (sink->depth)
			return NULL;
	}
	dir = sink->levels[sink->depth].fd;
	switch (record->kind) {
	case PROTO_COPY_FILE:
		return sink_file(sink, dir, record);
	case PROTO_COPY_DIRECTORY:
		return sink_enter(sink, dir, record);
	case PROTO_COPY_SYMLINK:
		return sink_link(sink, dir, record);
	default:
		return copy_broken("a record of unknown kind");
	}
}

static struct error *sink_end_file(struct copy_sink *sink, bool whole)
{
	const struct record *record = &sink->file_record;
	int dir = sink->levels[sink->depth].fd;

	if (whole) {
		set_mode_time(sink->file, record->mode, record->mtime);
		sink->stats.files++;
	} else {
		(void)unlinkat(dir, record->name, 0); /* half a file is worse than none */
		sink->stats.incomplete = true;
	}
	if (!whole && sink->remark)
		sink->remark(record->name, sink->argument);
	close_fd(sink->file);
	record_deinit(&sink->file_record);
	return NULL;
}

static struct error *sink_chunk(struct copy_sink *sink, bool *ret_more)
{
	uint32_t size;

	if (queue_size(&sink->queue) < sizeof(uint32_t)) {
		*ret_more = false;
		return NULL;
	}
	size = proto_u32(queue_front(&sink->queue));
	queue_pop(&sink->queue, sizeof(uint32_t));
	if (size == 0 || size == PROTO_COPY_BROKEN)
		return sink_end_file(sink, size == 0);
	if (size > PROTO_COPY_CHUNK_MAX)
		return copy_broken("too large a piece of a file");
	sink->chunk_left = size;
	return NULL;
}

static struct error *sink_content(struct copy_sink *sink, bool *ret_more)
{
	size_t size = MIN(sink->chunk_left, queue_size(&sink->queue));

	if (!sink->chunk_left)
		return sink_chunk(sink, ret_more);
	*ret_more = size > 0;
	TRY_WRAP(fd_write_all(sink->file, queue_front(&sink->queue), size), "%s",
		 sink->file_record.name);
	queue_pop(&sink->queue, size);
	sink->chunk_left -= (uint32_t)size;
	sink->stats.bytes += size;
	return NULL;
}

static struct error *sink_record(struct copy_sink *sink, bool *ret_more)
{
	_cleanup_(record_deinit) struct record record = { 0 };
	size_t size;

	TRY(record_parse(queue_front(&sink->queue), queue_size(&sink->queue), &record,
			 &size));
	*ret_more = size > 0;
	if (!size)
		return NULL;
	queue_pop(&sink->queue, size);
	return sink_item(sink, &record);
}

struct error *copy_sink_write(struct copy_sink *sink, const void *data, size_t size)
{
	bool more = true;

	if (sink->ended)
		return size ? copy_broken("more behind the end of the copy") : NULL;
	queue_push(&sink->queue, data, size);
	while (more && !sink->ended)
		TRY((sink->file >= 0 ? sink_content : sink_record)(sink, &more));
	if (sink->ended && queue_size(&sink->queue))
		return copy_broken("more behind the end of the copy");
	return NULL;
}

struct error *copy_sink_finish(const struct copy_sink *sink)
{
	return sink->ended
		       ? NULL
		       : error_new(ERROR_CLOSED,
				   "the copy ended in the middle: it is not complete");
}

const struct copy_stats *copy_sink_stats(const struct copy_sink *sink)
{
	return &sink->stats;
}

void copy_sink_free(struct copy_sink *sink)
{
	if (!sink)
		return;
	if (sink->file >= 0)
		error_ignore(sink_end_file(sink, false)); /* it cannot fail that way */
	for (unsigned int i = 0; i <= sink->depth; i++)
		close_fd(sink->levels[i].fd);
	queue_deinit(&sink->queue);
	free(sink->path);
	free(sink);
}

struct error *copy_sink_new(const char *path, bool into, copy_remark_fn remark,
			    void *argument, struct copy_sink **ret)
{
	struct copy_sink *sink;

	if (into && !path_is_dir(path))
		return error_os(ENOTDIR, "%s", path);
	sink = xnew(struct copy_sink);
	sink->path = xstrdup(path);
	sink->into = into;
	sink->file = -1;
	sink->levels[0].fd = -1;
	sink->remark = remark;
	sink->argument = argument;
	*ret = sink;
	return NULL;
}
