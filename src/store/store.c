// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening the store, finding entries, and the locks of makers.  Making entries is in
 * draft.c, looking through them in list.c, removing them in prune.c; how they don't get
 * into each other's way is in hold.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "os/dirs.h"
#include "os/file.h"
#include "store/hold.h"

/* Whoever makes an entry may have to fetch half a gigabyte for it. */
#define MAKER_TIMEOUT_MS (30 * 60 * 1000)

static const char *const areas[] = { "entries", "tmp", "work", "locks" };

struct error *store_open(const char *root, struct store **ret)
{
	_cleanup_(store_freep) struct store *store = xnew(struct store);

	if (root)
		TRY(path_absolute(root, &store->root));
	else
		TRY(dirs_cache(&store->root));

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		_cleanup_free_ char *path = path_join(store->root, areas[i]);
		struct error *err = path_is_dir(path) ? NULL : dir_make(path, 0700);

		/* A store that others filled and we can't change is good for reading. */
		if (error_is_errno(err, EROFS) && path_is_dir(store->root)) {
			error_ignore(err);
			continue;
		}
		if (err) {
			err = error_wrap(err, "opening klab's store %s", store->root);
			return store_explain(store, err);
		}
	}
	*ret = take_ptr(store);
	return NULL;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->hold_count; i++) {
		free(store->holds[i].path);
		close_fd(store->holds[i].fd);
	}
	free(store->holds);
	free(store->root);
	free(store);
}

const char *store_root(const struct store *store)
{
	return store->root;
}

struct error *store_explain(const struct store *store, struct error *err)
{
	if (!err)
		return NULL;
	switch (error_errno(err)) {
	case ENOSPC:
	case EDQUOT:
		err = error_wrap(err, "no space left on the disk of %s", store->root);
		return error_hint(err,
				  "klab store prune frees what can be made again, or let "
				  "XDG_CACHE_HOME name a directory on a larger disk");
	case EROFS:
	case EACCES:
	case EPERM:
		return error_hint(err, "let XDG_CACHE_HOME name a directory that you "
				       "may write to");
	default:
		return err;
	}
}

/* One component of a path, and none that we use ourselves. */
static bool is_word(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/') && strlen(s) <= 200;
}

struct error *store_entry_path(const struct store *store, const char *kind,
			       const char *key, char **ret)
{
	if (!is_word(kind) || !is_word(key))
		return error_new(ERROR_FAILED, "%s/%s is no name for a stored thing",
				 kind, key);
	*ret = xasprintf("%s/entries/%s/%s", store->root, kind, key);
	return NULL;
}

static bool is_held(const struct store *store, const char *path)
{
	for (size_t i = 0; i < store->hold_count; i++) {
		if (streq(store->holds[i].path, path))
			return true;
	}
	return false;
}

/* On a medium that can't be written nobody prunes either, so no lock is needed. */
static bool is_unwritable(const struct error *err)
{
	return error_is_errno(err, EROFS) || error_is_errno(err, EACCES);
}

char *store_lookup(struct store *store, const char *kind, const char *key)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_error_ struct error *err = NULL;
	int fd = -1;

	err = store_entry_path(store, kind, key, &path);
	if (err || !path_is_dir(path))
		return NULL;
	if (!is_held(store, path)) {
		err = hold_take(path, 0, &fd);
		/* Busy or gone: it is being removed, which is as good as absent. */
		if (err && !is_unwritable(err)) {
			log_debug("store: %s", error_sentence(err));
			return NULL;
		}
		if (!err)
			store_hold_add(store, path, fd);
	}
	/* Only decides what goes first when space is short. */
	(void)utimensat(AT_FDCWD, path, NULL, 0);
	return take_ptr(path);
}

struct error *store_lock_key(struct store *store, const char *kind, const char *key,
			     int *ret_fd)
{
	_cleanup_free_ char *entry = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *what = xasprintf("the making of %s %s", kind, key);

	TRY(store_entry_path(store, kind, key, &entry));
	path = xasprintf("%s/locks/%s.%s", store->root, kind, key);
	return store_explain(store, lock_take(path, LOCK_KIND_EXCLUSIVE, MAKER_TIMEOUT_MS,
					      what, ret_fd));
}

/* Once more if prune removed the directory between its making and its lock. */
static struct error *lock_work(const char *path, unsigned int timeout_ms, int *ret_fd)
{
	_cleanup_free_ char *lock = path_join(path, HOLD_FILE);
	struct error *err = NULL;

	for (int tries = 0; tries < 3; tries++) {
		error_ignore(err); /* of the last try */
		TRY(dir_make(path, 0700));
		err = lock_take(lock, LOCK_KIND_EXCLUSIVE, timeout_ms, path, ret_fd);
		if (!error_is_errno(err, ENOENT))
			return err;
	}
	return err;
}

struct error *store_work(struct store *store, const char *name, unsigned int timeout_ms,
			 char **ret_path, int *ret_fd)
{
	_cleanup_free_ char *path = xasprintf("%s/work/%s", store->root, name);
	struct error *err;

	if (!is_word(name))
		return error_new(ERROR_FAILED, "%s is no name for a directory", name);
	err = lock_work(path, timeout_ms, ret_fd);
	if (error_is(err, ERROR_TIMEOUT)) {
		error_free(err);
		err = error_new(ERROR_BUSY, "%s is in use by another klab", path);
	}
	TRY(store_explain(store, err));
	(void)utimensat(AT_FDCWD, path, NULL, 0); /* only for the order of prune */
	*ret_path = take_ptr(path);
	return NULL;
}
