// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks a plan into newc.  That format has no extended attributes: only a disk has them. */
#include "image/pack.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "format/cpio.h"
#include "image/source.h"

struct packing {
	const struct plan *plan;
	struct cpio_writer *cpio;
	uint32_t done; /* the highest inode number so far */
};

/* Sizes in newc have 32 bits. */
static struct error *check_size(const struct plan_inode *inode)
{
	_cleanup_free_ char *size = NULL;

	if (inode->length <= UINT32_MAX)
		return NULL;
	size = format_size(inode->length);
	return error_hint(
		error_new(ERROR_UNSUPPORTED,
			  "%s has %s: a file in an initramfs must be smaller than 4 GiB",
			  inode->text, size),
		"give it to the guest as a disk: --disk %s", inode->text);
}

static struct error *put_file(const struct packing *packing, const char *path,
			      const struct plan_inode *inode)
{
	_cleanup_source_ struct source source = SOURCE_NONE;

	/* A further name of what is there already. */
	if (inode->number <= packing->done)
		return cpio_add_file(packing->cpio, path, inode->mode, NULL, 0);
	TRY(check_size(inode));
	TRY(source_open(packing->plan, inode, &source));
	if (source.data)
		return cpio_add_file(packing->cpio, path, inode->mode, source.data,
				     source.size);
	return cpio_add_file_from(packing->cpio, path, inode->mode, source.fd,
				  source.offset, source.size);
}

static void tell_inode(const struct packing *packing, const struct plan_inode *inode)
{
	const struct plan_attributes *attributes = &inode->attributes;

	cpio_next(packing->cpio, &(struct cpio_inode){
					 .number = inode->number,
					 .links = inode->links > 1 ? inode->links : 0,
					 .uid = attributes->uid,
					 .gid = attributes->gid,
					 .mtime = (uint32_t)attributes->mtime,
				 });
}

static struct error *put_inode(const struct packing *packing, const char *path,
			       const struct plan_inode *inode)
{
	switch (inode->kind) {
	case PLAN_DIRECTORY:
		return cpio_add_directory(packing->cpio, path, inode->mode);
	case PLAN_SYMLINK:
		return cpio_add_symlink(packing->cpio, path, inode->text);
	case PLAN_NODE:
		return cpio_add_device(packing->cpio, path, inode->mode,
				       major(inode->device), minor(inode->device));
	case PLAN_BYTES:
	case PLAN_FILE:
	case PLAN_MODULE:
	case PLAN_SPOOLED:
		return put_file(packing, path, inode);
	}
	return NULL;
}

static struct error *put_entry(const char *path, const struct plan_entry *entry,
			       void *argument)
{
	struct packing *packing = argument;

	tell_inode(packing, entry->inode);
	TRY(put_inode(packing, path, entry->inode));
	packing->done = MAX(packing->done, entry->inode->number);
	return NULL;
}

struct error *pack_write(struct plan *plan, int fd, uint64_t *ret_size)
{
	_cleanup_(cpio_writer_freep) struct cpio_writer *cpio = cpio_writer_new(fd);
	struct packing packing = { .plan = plan, .cpio = cpio };

	(void)plan_number(plan, 1, 2); /* as many as there are */
	TRY(plan_visit(plan, put_entry, &packing));
	TRY(cpio_writer_finish(cpio));
	*ret_size = cpio_writer_size(cpio);
	return NULL;
}
