/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one store: everything klab can make again, $XDG_CACHE_HOME/klab.  An entry is a
 * directory of files that never change once published.  It is named by kind and key:
 *
 *	entries/KIND/KEY/	the files, and `meta.json` (what it is, made from what)
 *	tmp/			drafts; one that no living process locks is rubbish
 *	lock			held shared by every user of entries, exclusively by prune
 *
 * KIND is a word ("kernel", "vmlinux", "initramfs", "probe", "deb"...), KEY the SHA-256
 * (hex) of what the entry is made from, or a name for kernels.  Publishing is one rename:
 * whoever comes second throws its own away and uses the first.  Use is recorded by the
 * mtime of the entry's directory, which is what the budget goes by.
 */
#ifndef KLAB_STORE_STORE_H
#define KLAB_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct store;

/* Opens (creates) the store of this user; root NULL: dirs_cache(). */
struct error *store_open(const char *root, struct store **ret) _must_check_;
void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)
const char *store_root(const struct store *store);

/* The directory of an entry, or NULL if there is none; the caller frees.  Marks it used
 * and keeps it from being pruned while this store object is open. */
char *store_lookup(struct store *store, const char *kind, const char *key);

/* A new entry being made. */
struct store_draft;
struct error *store_draft_new(struct store *store, const char *kind, const char *key,
			      struct store_draft **ret) _must_check_;
const char *store_draft_path(const struct store_draft *draft);
/* Publishes (fsync, rename); *ret_path is the entry's directory, which is another's if
 * that one was first.  Frees the draft whatever happens. */
struct error *store_draft_publish(struct store_draft *draft,
				  char **ret_path) _must_check_;
void store_draft_free(struct store_draft *draft); /* and what was written */
DEFINE_CLEANUP(struct store_draft *, store_draft_free)

/* Make an entry once although several klabs want it: takes the lock of (kind, key);
 * after it was granted look again.  Returns the descriptor that holds it. */
struct error *store_lock_key(struct store *store, const char *kind, const char *key,
			     int *ret_fd) _must_check_;

struct store_entry {
	char *kind;
	char *key;
	char *path;
	uint64_t bytes; /* allocated on disk */
	uint64_t used;	/* seconds since 1970 */
};
void store_entries_free(struct store_entry *entries, size_t count);
/* kind NULL: all.  Sorted by kind, then most recently used first. */
struct error *store_list(struct store *store, const char *kind, struct store_entry **ret,
			 size_t *ret_count) _must_check_;
struct error *store_remove(struct store *store, const char *kind,
			   const char *key) _must_check_;

struct store_prune_options {
	uint64_t budget;  /* bytes that may stay; least recently used entries go first */
	const char *kind; /* NULL: all but those kinds that klab cannot make by itself */
	bool dry_run;
};
/* Removes rubbish in tmp/ and entries over the budget; never one that is in use. */
struct error *store_prune(struct store *store, const struct store_prune_options *options,
			  uint64_t *ret_freed) _must_check_;

#endif
