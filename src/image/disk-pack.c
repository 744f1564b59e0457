// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks a plan twice: to measure, and to write. */
#include "image/disk-pack.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/ext4.h"
#include "image/source.h"

#define MIB (UINT64_C(1) << 20)
/* Room for what the guest adds: holes of the file, so it costs nothing until then. */
#define ROOM (UINT64_C(1) << 30)
/* As mke2fs: one for each 16 KiB. */
#define BYTES_PER_INODE 16384
/* ext4 without 64-bit block numbers. */
#define SIZE_MAX_EXT4 ((UINT64_C(1) << 32) * EXT4_BLOCK - (UINT64_C(1) << 30))
/* When an image has no file of a later time: 1980, as archives like it. */
#define TIME_MIN INT64_C(315532800)

struct packing {
	const struct plan *plan;
	struct ext4_writer *writer;
	uint32_t done;	 /* the highest number written */
	uint64_t blocks; /* measured */
	uint64_t inodes;
	int64_t newest;
};

static uint64_t blocks_of(uint64_t size)
{
	return (size + EXT4_BLOCK - 1) / EXT4_BLOCK;
}

static bool is_first(struct packing *packing, const struct plan_inode *inode)
{
	if (inode->number <= packing->done)
		return false;
	packing->done = inode->number;
	return true;
}

static uint64_t directory_blocks(const struct plan_entry *entry)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < entry->child_count; i++)
		bytes += strlen(entry->children[i]->name);
	return ext4_directory_blocks(entry->child_count, bytes);
}

static struct error *measure_entry(const char *path, const struct plan_entry *entry,
				   void *argument)
{
	const struct plan_inode *inode = entry->inode;
	struct packing *packing = argument;

	if (!is_first(packing, inode))
		return NULL;
	packing->inodes++;
	packing->newest = MAX(packing->newest, inode->attributes.mtime);
	packing->blocks += inode->attributes.xattr_count ? 1 : 0;
	switch (inode->kind) {
	case PLAN_DIRECTORY:
		packing->blocks += directory_blocks(entry);
		break;
	case PLAN_SYMLINK:
		packing->blocks += strlen(inode->text) < 60 ? 0 : 1;
		break;
	case PLAN_NODE:
		break;
	case PLAN_FILE:
		/* Holes take nothing. */
		packing->blocks += MIN(blocks_of(inode->length),
				       blocks_of((uint64_t)inode->st.st_blocks * 512));
		break;
	case PLAN_MODULE: /* as large as it can get by unpacking, more or less */
		packing->blocks += blocks_of(inode->length) * 8;
		break;
	case PLAN_BYTES:
	case PLAN_SPOOLED:
		packing->blocks += blocks_of(inode->length);
		break;
	}
	return NULL;
}

static struct ext4_xattr *xattrs_of(const struct plan_attributes *attributes)
{
	struct ext4_xattr *xattrs = xcalloc(attributes->xattr_count + 1, sizeof(*xattrs));

	for (size_t i = 0; i < attributes->xattr_count; i++)
		xattrs[i] = (struct ext4_xattr){
			.name = attributes->xattrs[i].name,
			.value = attributes->xattrs[i].value,
			.size = attributes->xattrs[i].size,
		};
	return xattrs;
}

static uint32_t directory_links(const struct plan_entry *entry)
{
	uint32_t links = 2;

	for (size_t i = 0; i < entry->child_count && links < EXT4_LINKS_MAX; i++)
		links += entry->children[i]->inode->kind == PLAN_DIRECTORY;
	return links;
}

static struct error *put_directory(struct ext4_writer *writer,
				   const struct plan_entry *entry,
				   struct ext4_attributes *attributes)
{
	const struct plan_entry *parent = entry->parent ? entry->parent : entry;
	_cleanup_free_ struct ext4_name *names =
		xcalloc(entry->child_count + 1, sizeof(*names));

	for (size_t i = 0; i < entry->child_count; i++)
		names[i] = (struct ext4_name){
			.name = entry->children[i]->name,
			.number = entry->children[i]->inode->number,
			.mode = entry->children[i]->inode->mode,
		};
	attributes->links = directory_links(entry);
	return ext4_put_directory(writer, attributes, parent->inode->number, names,
				  entry->child_count);
}

static struct error *put_file(struct packing *packing, const struct plan_inode *inode,
			      const struct ext4_attributes *attributes)
{
	_cleanup_source_ struct source source = SOURCE_NONE;

	TRY(source_open(packing->plan, inode, &source));
	return ext4_put_file(packing->writer, attributes,
			     &(struct ext4_content){
				     .data = source.data,
				     .fd = source.fd,
				     .offset = source.offset,
				     .size = source.size,
			     });
}

static struct error *put_inode(struct packing *packing, const struct plan_entry *entry,
			       struct ext4_attributes *attributes)
{
	const struct plan_inode *inode = entry->inode;

	switch (inode->kind) {
	case PLAN_DIRECTORY:
		return put_directory(packing->writer, entry, attributes);
	case PLAN_SYMLINK:
		return ext4_put_symlink(packing->writer, attributes, inode->text);
	case PLAN_NODE:
		return ext4_put_node(packing->writer, attributes, major(inode->device),
				     minor(inode->device));
	case PLAN_BYTES:
	case PLAN_FILE:
	case PLAN_MODULE:
	case PLAN_SPOOLED:
		return put_file(packing, inode, attributes);
	}
	return NULL;
}

static struct error *put_entry(const char *path, const struct plan_entry *entry,
			       void *argument)
{
	const struct plan_inode *inode = entry->inode;
	const struct plan_attributes *from = &inode->attributes;
	_cleanup_free_ struct ext4_xattr *xattrs = NULL;
	struct packing *packing = argument;
	struct ext4_attributes attributes;

	if (!is_first(packing, inode))
		return NULL;
	if (inode->links >= EXT4_LINKS_MAX)
		return error_new(ERROR_UNSUPPORTED,
				 "/%s has %u names: in ext4 a file has at most %u", path,
				 inode->links, EXT4_LINKS_MAX);
	xattrs = xattrs_of(from);
	attributes = (struct ext4_attributes){
		.number = inode->number,
		.mode = inode->mode,
		.uid = from->uid,
		.gid = from->gid,
		.links = inode->links,
		.mtime = from->mtime,
		.mtime_ns = from->mtime_ns,
		.xattrs = xattrs,
		.xattr_count = from->xattr_count,
	};
	TRY_WRAP(put_inode(packing, entry, &attributes), "/%s", path);
	return NULL;
}

static struct error *choose_size(const struct packing *packing, uint64_t wanted,
				 struct ext4_options *options)
{
	uint64_t inodes = packing->inodes + packing->inodes / 4 + 1024;
	uint64_t least = ext4_size_for(packing->blocks, inodes);

	options->size = wanted ? wanted : least + least / 4 + ROOM;
	options->size = (options->size + MIB - 1) & -MIB;
	if (options->size > SIZE_MAX_EXT4)
		return error_new(ERROR_UNSUPPORTED,
				 "klab makes no file systems larger than 16 TiB");
	options->inodes =
		(uint32_t)MIN(MAX(inodes, options->size / BYTES_PER_INODE), UINT32_MAX);
	return NULL;
}

/* 16 bytes of the key, marked as a UUID that was computed (RFC 9562, version 8). */
static void make_uuid(const char *key, uint8_t uuid[16])
{
	char hex[DIGEST_HEX_SIZE];

	digest_bytes(key, strlen(key), hex);
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte = 0;

		(void)sscanf(hex + 2 * i, "%2x", &byte); /* they are hexadecimal */
		uuid[i] = (uint8_t)byte;
	}
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

/* e2fsck wants one; a tree that was a disk before has it. */
static struct error *add_lost_found(struct plan *plan)
{
	if (plan_find(plan, "/lost+found"))
		return NULL;
	return plan_add_directory(plan, "/lost+found", 0700);
}

struct error *disk_pack(struct plan *plan, const char *path, int fd, const char *key,
			uint64_t size)
{
	_cleanup_(ext4_writer_freep) struct ext4_writer *writer = NULL;
	struct packing packing = { .plan = plan, .newest = TIME_MIN };
	struct ext4_options options = { .label = "klab" };
	struct error *err;

	TRY(add_lost_found(plan));
	(void)plan_number(plan, EXT4_ROOT, EXT4_FIRST); /* the writer tells of too many */
	TRY(plan_visit(plan, measure_entry, &packing));
	TRY(choose_size(&packing, size, &options));
	make_uuid(key, options.uuid);
	options.time = (uint32_t)MIN(packing.newest, UINT32_MAX);
	err = ext4_writer_new(path, fd, &options, &writer);
	packing.writer = writer;
	packing.done = 0;
	if (!err)
		err = plan_visit(plan, put_entry, &packing);
	if (!err)
		err = ext4_writer_finish(writer);
	if (size && error_is(err, ERROR_REFUSED)) {
		_cleanup_free_ char *least =
			format_size(ext4_size_for(packing.blocks, packing.inodes));

		return error_hint(err, "its content needs about %s", least);
	}
	return err;
}
