// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks on directories of the store.  Taking one has a race that every caller here would
 * otherwise have to know: between opening a `.lock` and locking it the directory may be
 * renamed away or removed.  So after the lock is granted the path is looked at again; only
 * if it still leads to the locked file the lock means anything.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/hold.h"

bool hold_is_named(int fd, const char *path)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 && stat(path, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static struct error *lock_directory(const char *directory, enum lock_kind kind,
				    unsigned int timeout_ms, int *ret_fd)
{
	_cleanup_free_ char *path = path_join(directory, HOLD_FILE);
	_cleanup_close_ int fd = -1;

	TRY(lock_take(path, kind, timeout_ms, directory, &fd));
	if (!hold_is_named(fd, path))
		return error_new(ERROR_BUSY, "%s was removed meanwhile", directory);
	*ret_fd = take_fd(fd);
	return NULL;
}

struct error *hold_take(const char *directory, unsigned int timeout_ms, int *ret_fd)
{
	return lock_directory(directory, LOCK_KIND_SHARED, timeout_ms, ret_fd);
}

struct error *hold_seize(const char *directory, int *ret_fd)
{
	return lock_directory(directory, LOCK_KIND_EXCLUSIVE, 0, ret_fd);
}

void store_hold_add(struct store *store, const char *directory, int fd)
{
	array_reserve(store->holds, store->hold_count, store->hold_capacity);
	store->holds[store->hold_count++] = (struct store_hold){
		.path = xstrdup(directory),
		.fd = fd,
	};
}
