// SPDX-License-Identifier: GPL-2.0-or-later
/* The file system around the files: what it is like, its beginning and its end. */
#include "format/ext4-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* As mke2fs has them (its "ext4" of the time of Linux 4.x, which every kernel mounts). */
#define FEATURES_COMPAT (EXT2_FEATURE_COMPAT_DIR_INDEX | EXT2_FEATURE_COMPAT_EXT_ATTR)
#define FEATURES_INCOMPAT                                                 \
	(EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS | \
	 EXT4_FEATURE_INCOMPAT_FLEX_BG)
#define FEATURES_RO_COMPAT                                                         \
	(EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE | \
	 EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |     \
	 EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM)
#define GROUPS_PER_FLEX_LOG 4
#define EXTRA_ISIZE 32
#define BLOCKS_PER_GROUP (8 * (uint64_t)EXT4_BLOCK)

/* libext2fs has a sentence for each of its numbers, but in a function that has the name of
 * one of klab's.  These are what can happen. */
static const struct {
	errcode_t code;
	enum error_code ours;
	const char *text;
} errors[] = {
	{ EXT2_ET_BLOCK_ALLOC_FAIL, ERROR_REFUSED, "the file system is full" },
	{ EXT2_ET_INODE_ALLOC_FAIL, ERROR_REFUSED, "the file system has too few inodes" },
	{ EXT2_ET_TOOSMALL, ERROR_REFUSED, "the file system is too small" },
	{ EXT2_ET_JOURNAL_TOO_SMALL, ERROR_REFUSED,
	  "the file system is too small for a journal" },
	{ EXT2_ET_TOO_MANY_INODES, ERROR_REFUSED,
	  "so many files do not fit into an ext4 file system" },
	{ EXT2_ET_EA_NO_SPACE, ERROR_UNSUPPORTED,
	  "its extended attributes are too large for ext4" },
	{ EXT2_ET_NO_MEMORY, ERROR_FAILED, "there is not enough memory" },
	{ EXT2_ET_SHORT_WRITE, ERROR_FAILED, "not everything could be written" },
};

struct error *ext4_error(errcode_t code, const char *what)
{
	if (!code)
		return NULL;
	/* Below the numbers of all libraries are those of the system. */
	if (code < 256)
		return error_os((int)code, "%s", what);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].code == code)
			return error_new(errors[i].ours, "%s: %s", what, errors[i].text);
	return error_new(ERROR_FAILED, "%s: error %ld of libext2fs", what,
			 (long)(code - EXT2_ET_BASE));
}

static uint64_t divide_up(uint64_t n, uint64_t by)
{
	return (n + by - 1) / by;
}

uint64_t ext4_size_for(uint64_t blocks, uint64_t inodes)
{
	uint64_t content = blocks + divide_up(inodes * INODE_SIZE, EXT4_BLOCK);
	uint64_t groups = divide_up(content, BLOCKS_PER_GROUP) + 1;

	/* Two bitmaps and perhaps a copy of superblock and group descriptors each; the
	 * journal; and what rounding to groups takes. */
	content += groups * (3 + divide_up(groups * 64, EXT4_BLOCK));
	content += (uint64_t)ext2fs_default_journal_size(content * 2 + 8192);
	return (content + content / 64 + 1024) * EXT4_BLOCK;
}

static void describe(const struct ext4_options *options, struct ext2_super_block *super)
{
	super->s_rev_level = EXT2_DYNAMIC_REV;
	super->s_log_block_size = 2; /* 1024 << 2 */
	super->s_log_cluster_size = 2;
	super->s_inode_size = INODE_SIZE;
	super->s_inodes_count = options->inodes;
	super->s_feature_compat = FEATURES_COMPAT;
	super->s_feature_incompat = FEATURES_INCOMPAT;
	super->s_feature_ro_compat = FEATURES_RO_COMPAT;
	super->s_log_groups_per_flex = GROUPS_PER_FLEX_LOG;
	super->s_checksum_type = EXT2_CRC32C_CHKSUM;
	super->s_max_mnt_count = -1;
	ext2fs_blocks_count_set(super, options->size / EXT4_BLOCK);
}

/* What libext2fs would take from the clock or from chance. */
static void name(ext2_filsys fs, const struct ext4_options *options)
{
	struct ext2_super_block *super = fs->super;

	fs->now = options->time;
	super->s_mkfs_time = super->s_wtime = super->s_lastcheck = options->time;
	super->s_checksum_type = EXT2_CRC32C_CHKSUM;
	super->s_min_extra_isize = super->s_want_extra_isize = EXTRA_ISIZE;
	super->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	super->s_def_hash_version = EXT2_HASH_HALF_MD4;
	/* Not the host's idea of char. */
	super->s_flags &= ~(uint32_t)EXT2_FLAGS_SIGNED_HASH;
	super->s_flags |= EXT2_FLAGS_UNSIGNED_HASH;
	memcpy(super->s_uuid, options->uuid, sizeof(super->s_uuid));
	memcpy(super->s_hash_seed, options->uuid, sizeof(super->s_hash_seed));
	if (options->label)
		memcpy(super->s_volume_name, options->label,
		       strnlen(options->label, sizeof(super->s_volume_name)));
	ext2fs_init_csum_seed(fs);
}

/* Those below EXT4_FIRST are not for files. */
static void reserve_inodes(ext2_filsys fs)
{
	for (ext2_ino_t ino = 1; ino < EXT4_FIRST; ino++)
		if (ino != EXT4_ROOT)
			ext2fs_inode_alloc_stats2(fs, ino, +1, 0);
}

/* The tables are holes of a new file, so they are zero already. */
static void tables_are_zero(ext2_filsys fs)
{
	for (dgrp_t i = 0; i < fs->group_desc_count; i++) {
		ext2fs_bg_flags_set(fs, i, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, i);
	}
}

static struct error *make_empty(ext2_filsys fs)
{
	/* -1: there is no room for one. */
	int journal = ext2fs_default_journal_size(ext2fs_blocks_count(fs->super));

	if (journal < 0)
		return ext4_error(EXT2_ET_JOURNAL_TOO_SMALL, "making the journal");
	TRY(ext4_error(ext2fs_allocate_tables(fs), "making the file system"));
	tables_are_zero(fs);
	reserve_inodes(fs);
	return ext4_error(ext2fs_add_journal_inode2(fs, (blk_t)journal, ~UINT64_C(0),
						    EXT2_MKJOURNAL_NO_MNT_CHECK |
							    EXT2_MKJOURNAL_LAZYINIT),
			  "making the journal");
}

struct error *ext4_writer_new(const char *path, int fd,
			      const struct ext4_options *options,
			      struct ext4_writer **ret)
{
	_cleanup_(ext4_writer_freep) struct ext4_writer *writer =
		xnew(struct ext4_writer);
	struct ext2_super_block super = { 0 };

	writer->fd = fd;
	writer->buffer = xreallocarray(NULL, 1, BUFFER_SIZE);
	writer->block = xcalloc(1, EXT4_BLOCK);
	if (ftruncate(fd, (off_t)options->size) < 0)
		return error_os(errno, "making %s large enough", path);
	describe(options, &super);
	TRY(ext4_error(ext2fs_initialize(path, EXT2_FLAG_64BITS, &super, unix_io_manager,
					 &writer->fs),
		       "making the file system"));
	name(writer->fs, options);
	TRY(make_empty(writer->fs));
	*ret = take_ptr(writer);
	return NULL;
}

void ext4_writer_free(struct ext4_writer *writer)
{
	if (!writer)
		return;
	if (writer->fs)
		ext2fs_free(writer->fs);
	free(writer->buffer);
	free(writer->block);
	free(writer);
}

struct error *ext4_writer_finish(struct ext4_writer *writer)
{
	TRY(ext4_flush(writer));
	ext2fs_mark_super_dirty(writer->fs);
	ext2fs_mark_bb_dirty(writer->fs);
	ext2fs_mark_ib_dirty(writer->fs);
	return ext4_error(ext2fs_close_free(&writer->fs), "writing the file system");
}
