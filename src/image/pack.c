// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks a plan into newc: opens the sources, and makes sure that they are still those
 * that were planned. */
#include "image/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "format/cpio.h"
#include "format/decompress.h"
#include "os/file.h"

/* The largest of Debian's have 10 MiB; amdgpu with debug information some 300. */
#define MODULE_MAX ((size_t)1 << 30)

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Its size goes before the content, and its identity is in the name of the image. */
static struct error *open_source(const struct plan_entry *entry, int *ret)
{
	_cleanup_close_ int fd =
		open(entry->text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(errno, "reading %s", entry->text);
	if (!same_file(&st, &entry->st))
		return error_hint(error_new(ERROR_BUSY, "%s changed while it was read",
					    entry->text),
				  "run klab again when whoever writes it is done");
	*ret = take_fd(fd);
	return NULL;
}

static struct error *put_file(struct cpio_writer *cpio, const char *path,
			      const struct plan_entry *entry)
{
	_cleanup_close_ int fd = -1;

	TRY(open_source(entry, &fd));
	return cpio_add_file_from(cpio, path, entry->mode, fd,
				  (uint64_t)entry->st.st_size);
}

/* Not every kernel can load a compressed one by itself, and none does it faster. */
static struct error *put_module(struct cpio_writer *cpio, const char *path,
				const struct plan_entry *entry)
{
	_cleanup_bytes_ struct bytes packed = { 0 };
	_cleanup_text_ struct text module = { 0 };
	_cleanup_close_ int fd = -1;

	if (has_suffix(entry->text, ".ko"))
		return put_file(cpio, path, entry);
	TRY(open_source(entry, &fd));
	TRY_WRAP(fd_read_all(fd, MODULE_MAX, &packed), "reading %s", entry->text);
	TRY_WRAP(decompress_to_memory(packed.data, packed.size, MODULE_MAX, &module),
		 "unpacking %s", entry->text);
	return cpio_add_file(cpio, path, entry->mode, module.data, module.length);
}

static struct error *put_entry(const char *path, const struct plan_entry *entry,
			       void *argument)
{
	struct cpio_writer *cpio = argument;

	switch (entry->kind) {
	case PLAN_DIRECTORY:
		return cpio_add_directory(cpio, path, entry->mode);
	case PLAN_SYMLINK:
		return cpio_add_symlink(cpio, path, entry->text);
	case PLAN_NODE:
		return cpio_add_device(cpio, path, entry->mode, major(entry->device),
				       minor(entry->device));
	case PLAN_BYTES:
		return cpio_add_file(cpio, path, entry->mode, entry->text, entry->length);
	case PLAN_FILE:
		return put_file(cpio, path, entry);
	case PLAN_MODULE:
		return put_module(cpio, path, entry);
	}
	return NULL;
}

struct error *pack_write(const struct plan *plan, int fd, uint64_t *ret_size)
{
	_cleanup_(cpio_writer_freep) struct cpio_writer *cpio = cpio_writer_new(fd);

	TRY(plan_visit(plan, put_entry, cpio));
	TRY(cpio_writer_finish(cpio));
	*ret_size = cpio_writer_size(cpio);
	return NULL;
}
