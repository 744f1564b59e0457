// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in the store, and how much of the disk it takes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/hold.h"

struct listing {
	struct store_entry *entries;
	size_t count;
	size_t capacity;
};

static void listing_deinit(struct listing *listing)
{
	store_entries_free(listing->entries, listing->count);
}

void store_entries_free(struct store_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(entries[i].kind);
		free(entries[i].key);
		free(entries[i].path);
	}
	free(entries);
}

static uint64_t bytes_at(int parent, const char *name)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;
	uint64_t sum;
	int fd;

	/* Whoever vanishes while we look takes no space. */
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	sum = (uint64_t)st.st_blocks * 512;
	if (!S_ISDIR(st.st_mode))
		return sum;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sum;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return sum;
	}
	while ((entry = readdir(dir))) {
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			sum += bytes_at(dirfd(dir), entry->d_name);
	}
	return sum;
}

uint64_t tree_bytes(const char *path)
{
	return bytes_at(AT_FDCWD, path);
}

/* The sub-directories of one directory; an absent one has none. */
static struct error *directory_names(const char *path, struct strv *ret)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir && errno == ENOENT)
		return NULL;
	if (!dir)
		return error_os(errno, "reading %s", path);
	while ((entry = readdir(dir))) {
		if (*entry->d_name != '.')
			strv_push(ret, entry->d_name);
	}
	return NULL;
}

static struct error *list_directory(struct listing *listing, const char *kind,
				    const char *path)
{
	_cleanup_strv_ struct strv keys = { 0 };

	TRY(directory_names(path, &keys));
	for (size_t i = 0; i < keys.count; i++) {
		_cleanup_free_ char *entry = path_join(path, keys.items[i]);
		struct stat st;

		if (stat(entry, &st) < 0 || !S_ISDIR(st.st_mode))
			continue;
		array_reserve(listing->entries, listing->count, listing->capacity);
		listing->entries[listing->count++] = (struct store_entry){
			.kind = xstrdup(kind),
			.key = xstrdup(keys.items[i]),
			.bytes = tree_bytes(entry),
			.used = (uint64_t)st.st_mtime,
			.path = xstrdup(entry),
		};
	}
	return NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct store_entry *x = a, *y = b;
	int by_kind = strcmp(x->kind, y->kind);

	if (by_kind)
		return by_kind;
	if (x->used != y->used)
		return x->used > y->used ? -1 : 1;
	return strcmp(x->key, y->key);
}

struct error *store_list(struct store *store, const char *kind, struct store_entry **ret,
			 size_t *ret_count)
{
	_cleanup_(listing_deinit) struct listing listing = { 0 };
	_cleanup_free_ char *entries = path_join(store->root, "entries");
	_cleanup_free_ char *work = path_join(store->root, "work");
	_cleanup_strv_ struct strv kinds = { 0 };

	TRY(directory_names(entries, &kinds));
	for (size_t i = 0; i < kinds.count; i++) {
		_cleanup_free_ char *path = path_join(entries, kinds.items[i]);

		if (!kind || streq(kind, kinds.items[i]))
			TRY(list_directory(&listing, kinds.items[i], path));
	}
	if (!kind || streq(kind, "work"))
		TRY(list_directory(&listing, "work", work));
	if (listing.count > 1)
		qsort(listing.entries, listing.count, sizeof(*listing.entries),
		      compare_entries);
	*ret = take_ptr(listing.entries);
	*ret_count = listing.count;
	listing.count = 0;
	return NULL;
}

struct error *store_keys(struct store *store, const char *kind, struct strv *ret)
{
	_cleanup_free_ char *path = xasprintf("%s/entries/%s", store->root, kind);

	TRY(directory_names(path, ret));
	strv_sort(ret);
	return NULL;
}
