// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making an entry: a directory in tmp/, held from its first moment so that no sweep takes
 * it, and moved to its place by one rename.  Whoever dies leaves rubbish in tmp/ that the
 * next maker sweeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/hold.h"

/* A sweep can take a directory between its making and its lock; not this often. */
#define TRIES 16
/* Files that are synced one by one. */
#define SMALL_TREE 16
/* Between seizing an entry and renaming it away a pruner needs microseconds. */
#define REMOVAL_TIMEOUT_MS 10000

struct store_draft {
	struct store *store;
	char *kind;
	char *key;
	char *path;  /* in tmp/; NULL once it is published */
	char *entry; /* where it will be */
	int hold;
};

char *store_tmp_name(const struct store *store, const char *what)
{
	uint64_t random = 0;

	/* Without entropy the name collides at worst, and the caller tries again. */
	(void)getrandom(&random, sizeof(random), GRND_NONBLOCK);
	return xasprintf("%s/tmp/%s-%d-%016llx", store->root, what, (int)getpid(),
			 (unsigned long long)random);
}

static struct error *make_held_directory(const struct store *store, char **ret_path,
					 int *ret_hold)
{
	struct error *err = NULL;

	for (int i = 0; i < TRIES; i++) {
		_cleanup_free_ char *path = store_tmp_name(store, "draft");

		error_ignore(err); /* of the last try */
		err = NULL;
		if (mkdir(path, 0700) < 0)
			return error_os(errno, "making %s", path);
		err = hold_take(path, 0, ret_hold);
		if (!err) {
			*ret_path = take_ptr(path);
			return NULL;
		}
		/* Not swept but, say, a full disk: take the empty directory away. */
		(void)rmdir(path);
		if (!error_is(err, ERROR_BUSY) && !error_is_errno(err, ENOENT))
			return err;
	}
	return err;
}

struct error *store_draft_new(struct store *store, const char *kind, const char *key,
			      struct store_draft **ret)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = xnew(struct store_draft);
	struct error *err;

	draft->hold = -1;
	draft->store = store;
	draft->kind = xstrdup(kind);
	draft->key = xstrdup(key);
	TRY(store_entry_path(store, kind, key, &draft->entry));
	store_sweep(store);
	err = make_held_directory(store, &draft->path, &draft->hold);
	if (err) {
		err = error_wrap(err, "writing to klab's store");
		return store_explain(store, err);
	}
	*ret = take_ptr(draft);
	return NULL;
}

const char *store_draft_path(const struct store_draft *draft)
{
	return draft->path;
}

void store_draft_free(struct store_draft *draft)
{
	if (!draft)
		return;
	/* What can't be removed now is swept later. */
	if (draft->path)
		error_ignore(tree_remove(draft->path));
	close_fd(draft->hold);
	free(draft->kind);
	free(draft->key);
	free(draft->path);
	free(draft->entry);
	free(draft);
}

/* Write a small tree to the disk file by file; false if it is not small, or failed. */
static bool sync_files(int parent, const char *name, unsigned int *budget)
{
	_cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;

	if (fd < 0)
		return errno == ELOOP; /* a symbolic link is its directory's data */
	if ((*budget)-- == 0 || fstat(fd, &st) < 0 || fsync(fd) < 0)
		return false;
	if (!S_ISDIR(st.st_mode))
		return true;
	dir = fdopendir(fd);
	if (!dir)
		return false;
	fd = -1;
	while ((entry = readdir(dir))) {
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") &&
		    !sync_files(dirfd(dir), entry->d_name, budget))
			return false;
	}
	return true;
}

/* Everything is on the disk before the rename is: after a power cut an entry is whole or
 * absent.  syncfs() waits for what others write too, but a kernel has thousands of files. */
static struct error *sync_draft(const struct store_draft *draft)
{
	_cleanup_close_ int fd = open(draft->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int budget = SMALL_TREE;

	if (fd < 0)
		return error_os(errno, "opening %s", draft->path);
	if (!sync_files(AT_FDCWD, draft->path, &budget) && syncfs(fd) < 0)
		return error_os(errno, "writing %s to the disk", draft->path);
	return NULL;
}

/* True: ours is in place.  False: another's is there. */
static struct error *rename_draft(const struct store_draft *draft, bool *ret_ours)
{
	_cleanup_free_ char *parent = path_parent(draft->entry);

	TRY(dir_make(parent, 0700));
	*ret_ours = rename(draft->path, draft->entry) == 0;
	/* An entry is never empty (it has its .lock), so rename() can't replace one. */
	if (!*ret_ours && errno != ENOTEMPTY && errno != EEXIST)
		return error_os(errno, "moving %s to %s", draft->path, draft->entry);
	return NULL;
}

/* The entry that was first, if it is still there once nobody is removing it. */
static char *use_first(struct store_draft *draft)
{
	char *path = store_lookup(draft->store, draft->kind, draft->key);
	struct error *err;
	int fd;

	if (path)
		return path;
	err = hold_take(draft->entry, REMOVAL_TIMEOUT_MS, &fd);
	if (err) {
		error_ignore(err); /* gone: then ours can be in its place */
		return NULL;
	}
	store_hold_add(draft->store, draft->entry, fd);
	return xstrdup(draft->entry);
}

static struct error *publish(struct store_draft *draft, char **ret_path)
{
	TRY(sync_draft(draft));
	for (int i = 0; i < TRIES; i++) {
		bool ours;

		TRY(rename_draft(draft, &ours));
		if (ours) {
			store_hold_add(draft->store, draft->entry, take_fd(draft->hold));
			free(take_ptr(draft->path));
			*ret_path = take_ptr(draft->entry);
			return NULL;
		}
		*ret_path = use_first(draft);
		if (*ret_path)
			return NULL;
	}
	return error_new(ERROR_BUSY, "%s is being removed again and again", draft->entry);
}

struct error *store_draft_publish(struct store_draft *draft, char **ret_path)
{
	_cleanup_(store_draft_freep) struct store_draft *owned = draft;
	struct error *err = publish(owned, ret_path);

	if (err)
		err = error_wrap(err, "storing %s %s", draft->kind, draft->key);
	return store_explain(draft->store, err);
}
