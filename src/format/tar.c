// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Debian package is an ar archive with a member data.tar.  libarchive reads both, the
 * inner out of the outer, so nothing is written in between.
 */
#include "format/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define BLOCK ((size_t)256 * 1024)
#define DEB_MAGIC "!<arch>\n"

struct tar_reader {
	struct archive *outer; /* the ar; NULL: the file is the tar */
	struct archive *tar;
	uint8_t *block; /* of the outer */
};

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	/* The inner one reads from the outer. */
	archive_read_free(reader->tar);
	archive_read_free(reader->outer);
	free(reader->block);
	free(reader);
}

static struct error *broken(struct archive *archive)
{
	const char *why = archive_error_string(archive);

	return error_new(ERROR_CORRUPT, "%s", why ? why : "the archive is broken");
}

static struct archive *new_tar(void)
{
	struct archive *tar = archive_read_new();

	archive_read_support_format_tar(tar);
	archive_read_support_filter_gzip(tar);
	archive_read_support_filter_bzip2(tar);
	archive_read_support_filter_compress(tar);
	archive_read_support_filter_lzma(tar);
	archive_read_support_filter_xz(tar);
	archive_read_support_filter_lz4(tar);
	archive_read_support_filter_zstd(tar);
	return tar;
}

/* Open the package and go to its data. */
static struct error *open_outer(struct tar_reader *reader, int fd)
{
	struct archive_entry *entry;
	int result;

	reader->outer = archive_read_new();
	archive_read_support_format_ar(reader->outer);
	if (archive_read_open_fd(reader->outer, fd, BLOCK) != ARCHIVE_OK)
		return broken(reader->outer);
	while ((result = archive_read_next_header(reader->outer, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && has_prefix(name, "data.tar"))
			return NULL;
	}
	if (result != ARCHIVE_EOF)
		return broken(reader->outer);
	return error_new(ERROR_CORRUPT, "the package has no data.tar");
}

static la_ssize_t read_outer(struct archive *inner, void *argument, const void **ret)
{
	struct tar_reader *reader = argument;
	la_ssize_t n = archive_read_data(reader->outer, reader->block, BLOCK);

	if (n < 0)
		archive_set_error(inner, EIO, "%s", archive_error_string(reader->outer));
	*ret = reader->block;
	return n < 0 ? -1 : n;
}

static struct error *open_package(struct tar_reader *reader, int fd)
{
	TRY(open_outer(reader, fd));
	reader->block = xcalloc(1, BLOCK);
	if (archive_read_open(reader->tar, reader, NULL, read_outer, NULL) != ARCHIVE_OK)
		return broken(reader->tar);
	return NULL;
}

static bool is_package(int fd)
{
	char magic[sizeof(DEB_MAGIC) - 1];
	off_t at = lseek(fd, 0, SEEK_CUR);

	/* A pipe has no offset, and dpkg packages do not come through one. */
	return at >= 0 && pread(fd, magic, sizeof(magic), at) == sizeof(magic) &&
	       memcmp(magic, DEB_MAGIC, sizeof(magic)) == 0;
}

struct error *tar_reader_new(int fd, struct tar_reader **ret)
{
	_cleanup_(tar_reader_freep) struct tar_reader *reader = xnew(struct tar_reader);

	reader->tar = new_tar();
	if (is_package(fd))
		TRY(open_package(reader, fd));
	else if (archive_read_open_fd(reader->tar, fd, BLOCK) != ARCHIVE_OK)
		return broken(reader->tar);
	*ret = take_ptr(reader);
	return NULL;
}

struct error *tar_read(struct tar_reader *reader, struct archive_entry **ret)
{
	int result = archive_read_next_header(reader->tar, ret);

	if (result == ARCHIVE_EOF) {
		*ret = NULL;
		return NULL;
	}
	/* A warning is about a name that is not in the locale's character set, which
	 * concerns nobody: names are bytes. */
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return broken(reader->tar);
	if (!archive_entry_pathname(*ret))
		return error_new(ERROR_CORRUPT, "a member has no name");
	return NULL;
}

struct error *tar_read_data(struct tar_reader *reader, const void **ret_data,
			    size_t *ret_size, uint64_t *ret_offset)
{
	la_int64_t offset = 0;
	int result = archive_read_data_block(reader->tar, ret_data, ret_size, &offset);

	if (result == ARCHIVE_EOF) {
		*ret_data = NULL;
		*ret_size = 0;
	} else if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
		return broken(reader->tar);
	}
	*ret_offset = (uint64_t)offset;
	return NULL;
}

uint64_t tar_reader_position(const struct tar_reader *reader)
{
	struct archive *file = reader->outer ? reader->outer : reader->tar;

	return (uint64_t)archive_filter_bytes(file, -1);
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

struct error *tar_path(const char *name, const char **ret)
{
	_cleanup_text_ struct text harmless = { 0 };
	const char *path = name;

	while (*path == '/' || (path[0] == '.' && (path[1] == '/' || !path[1])))
		path++;
	if (!has_dotdot(path)) {
		*ret = path;
		return NULL;
	}
	text_append_harmless(&harmless, name, strlen(name));
	return error_new(ERROR_CORRUPT, "the path %s leads out of the archive",
			 text_str(&harmless));
}
