// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nothing of a package is written but the files that are wanted: regular ones, under names
 * that can't lead out of the directory.  Links are never made, so no later file can be written through one.
 */
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/tar.h"
#include "kernel/apt.h"
#include "kernel/unpack.h"
#include "os/file.h"
#include "os/spawn.h"

#define REPORT_MS 200
#define UNPACKED_MAX (UINT64_C(16) << 30)

struct unpacking {
	const struct unpack_rule *rules;
	size_t rule_count;
	const char *directory;
	const struct fetch_progress *progress;
	struct tar_reader *tar;
	uint64_t size; /* of the .deb */
	uint64_t written;
	uint64_t reported_ms;
};

static struct error *report(struct unpacking *unpacking)
{
	uint64_t now = clock_ms();

	if (now - unpacking->reported_ms < REPORT_MS)
		return NULL;
	unpacking->reported_ms = now;
	return progress_report(unpacking->progress, "unpacking",
			       tar_reader_position(unpacking->tar), unpacking->size);
}

/* Where a file of the package goes; NULL: nowhere. */
static struct error *target_of(const struct unpacking *unpacking, const char *name,
			       char **ret)
{
	*ret = NULL;
	TRY(tar_path(name, &name));
	for (size_t i = 0; i < unpacking->rule_count; i++) {
		const struct unpack_rule *rule = &unpacking->rules[i];
		const char *rest = after_prefix(name, rule->from);

		if (rest && (*rest == '\0' || has_suffix(rule->from, "/"))) {
			*ret = xasprintf("%s/%s%s", unpacking->directory, rule->to, rest);
			return NULL;
		}
	}
	return NULL;
}

static struct error *copy_data(struct unpacking *unpacking, int fd, const char *path)
{
	const void *data;
	uint64_t offset;
	size_t size;

	for (;;) {
		TRY(tar_read_data(unpacking->tar, &data, &size, &offset));
		if (!data)
			return NULL;
		unpacking->written += size;
		if (unpacking->written > UNPACKED_MAX)
			return error_new(ERROR_CORRUPT,
					 "it is larger than klab believes");
		if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
			return error_os(errno, "writing %s", path);
		TRY_WRAP(fd_write_all(fd, data, size), "writing %s", path);
		TRY(report(unpacking));
	}
}

static struct error *unpack_file(struct unpacking *unpacking, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	mode_t mode = archive_entry_perm(entry) & 0111 ? 0755 : 0644;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *parent = NULL;
	_cleanup_close_ int fd = -1;

	/* A hard link has no content of its own, and no kernel package has any. */
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return NULL;
	TRY(target_of(unpacking, name, &path));
	if (!path)
		return NULL;
	parent = path_parent(path);
	TRY(dir_make(parent, 0755));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return error_os(errno, "writing %s", path);
	return copy_data(unpacking, fd, path);
}

static struct error *unpack_files(struct unpacking *unpacking, int fd)
{
	_cleanup_(tar_reader_freep) struct tar_reader *tar = NULL;
	struct archive_entry *entry;

	TRY(tar_reader_new(fd, &tar));
	unpacking->tar = tar;
	for (;;) {
		TRY(tar_read(tar, &entry));
		if (!entry)
			return NULL;
		TRY(report(unpacking));
		TRY(unpack_file(unpacking, entry));
	}
}

struct error *package_unpack(const char *deb, const struct unpack_rule *rules,
			     size_t rule_count, const char *directory,
			     const struct fetch_progress *progress)
{
	_cleanup_close_ int fd = open(deb, O_RDONLY | O_CLOEXEC);
	struct unpacking unpacking = {
		.rules = rules,
		.rule_count = rule_count,
		.directory = directory,
		.progress = progress,
	};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(errno, "reading %s", deb);
	unpacking.size = (uint64_t)st.st_size;
	TRY_WRAP(unpack_files(&unpacking, fd), "unpacking %s", path_base(deb));
	return NULL;
}
