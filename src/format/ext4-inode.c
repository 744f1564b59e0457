// SPDX-License-Identifier: GPL-2.0-or-later
/* Inodes: owner, times, attributes; and those without content. */
#include <string.h>

#include "format/ext4-internal.h"

/* Linux Documentation/filesystems/ext4/inodes.rst: 34 bits of seconds, from 1901 on. */
#define TIME_MIN (-(INT64_C(1) << 31))
#define TIME_MAX ((INT64_C(1) << 34) - (INT64_C(1) << 31) - 1)
#define EXTRA_ISIZE 32
/* A target that has a place within the inode, with its NUL. */
#define FAST_SYMLINK_MAX ((size_t)60)

void ext4_inode_deinit(struct ext4_inode *inode)
{
	if (inode->extents)
		ext2fs_extent_free(inode->extents);
	inode->extents = NULL;
}

static void set_times(struct ext2_inode_large *inode,
		      const struct ext4_attributes *attributes)
{
	int64_t seconds = MAX(TIME_MIN, MIN(TIME_MAX, attributes->mtime));
	uint32_t low = (uint32_t)seconds;
	uint32_t epoch = (uint32_t)((seconds - (int32_t)low) >> 32) & 3;
	uint32_t extra = attributes->mtime_ns << 2 | epoch;

	inode->i_mtime = inode->i_atime = inode->i_ctime = inode->i_crtime = low;
	inode->i_mtime_extra = inode->i_atime_extra = extra;
	inode->i_ctime_extra = inode->i_crtime_extra = extra;
}

void ext4_inode_init(struct ext4_inode *inode, const struct ext4_attributes *attributes)
{
	struct ext2_inode_large *large = &inode->large;

	*inode = (struct ext4_inode){ .number = attributes->number };
	large->i_mode = (uint16_t)attributes->mode;
	large->i_uid = (uint16_t)attributes->uid;
	large->osd2.linux2.l_i_uid_high = (uint16_t)(attributes->uid >> 16);
	large->i_gid = (uint16_t)attributes->gid;
	large->osd2.linux2.l_i_gid_high = (uint16_t)(attributes->gid >> 16);
	large->i_links_count = (uint16_t)attributes->links;
	large->i_extra_isize = EXTRA_ISIZE;
	set_times(large, attributes);
}

struct error *ext4_inode_open(struct ext4_writer *writer, struct ext4_inode *inode)
{
	inode->large.i_flags |= EXT4_EXTENTS_FL;
	return ext4_error(ext2fs_extent_open2(writer->fs, inode->number, &inode->small,
					      &inode->extents),
			  "writing the file system");
}

static struct error *put_xattrs(struct ext4_writer *writer, uint32_t number,
				const struct ext4_attributes *attributes)
{
	struct ext2_xattr_handle *handle;
	errcode_t code;

	if (!attributes->xattr_count)
		return NULL;
	TRY(ext4_error(ext2fs_xattrs_open(writer->fs, number, &handle),
		       "writing attributes"));
	code = ext2fs_xattrs_read(handle);
	for (size_t i = 0; !code && i < attributes->xattr_count; i++) {
		const struct ext4_xattr *xattr = &attributes->xattrs[i];

		code = ext2fs_xattr_set(handle, xattr->name,
					xattr->size ? xattr->value : "", xattr->size);
	}
	(void)ext2fs_xattrs_close(&handle); /* it only frees */
	return ext4_error(code, "writing attributes");
}

struct error *ext4_inode_put(struct ext4_writer *writer, struct ext4_inode *inode,
			     const struct ext4_attributes *attributes)
{
	/* What counts inodes would write beyond its tables. */
	if (inode->number > writer->fs->super->s_inodes_count)
		return ext4_error(EXT2_ET_INODE_ALLOC_FAIL, "writing the file system");
	ext2fs_inode_alloc_stats2(writer->fs, inode->number, +1,
				  S_ISDIR(attributes->mode));
	TRY(ext4_error(ext2fs_write_inode_full(writer->fs, inode->number, &inode->small,
					       INODE_SIZE),
		       "writing the file system"));
	return put_xattrs(writer, inode->number, attributes);
}

struct error *ext4_put_symlink(struct ext4_writer *writer,
			       const struct ext4_attributes *attributes,
			       const char *target)
{
	struct ext4_inode inode; /* without extents: nothing to free */
	const struct ext4_content content = { .data = target, .size = strlen(target) };

	if (content.size >= FAST_SYMLINK_MAX)
		return ext4_put_file(writer, attributes, &content);
	ext4_inode_init(&inode, attributes);
	inode.large.i_size = (uint32_t)content.size;
	memcpy(inode.large.i_block, target, content.size);
	return ext4_inode_put(writer, &inode, attributes);
}

/* new_encode_dev() and old_encode_dev() of Linux. */
struct error *ext4_put_node(struct ext4_writer *writer,
			    const struct ext4_attributes *attributes, unsigned int major,
			    unsigned int minor)
{
	struct ext4_inode inode; /* without extents: nothing to free */

	ext4_inode_init(&inode, attributes);
	if (major < 256 && minor < 256)
		inode.large.i_block[0] = major << 8 | minor;
	else
		inode.large.i_block[1] =
			(minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
	return ext4_inode_put(writer, &inode, attributes);
}
