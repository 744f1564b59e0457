// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Directories, whole at once.  Those of one block are a plain list; larger ones get a tree
 * of the hashes of their names (Linux Documentation/filesystems/ext4/directory.rst, "Hash
 * Tree Directories"): a root, perhaps one level of nodes, and leaves that are plain lists.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/ext4-internal.h"

/* A block ends in a checksum that looks like an entry without a name. */
#define TAIL_SIZE 12u
#define LIST_SIZE (EXT4_BLOCK - TAIL_SIZE)
/* Leaves are not filled to the brim, so that a new name does not split one at once. */
#define LEAF_FILL (LIST_SIZE - LIST_SIZE / 8)
#define DOTS_SIZE 24u /* "." and ".." */
#define ENTRY_MAX 264u
#define LINKS_MANY 1u /* of a directory with more than can be counted (dir_nlink) */

/* Entries of struct ext2_dx_entry in a block, whose own checksum takes one's room. */
#define ROOT_START 32u /* behind the dots and struct ext2_dx_root_info */
#define NODE_START 8u  /* behind an entry without a name */
#define ROOT_LIMIT ((EXT4_BLOCK - ROOT_START) / 8 - 1)
#define NODE_LIMIT ((EXT4_BLOCK - NODE_START) / 8 - 1)

struct item {
	const struct ext4_name *name;
	uint32_t hash;
	uint32_t minor;
};

/* One block's share of the items. */
struct leaf {
	size_t first;
	size_t end;
	uint32_t hash; /* of the first, with bit 0 if the leaf before has it too */
};

struct directory {
	struct ext4_writer *writer;
	struct ext4_inode inode;
	uint32_t parent;
	struct item *items;
	size_t item_count;
	struct leaf *leaves;
	size_t leaf_count;
	size_t leaf_capacity;
	struct ext4_run run; /* what is left of it */
	uint64_t logical;    /* the next block */
	uint64_t blocks;     /* of all */
};

static void directory_deinit(struct directory *directory)
{
	ext4_inode_deinit(&directory->inode);
	free(directory->items);
	free(directory->leaves);
}

static unsigned int entry_size(size_t length)
{
	return (unsigned int)(8 + ((length + 3) & ~(size_t)3));
}

uint64_t ext4_directory_blocks(uint64_t names, uint64_t bytes)
{
	uint64_t size = bytes + names * 11 + DOTS_SIZE;
	uint64_t leaves = size / (LEAF_FILL - ENTRY_MAX) + 1;

	return leaves + leaves / NODE_LIMIT + 2;
}

static uint8_t file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return EXT2_FT_REG_FILE;
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	case S_IFLNK:
		return EXT2_FT_SYMLINK;
	default:
		return EXT2_FT_UNKNOWN;
	}
}

/* Blocks of 4096 bytes: a length is never more than 16 bits. */
static struct ext2_dir_entry *set_entry(uint8_t *at, unsigned int size,
					const struct ext4_name *name)
{
	struct ext2_dir_entry *entry = (struct ext2_dir_entry *)at;
	size_t length = strlen(name->name);

	entry->inode = name->number;
	entry->rec_len = (uint16_t)size;
	ext2fs_dirent_set_name_len(entry, (int)length);
	ext2fs_dirent_set_file_type(entry, file_type(name->mode));
	memcpy(entry->name, name->name, length);
	return entry;
}

/* "." and "..", the latter with the rest of what they have. */
static void set_dots(const struct directory *directory, uint8_t *block, unsigned int rest)
{
	const struct ext4_name dot = { ".", directory->inode.number, S_IFDIR };
	const struct ext4_name dotdot = { "..", directory->parent, S_IFDIR };

	set_entry(block, 12, &dot);
	set_entry(block + 12, rest, &dotdot);
}

/* A list from `at` to the block's end; none: one empty entry. */
static void set_list(struct directory *directory, uint8_t *block, unsigned int at,
		     size_t first, size_t end)
{
	struct ext2_dir_entry *last = NULL;

	for (size_t i = first; i < end; i++) {
		const struct ext4_name *name = directory->items[i].name;
		unsigned int size = entry_size(strlen(name->name));

		last = set_entry(block + at, size, name);
		at += size;
	}
	if (last)
		last->rec_len = (uint16_t)(last->rec_len + LIST_SIZE - at);
	ext2fs_initialize_dirent_tail(directory->writer->fs,
				      (struct ext2_dir_entry_tail *)(block + LIST_SIZE));
}

/* The block that was just filled to its place, and a clean one. */
static struct error *put_block(struct directory *directory)
{
	struct ext4_writer *writer = directory->writer;
	errcode_t code;

	if (!directory->run.count)
		TRY(ext4_run_next(writer, &directory->inode, directory->logical,
				  directory->blocks - directory->logical,
				  &directory->run));
	code = ext2fs_write_dir_block4(writer->fs, directory->run.block, writer->block, 0,
				       directory->inode.number);
	TRY(ext4_error(code, "writing a directory"));
	memset(writer->block, 0, EXT4_BLOCK);
	directory->run.block++;
	directory->run.count--;
	directory->logical++;
	return NULL;
}

static struct error *put_plain(struct directory *directory)
{
	uint8_t *block = directory->writer->block;

	directory->blocks = 1;
	set_dots(directory, block, directory->item_count ? 12 : LIST_SIZE - 12);
	set_list(directory, block, DOTS_SIZE, 0, directory->item_count);
	return put_block(directory);
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return strcmp(x->name->name, y->name->name);
}

static struct error *hash_items(struct directory *directory)
{
	const uint32_t *seed = directory->writer->fs->super->s_hash_seed;

	for (size_t i = 0; i < directory->item_count; i++) {
		struct item *item = &directory->items[i];
		const char *name = item->name->name;

		TRY(ext4_error(ext2fs_dirhash2(EXT2_HASH_HALF_MD4_UNSIGNED, name,
					       (int)strlen(name), NULL, 0, seed,
					       &item->hash, &item->minor),
			       "writing a directory"));
	}
	qsort(directory->items, directory->item_count, sizeof(*directory->items),
	      compare_items);
	return NULL;
}

static void add_leaf(struct directory *directory, size_t first)
{
	uint32_t hash = directory->items[first].hash;
	struct leaf *leaf;

	array_reserve(directory->leaves, directory->leaf_count, directory->leaf_capacity);
	leaf = &directory->leaves[directory->leaf_count++];
	leaf->first = first;
	leaf->hash = first && directory->items[first - 1].hash == hash ? hash | 1 : hash;
}

static void divide_into_leaves(struct directory *directory)
{
	unsigned int used = 0;

	add_leaf(directory, 0);
	for (size_t i = 0; i < directory->item_count; i++) {
		unsigned int size = entry_size(strlen(directory->items[i].name->name));

		if (used + size > LEAF_FILL) {
			add_leaf(directory, i);
			used = 0;
		}
		used += size;
		directory->leaves[directory->leaf_count - 1].end = i + 1;
	}
}

/* The first entry's hash, which is not needed, is the place of limit and count. */
static void set_index(uint8_t *at, size_t limit, size_t count)
{
	struct ext2_dx_countlimit *counts = (struct ext2_dx_countlimit *)at;

	counts->limit = ext2fs_cpu_to_le16((uint16_t)limit);
	counts->count = ext2fs_cpu_to_le16((uint16_t)count);
}

static void set_index_entry(uint8_t *at, size_t i, uint32_t hash, uint64_t block)
{
	struct ext2_dx_entry *entry = (struct ext2_dx_entry *)at + i;

	if (i)
		entry->hash = ext2fs_cpu_to_le32(hash);
	entry->block = ext2fs_cpu_to_le32((uint32_t)block);
}

static struct error *put_root(struct directory *directory, size_t nodes)
{
	uint8_t *block = directory->writer->block;
	struct ext2_dx_root_info *info = (struct ext2_dx_root_info *)(block + DOTS_SIZE);
	size_t count = nodes ? nodes : directory->leaf_count;
	size_t stride = nodes ? NODE_LIMIT : 1;

	set_dots(directory, block, EXT4_BLOCK - 12);
	info->hash_version = EXT2_HASH_HALF_MD4;
	info->info_length = sizeof(*info);
	info->indirect_levels = nodes ? 1 : 0;
	for (size_t i = 0; i < count; i++)
		set_index_entry(block + ROOT_START, i, directory->leaves[i * stride].hash,
				1 + i);
	set_index(block + ROOT_START, ROOT_LIMIT, count);
	return put_block(directory);
}

static struct error *put_node(struct directory *directory, size_t nodes, size_t first)
{
	uint8_t *block = directory->writer->block;
	size_t count = MIN(directory->leaf_count - first, NODE_LIMIT);

	((struct ext2_dir_entry *)block)->rec_len = EXT4_BLOCK;
	for (size_t i = 0; i < count; i++)
		set_index_entry(block + NODE_START, i, directory->leaves[first + i].hash,
				1 + nodes + first + i);
	set_index(block + NODE_START, NODE_LIMIT, count);
	return put_block(directory);
}

static struct error *put_tree(struct directory *directory)
{
	size_t nodes = 0;

	TRY(hash_items(directory));
	divide_into_leaves(directory);
	if (directory->leaf_count > ROOT_LIMIT)
		nodes = (directory->leaf_count + NODE_LIMIT - 1) / NODE_LIMIT;
	if (nodes > ROOT_LIMIT)
		return error_new(ERROR_UNSUPPORTED,
				 "a directory with %zu names is too large for ext4",
				 directory->item_count);
	directory->blocks = 1 + nodes + directory->leaf_count;
	directory->inode.large.i_flags |= EXT2_INDEX_FL;
	TRY(put_root(directory, nodes));
	for (size_t i = 0; i < nodes; i++)
		TRY(put_node(directory, nodes, i * NODE_LIMIT));
	for (size_t i = 0; i < directory->leaf_count; i++) {
		const struct leaf *leaf = &directory->leaves[i];

		set_list(directory, directory->writer->block, 0, leaf->first, leaf->end);
		TRY(put_block(directory));
	}
	return NULL;
}

/* What the names take in a plain list. */
static uint64_t list_size(const struct directory *directory)
{
	uint64_t size = DOTS_SIZE;

	for (size_t i = 0; i < directory->item_count; i++)
		size += entry_size(strlen(directory->items[i].name->name));
	return size;
}

struct error *ext4_put_directory(struct ext4_writer *writer,
				 const struct ext4_attributes *attributes,
				 uint32_t parent, const struct ext4_name *names,
				 size_t count)
{
	_cleanup_(directory_deinit) struct directory directory = {
		.writer = writer,
		.parent = parent,
		.items = xcalloc(count + 1, sizeof(*directory.items)),
		.item_count = count,
	};
	uint64_t size;

	for (size_t i = 0; i < count; i++)
		directory.items[i].name = &names[i];
	ext4_inode_init(&directory.inode, attributes);
	if (attributes->links >= EXT4_LINKS_MAX)
		directory.inode.large.i_links_count = LINKS_MANY;
	memset(writer->block, 0, EXT4_BLOCK);
	TRY(ext4_inode_open(writer, &directory.inode));
	TRY(list_size(&directory) <= LIST_SIZE ? put_plain(&directory)
					       : put_tree(&directory));
	size = directory.blocks * EXT4_BLOCK;
	directory.inode.large.i_size = (uint32_t)size;
	directory.inode.large.i_size_high = (uint32_t)(size >> 32);
	return ext4_inode_put(writer, &directory.inode, attributes);
}
