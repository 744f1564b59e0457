// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Removing entries, by name or until the rest fits the budget, and sweeping what dead
 * klabs left.  An entry goes in two steps, renamed into tmp/ and then removed there, so
 * that nobody ever finds half of one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/hold.h"

/* What came over a network, which may not be there when it is wanted again. */
static const char *const precious_kinds[] = { "kernel", "kernel-debug", "kernel-headers",
					      "package" };

static bool is_precious(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(precious_kinds); i++) {
		if (streq(kind, precious_kinds[i]))
			return true;
	}
	return false;
}

/* Remove an entry (or a directory of work/) unless it is in use. */
static struct error *remove_directory(struct store *store, const char *path)
{
	_cleanup_free_ char *gone = store_tmp_name(store, "gone");
	_cleanup_close_ int hold = -1;

	TRY(hold_seize(path, &hold));
	if (rename(path, gone) < 0)
		return error_os(errno, "removing %s", path);
	/* Nobody sees it any more; what stays is rubbish for the next sweep. */
	error_ignore(tree_remove(gone));
	return NULL;
}

struct error *store_remove(struct store *store, const char *kind, const char *key)
{
	_cleanup_free_ char *path = NULL;
	struct error *err;

	TRY(store_entry_path(store, kind, key, &path));
	if (streq(kind, "work")) {
		free(path);
		path = xasprintf("%s/work/%s", store->root, key);
	}
	if (!path_is_dir(path))
		return error_new(ERROR_NOT_FOUND, "the store has no %s %s", kind, key);
	err = remove_directory(store, path);
	if (error_is(err, ERROR_BUSY)) {
		error_free(err);
		return error_hint(error_new(ERROR_BUSY, "%s %s is in use", kind, key),
				  "klab list shows the running guests");
	}
	return store_explain(store, err);
}

static void sweep_draft(const char *path)
{
	_cleanup_close_ int hold = -1;
	struct error *err = hold_seize(path, &hold);

	/* Held: a living klab works on it. */
	if (!err)
		err = tree_remove(path);
	if (err)
		log_debug("store: %s", error_sentence(err));
	error_ignore(err);
}

static void sweep_lock(const char *path)
{
	_cleanup_close_ int fd = -1;
	struct error *err = lock_take(path, LOCK_KIND_EXCLUSIVE, 0, path, &fd);

	if (!err)
		(void)unlink(path); /* whoever opened it before looks at its name again */
	error_ignore(err);
}

static void sweep_area(const struct store *store, const char *area,
		       void (*sweep)(const char *path))
{
	_cleanup_free_ char *path = path_join(store->root, area);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *item = path_join(path, entry->d_name);

		if (*entry->d_name != '.')
			sweep(item);
	}
}

void store_sweep(struct store *store)
{
	sweep_area(store, "tmp", sweep_draft);
}

static int compare_age(const void *a, const void *b)
{
	const struct store_entry *x = a, *y = b;

	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* False: in use, or it can't be removed; the next one has to go then. */
static bool prune_entry(struct store *store, const struct store_entry *entry)
{
	_cleanup_error_ struct error *err = remove_directory(store, entry->path);

	if (err)
		log_debug("store: keeping %s: %s", entry->path, error_sentence(err));
	return !err;
}

static uint64_t total_bytes(const struct store_entry *entries, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += entries[i].bytes;
	return sum;
}

struct error *store_prune(struct store *store, const struct store_prune_options *options,
			  uint64_t *ret_freed)
{
	struct store_entry *entries = NULL;
	uint64_t total, freed = 0;
	size_t count = 0;

	if (!options->dry_run) {
		store_sweep(store);
		sweep_area(store, "locks", sweep_lock);
	}
	TRY(store_list(store, options->kind, &entries, &count));
	total = total_bytes(entries, count);
	if (count > 1)
		qsort(entries, count, sizeof(*entries), compare_age);
	for (size_t i = 0; i < count && total - freed > options->budget; i++) {
		if (!options->kind && is_precious(entries[i].kind))
			continue;
		if (options->dry_run || prune_entry(store, &entries[i]))
			freed += entries[i].bytes;
	}
	store_entries_free(entries, count);
	*ret_freed = freed;
	return NULL;
}
