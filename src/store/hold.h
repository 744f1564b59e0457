/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of the store (see store.h) as three functions: hold a directory, seize it for
 * removal, throw it away.  Only store/ includes this.
 */
#ifndef KLAB_STORE_HOLD_H
#define KLAB_STORE_HOLD_H

#include "store/store.h"

#define HOLD_FILE ".lock"

struct store_hold {
	char *path; /* of the directory */
	int fd;	    /* has its .lock, shared */
};

struct store {
	char *root;
	struct store_hold *holds;
	size_t hold_count;
	size_t hold_capacity;
};

/* Keep a directory from being removed while *ret_fd is open.  ERROR_BUSY (timeout_ms 0)
 * or ERROR_TIMEOUT: somebody is removing it; the error of a system call if it isn't there. */
struct error *hold_take(const char *directory, unsigned int timeout_ms,
			int *ret_fd) _must_check_;
/* The right to remove a directory: ERROR_BUSY while anybody holds it. */
struct error *hold_seize(const char *directory, int *ret_fd) _must_check_;
/* Let the store hold the directory from now on; fd is the store's. */
void store_hold_add(struct store *store, const char *directory, int fd);

/* "ROOT/entries/KIND/KEY" after a check of the words. */
struct error *store_entry_path(const struct store *store, const char *kind,
			       const char *key, char **ret) _must_check_;
/* A name for a new directory in tmp/ that nobody has. */
char *store_tmp_name(const struct store *store, const char *what);
/* Remove what no living process holds from tmp/ and locks/. */
void store_sweep(struct store *store);
/* Allocated bytes of a tree. */
uint64_t tree_bytes(const char *path);

#endif
