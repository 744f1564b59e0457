// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens the sources of a plan, and makes sure that they are still those that were
 * planned. */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>

#include "base/text.h"
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
static struct error *open_file(const struct plan_inode *inode, struct source *source)
{
	struct stat st;

	source->file = open(inode->text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (source->file < 0 || fstat(source->file, &st) < 0)
		return error_os(errno, "reading %s", inode->text);
	if (!same_file(&st, &inode->st))
		return error_hint(error_new(ERROR_BUSY, "%s changed while it was read",
					    inode->text),
				  "run klab again when whoever writes it is done");
	source->fd = source->file;
	source->size = inode->length;
	return NULL;
}

/* Not every kernel can load a compressed one by itself, and none does it faster. */
static struct error *open_module(const struct plan_inode *inode, struct source *source)
{
	_cleanup_bytes_ struct bytes packed = { 0 };
	_cleanup_text_ struct text module = { 0 };

	TRY(open_file(inode, source));
	if (has_suffix(inode->text, ".ko"))
		return NULL;
	TRY_WRAP(fd_read_all(source->file, MODULE_MAX, &packed), "reading %s",
		 inode->text);
	TRY_WRAP(decompress_to_memory(packed.data, packed.size, MODULE_MAX, &module),
		 "unpacking %s", inode->text);
	source->fd = -1;
	source->size = module.length;
	source->memory = text_take(&module);
	source->data = source->memory;
	return NULL;
}

static struct error *open_any(const struct plan *plan, const struct plan_inode *inode,
			      struct source *source)
{
	switch (inode->kind) {
	case PLAN_BYTES:
		source->data = inode->text ? inode->text : "";
		source->size = inode->length;
		return NULL;
	case PLAN_FILE:
		return open_file(inode, source);
	case PLAN_MODULE:
		return open_module(inode, source);
	case PLAN_SPOOLED:
		source->fd = plan_spool_fd(plan);
		source->offset = inode->offset;
		source->size = inode->length;
		return NULL;
	default:
		return error_new(ERROR_FAILED, "only a file has content");
	}
}

struct error *source_open(const struct plan *plan, const struct plan_inode *inode,
			  struct source *ret)
{
	_cleanup_source_ struct source source = SOURCE_NONE;

	TRY(open_any(plan, inode, &source));
	*ret = source;
	source = SOURCE_NONE;
	return NULL;
}

void source_deinit(struct source *source)
{
	free(source->memory);
	close_fd(source->file);
	*source = SOURCE_NONE;
}
