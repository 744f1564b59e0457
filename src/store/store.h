/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one store: everything klab can make again, $XDG_CACHE_HOME/klab.  An entry is a
 * directory of files that never change once published.  It is named by kind and key:
 *
 *	entries/KIND/KEY/	the files, and `meta.json` (what it is, made from what)
 *	tmp/			drafts, and entries on their way out
 *	work/NAME/		what is changed in place and only kept for speed (apt's lists)
 *	locks/			one for each entry that is being made
 *
 * KIND is a word ("kernel", "vmlinux", "initramfs", "probe", "package"...), KEY the
 * SHA-256 (hex) of what the entry is made from, or a name for kernels.  Publishing is one
 * rename: whoever comes second throws its own away and uses the first.  Use is recorded
 * by the mtime of the entry's directory, which is what the budget goes by.
 *
 * One rule makes it safe when klabs race or die: every directory here holds a file
 * `.lock`; its makers and users lock that shared, and only who gets it exclusively may
 * remove the directory.  The kernel drops the locks of a process that dies.
 */
#ifndef KLAB_STORE_STORE_H
#define KLAB_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* What the store may hold unless the settings say otherwise. */
#define STORE_BUDGET_DEFAULT (UINT64_C(20) << 30)

struct store;

/* Opens (creates) the store of this user; root NULL: dirs_cache().  A store that can't be
 * written is opened all the same, for reading. */
struct error *store_open(const char *root, struct store **ret) _must_check_;
/* Ends the use of all entries that were looked up or published through it. */
void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)
const char *store_root(const struct store *store);
/* Add to an error of writing into the store what the user can do: where the disk is full
 * the message says so and the hint names `klab store prune`.  Takes and returns err; NULL
 * stays NULL. */
struct error *store_explain(const struct store *store, struct error *err) _must_check_;

/* The directory of an entry, or NULL if there is none; the caller frees.  Marks it used
 * and keeps it from being pruned while this store object is open. */
char *store_lookup(struct store *store, const char *kind, const char *key);

/* A new entry being made; the store outlives it. */
struct store_draft;
struct error *store_draft_new(struct store *store, const char *kind, const char *key,
			      struct store_draft **ret) _must_check_;
const char *store_draft_path(const struct store_draft *draft);
/* Publishes (sync, rename); *ret_path is the entry's directory, which is another's if
 * that one was first.  Frees the draft whatever happens. */
struct error *store_draft_publish(struct store_draft *draft,
				  char **ret_path) _must_check_;
void store_draft_free(struct store_draft *draft); /* and what was written */
DEFINE_CLEANUP(struct store_draft *, store_draft_free)

/* Make an entry once although several klabs want it: takes the lock of (kind, key);
 * after it was granted look again.  Returns the descriptor that holds it. */
struct error *store_lock_key(struct store *store, const char *kind, const char *key,
			     int *ret_fd) _must_check_;

/* The directory work/NAME (made if need be) for one process at a time: ERROR_BUSY if
 * another has it still after timeout_ms.  Closing *ret_fd gives it back. */
struct error *store_work(struct store *store, const char *name, unsigned int timeout_ms,
			 char **ret_path, int *ret_fd) _must_check_;

struct store_entry {
	char *kind; /* "work" for directories under work/ */
	char *key;
	char *path;
	uint64_t bytes; /* allocated on disk */
	uint64_t used;	/* seconds since 1970 */
};
void store_entries_free(struct store_entry *entries, size_t count);
/* kind NULL: all.  Sorted by kind, then most recently used first. */
struct error *store_list(struct store *store, const char *kind, struct store_entry **ret,
			 size_t *ret_count) _must_check_;
/* Only the keys, without looking at the disk's every block; kind must be given. */
struct error *store_keys(struct store *store, const char *kind,
			 struct strv *ret) _must_check_;
/* ERROR_NOT_FOUND, or ERROR_BUSY while a klab uses it. */
struct error *store_remove(struct store *store, const char *kind,
			   const char *key) _must_check_;

/* SHA-256 (hex) of a file's content, remembered under the file's identity. */
struct error *store_file_digest(struct store *store, const char *path,
				char ret[65]) _must_check_;

struct store_prune_options {
	uint64_t budget;  /* bytes that may stay; least recently used entries go first */
	const char *kind; /* NULL: all but those kinds that klab cannot make by itself */
	bool dry_run;
};
/* Removes rubbish in tmp/ and locks/, and entries over the budget; never one that is in
 * use. */
struct error *store_prune(struct store *store, const struct store_prune_options *options,
			  uint64_t *ret_freed) _must_check_;

#endif
