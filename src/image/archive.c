// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads an archive once, from front to end: members become entries, and their content goes
 * into the plan's spool, since the image is written in another order.  So memory is needed
 * for the names alone.
 */
#include "image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/tar.h"
#include "image/archive-acl.h"

#define REPORT_MEMBERS 64
/* ext4 and the others hold 64 KiB at most. */
#define XATTR_MAX 65536

struct unpacking {
	struct plan *plan;
	const struct unpack_options *options;
	const char *path;
	struct tar_reader *tar;
	struct stat st; /* of the archive */
	int spool;
	uint64_t spooled; /* end of what is in the spool */
	uint64_t bytes;	  /* of this archive's content, holes included */
	uint32_t members;
};

static char *harmless(const char *name)
{
	_cleanup_text_ struct text text = { 0 };

	text_append_harmless(&text, name, strlen(name));
	return text_take(&text);
}

static struct error *too_much(void)
{
	return error_new(ERROR_CORRUPT, "more than klab believes (%u files, 256 GiB)",
			 ARCHIVE_MEMBERS_MAX);
}

static struct error *write_at(int fd, const void *data, size_t size, uint64_t offset)
{
	const char *from = data;

	while (size) {
		ssize_t n = pwrite(fd, from, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "writing what is in it");
		from += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return NULL;
}

/* The content into the spool at its end; holes stay holes. */
static struct error *spool_content(struct unpacking *unpacking, uint64_t size)
{
	const void *data;
	uint64_t offset;
	size_t length;

	for (;;) {
		TRY(tar_read_data(unpacking->tar, &data, &length, &offset));
		if (!data)
			break;
		if (offset > size || length > size - offset)
			return error_new(ERROR_CORRUPT, "it is longer than it says");
		TRY(write_at(unpacking->spool, data, length,
			     unpacking->spooled + offset));
	}
	/* Also where it ends in a hole. */
	if (ftruncate(unpacking->spool, (off_t)(unpacking->spooled + size)) < 0)
		return error_os(errno, "writing what is in it");
	return NULL;
}

static struct error *add_file(struct unpacking *unpacking, const char *path,
			      struct archive_entry *entry)
{
	la_int64_t size = archive_entry_size(entry);
	uint64_t at = unpacking->spooled;

	if (size < 0 || (uint64_t)size > ARCHIVE_BYTES_MAX - unpacking->bytes)
		return too_much();
	TRY(spool_content(unpacking, (uint64_t)size));
	unpacking->bytes += (uint64_t)size;
	unpacking->spooled += (uint64_t)size;
	return plan_add_spooled(unpacking->plan, path, archive_entry_perm(entry),
				unpacking->path, &unpacking->st, at, (uint64_t)size);
}

static struct error *add_hard_link(struct unpacking *unpacking, const char *path,
				   const char *target)
{
	TRY(tar_path(target, &target));
	return plan_add_link(unpacking->plan, path, target);
}

static struct error *add_kind(struct unpacking *unpacking, const char *path,
			      struct archive_entry *entry)
{
	mode_t mode = archive_entry_mode(entry);
	const char *target;

	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return add_file(unpacking, path, entry);
	case AE_IFDIR:
		return plan_add_directory(unpacking->plan, path, mode);
	case AE_IFLNK:
		target = archive_entry_symlink(entry);
		if (!target || !*target)
			return error_new(ERROR_CORRUPT, "a link that leads nowhere");
		return plan_add_symlink(unpacking->plan, path, target);
	case AE_IFCHR:
	case AE_IFBLK:
		return plan_add_node(unpacking->plan, path, mode,
				     archive_entry_rdev(entry));
	case AE_IFIFO:
		return plan_add_node(unpacking->plan, path, mode, 0);
	default:
		return error_new(ERROR_CORRUPT, "it is of no kind that a disk can hold");
	}
}

/* Those that Linux has; an archive made elsewhere may have others. */
static bool is_xattr_of_linux(const char *name)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (has_prefix(name, prefixes[i]))
			return true;
	return false;
}

/* bsdtar writes each in two ways. */
static bool has_xattr(const struct plan_attributes *attributes, const char *name)
{
	for (size_t i = 0; i < attributes->xattr_count; i++)
		if (streq(attributes->xattrs[i].name, name))
			return true;
	return false;
}

static struct error *take_xattrs(struct archive_entry *entry,
				 struct plan_attributes *attributes)
{
	size_t capacity = 0, size;
	const char *name;
	const void *value;

	TRY(archive_take_acls(entry, attributes, &capacity));
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (!is_xattr_of_linux(name) || has_xattr(attributes, name))
			continue;
		if (size > XATTR_MAX)
			return error_new(ERROR_CORRUPT,
					 "an extended attribute of %zu bytes", size);
		array_reserve(attributes->xattrs, attributes->xattr_count, capacity);
		attributes->xattrs[attributes->xattr_count++] = (struct plan_xattr){
			.name = xstrdup(name),
			.value = size ? xmemdup(value, size) : NULL,
			.size = size,
		};
	}
	return NULL;
}

/* An ACL decides on the mode as well. */
static struct error *read_attributes(struct archive_entry *entry,
				     struct plan_attributes *attributes)
{
	la_int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return error_new(ERROR_CORRUPT, "its owner is no user of Linux");
	attributes->uid = (uint32_t)uid;
	attributes->gid = (uint32_t)gid;
	attributes->mtime = archive_entry_mtime(entry);
	attributes->mtime_ns = (uint32_t)archive_entry_mtime_nsec(entry);
	return take_xattrs(entry, attributes);
}

static struct error *add_member(struct unpacking *unpacking, struct archive_entry *entry)
{
	_cleanup_(plan_attributes_deinit) struct plan_attributes attributes = { 0 };
	const char *path, *hard;

	TRY(tar_path(archive_entry_pathname(entry), &path));
	hard = archive_entry_hardlink(entry);
	/* It is what it links to, owner and all. */
	if (hard)
		return add_hard_link(unpacking, path, hard);
	if (!*path && archive_entry_filetype(entry) != AE_IFDIR)
		return error_new(ERROR_CORRUPT, "the root is no directory");
	TRY(read_attributes(entry, &attributes));
	TRY(add_kind(unpacking, path, entry));
	plan_set_attributes(unpacking->plan, &attributes);
	return NULL;
}

/* The plan's words for what cannot be are about the image; here it is the archive's fault. */
static struct error *blame(struct error *err, struct archive_entry *entry)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_free_ char *why = NULL;

	if (error_is(err, ERROR_OS) || error_is(err, ERROR_INTERRUPTED))
		return err;
	name = harmless(archive_entry_pathname(entry));
	why = harmless(error_sentence(err));
	error_free(err);
	return error_new(ERROR_CORRUPT, "%s: %s", name, why);
}

static struct error *report(const struct unpacking *unpacking)
{
	const struct unpack_options *options = unpacking->options;

	if (!options->progress || unpacking->members % REPORT_MEMBERS)
		return NULL;
	return options->progress(tar_reader_position(unpacking->tar),
				 (uint64_t)unpacking->st.st_size, options->argument);
}

static struct error *add_members(struct unpacking *unpacking, int fd)
{
	_cleanup_(tar_reader_freep) struct tar_reader *tar = NULL;
	struct archive_entry *entry;
	struct error *err;

	TRY(tar_reader_new(fd, &tar));
	unpacking->tar = tar;
	for (;;) {
		TRY(tar_read(tar, &entry));
		if (!entry)
			return NULL;
		if (++unpacking->members > ARCHIVE_MEMBERS_MAX)
			return too_much();
		err = add_member(unpacking, entry);
		if (err)
			return blame(err, entry);
		TRY(report(unpacking));
	}
}

/* Of one archive after the other. */
static struct error *spool_end(int spool, uint64_t *ret)
{
	off_t end = lseek(spool, 0, SEEK_END);

	if (end < 0)
		return error_os(errno, "looking at what is unpacked");
	*ret = (uint64_t)end;
	return NULL;
}

struct error *plan_add_archive(struct plan *plan, const char *path,
			       const struct unpack_options *options)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct unpacking unpacking = { .plan = plan, .options = options, .path = path };

	if (fd < 0 || fstat(fd, &unpacking.st) < 0)
		return error_os(errno, "reading the archive %s", path);
	/* The store goes by what the file is. */
	if (!S_ISREG(unpacking.st.st_mode))
		return error_new(ERROR_USAGE, "the archive %s is not a file", path);
	TRY(plan_spool(plan, options->spool, &unpacking.spool));
	TRY(spool_end(unpacking.spool, &unpacking.spooled));
	TRY_WRAP(add_members(&unpacking, fd), "unpacking %s", path);
	return NULL;
}
