// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Debian package is an ar archive with a member data.tar, compressed in one way or
 * another.  libarchive reads both, the inner out of the outer, so nothing is written but
 * the files that are wanted: regular ones, under names that can't lead out of the
 * directory.  Links are never made, so no later file can be written through one.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "kernel/unpack.h"
#include "os/file.h"
#include "os/spawn.h"

#define BLOCK (256 * 1024)
#define REPORT_MS 200
#define UNPACKED_MAX (UINT64_C(16) << 30)

struct unpacking {
	const char *deb;
	const struct unpack_rule *rules;
	size_t rule_count;
	const char *directory;
	const struct fetch_progress *progress;
	struct archive *outer; /* libarchive's word for a reader */
	struct archive *inner;
	uint8_t *block;
	uint64_t size; /* of the .deb */
	uint64_t written;
	uint64_t reported_ms;
};

static void unpacking_deinit(struct unpacking *unpacking)
{
	/* The inner one reads from the outer. */
	archive_read_free(unpacking->inner);
	archive_read_free(unpacking->outer);
	free(unpacking->block);
}

static struct error *broken(const struct unpacking *unpacking, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	return error_new(ERROR_CORRUPT, "unpacking %s: %s", path_base(unpacking->deb),
			 why ? why : "unknown error");
}

/* Open the package and go to its data. */
static struct error *open_outer(struct unpacking *unpacking)
{
	struct archive_entry *entry;
	int result;

	unpacking->outer = archive_read_new();
	archive_read_support_format_ar(unpacking->outer);
	if (archive_read_open_filename(unpacking->outer, unpacking->deb, BLOCK) !=
	    ARCHIVE_OK)
		return broken(unpacking, unpacking->outer);
	while ((result = archive_read_next_header(unpacking->outer, &entry)) ==
	       ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && has_prefix(name, "data.tar"))
			return NULL;
	}
	if (result != ARCHIVE_EOF)
		return broken(unpacking, unpacking->outer);
	return error_new(ERROR_CORRUPT, "%s has no data.tar", path_base(unpacking->deb));
}

static la_ssize_t read_outer(struct archive *inner, void *argument, const void **ret)
{
	struct unpacking *unpacking = argument;
	la_ssize_t n = archive_read_data(unpacking->outer, unpacking->block, BLOCK);

	if (n < 0)
		archive_set_error(inner, EIO, "%s",
				  archive_error_string(unpacking->outer));
	*ret = unpacking->block;
	return n < 0 ? -1 : n;
}

static struct error *open_inner(struct unpacking *unpacking)
{
	unpacking->block = xcalloc(1, BLOCK);
	unpacking->inner = archive_read_new();
	archive_read_support_format_tar(unpacking->inner);
	archive_read_support_filter_all(unpacking->inner);
	if (archive_read_open(unpacking->inner, unpacking, NULL, read_outer, NULL) !=
	    ARCHIVE_OK)
		return broken(unpacking, unpacking->inner);
	return NULL;
}

static struct error *report(struct unpacking *unpacking)
{
	uint64_t now = clock_ms();

	if (now - unpacking->reported_ms < REPORT_MS)
		return NULL;
	unpacking->reported_ms = now;
	return progress_report(unpacking->progress, "unpacking",
			       (uint64_t)archive_filter_bytes(unpacking->outer, -1),
			       unpacking->size);
}

static bool has_dotdot(const char *name)
{
	while (*name) {
		size_t length = strcspn(name, "/");

		if (length == 2 && name[0] == '.' && name[1] == '.')
			return true;
		name += length;
		name += strspn(name, "/");
	}
	return false;
}

/* Where a file of the package goes; NULL: nowhere. */
static struct error *target_of(const struct unpacking *unpacking, const char *name,
			       char **ret)
{
	*ret = NULL;
	while (has_prefix(name, "./"))
		name += 2;
	if (*name == '/' || has_dotdot(name))
		return error_new(ERROR_CORRUPT, "%s would write to %s",
				 path_base(unpacking->deb), name);
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
	size_t size;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(unpacking->inner, &data, &size,
						 &offset)) == ARCHIVE_OK) {
		unpacking->written += size;
		if (unpacking->written > UNPACKED_MAX)
			return error_new(ERROR_CORRUPT, "%s is larger than klab believes",
					 path_base(unpacking->deb));
		if (lseek(fd, offset, SEEK_SET) < 0)
			return error_os(errno, "writing %s", path);
		TRY_WRAP(fd_write_all(fd, data, size), "writing %s", path);
		TRY(report(unpacking));
	}
	if (result != ARCHIVE_EOF)
		return broken(unpacking, unpacking->inner);
	return NULL;
}

static struct error *unpack_file(struct unpacking *unpacking, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	mode_t mode = archive_entry_perm(entry) & 0111 ? 0755 : 0644;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *parent = NULL;
	_cleanup_close_ int fd = -1;

	/* A hard link has no content of its own, and no kernel package has any. */
	if (!name || archive_entry_filetype(entry) != AE_IFREG ||
	    archive_entry_hardlink(entry))
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

struct error *package_unpack(const char *deb, const struct unpack_rule *rules,
			     size_t rule_count, const char *directory,
			     const struct fetch_progress *progress)
{
	_cleanup_(unpacking_deinit) struct unpacking unpacking = {
		.deb = deb,
		.rules = rules,
		.rule_count = rule_count,
		.directory = directory,
		.progress = progress,
	};
	struct archive_entry *entry;
	struct stat st;
	int result;

	if (stat(deb, &st) < 0)
		return error_os(errno, "reading %s", deb);
	unpacking.size = (uint64_t)st.st_size;
	TRY(open_outer(&unpacking));
	TRY(open_inner(&unpacking));
	while ((result = archive_read_next_header(unpacking.inner, &entry)) ==
	       ARCHIVE_OK) {
		TRY(report(&unpacking));
		TRY(unpack_file(&unpacking, entry));
	}
	if (result != ARCHIVE_EOF && result != ARCHIVE_WARN)
		return broken(&unpacking, unpacking.inner);
	return NULL;
}
