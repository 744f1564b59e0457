// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks on directories of the store.  Between opening a `.lock` and locking it the
 * directory may be renamed away; lock_take() looks at the path again, so that what it
 * grants is the lock of the directory that has this name now.
 */
#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "store/hold.h"

static struct error *lock_directory(const char *directory, enum lock_kind kind,
				    unsigned int timeout_ms, int *ret_fd)
{
	_cleanup_free_ char *path = path_join(directory, HOLD_FILE);

	return lock_take(path, kind, timeout_ms, directory, ret_fd);
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
