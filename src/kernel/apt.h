/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apt in a private root: its state, its cache and its one source are klab's own, what it
 * was told about proxies and trust is the host's.  It needs no privilege, and nothing that
 * it does shows in the host's package state.  It checks every signature.
 */
#ifndef KLAB_KERNEL_APT_H
#define KLAB_KERNEL_APT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/text.h"
#include "kernel/fetch.h"
#include "kernel/sources.h"
#include "store/store.h"

struct apt;

/* For one archive and architecture; waits while another klab uses the same.
 * ERROR_MISSING on a host without apt. */
struct error *apt_open(struct store *store, const struct repository *repository,
		       const struct arch *arch, const struct fetch_progress *progress,
		       struct apt **ret) _must_check_;
void apt_free(struct apt *apt);
DEFINE_CLEANUP(struct apt *, apt_free)

/* Get the package lists; with `lately`, only unless that was done in the last minutes. */
struct error *apt_update(struct apt *apt, bool lately) _must_check_;

struct apt_package {
	char *name;
	char *version;
	uint64_t size;	     /* of the .deb */
	char *sha256;	     /* of the .deb, in hexadecimal */
	struct strv depends; /* names, of alternatives the first */
};
struct apt_packages {
	struct apt_package *items;
	size_t count;
	size_t capacity;
};
void apt_packages_deinit(struct apt_packages *packages);
#define _cleanup_packages_ _cleanup_(apt_packages_deinit)

/* Adds the newest version of a package; ERROR_NOT_FOUND if the archive has none. */
struct error *apt_show(struct apt *apt, const char *name,
		       struct apt_packages *packages) _must_check_;
/* Downloads the .deb; *ret_path stays until apt_forget(). */
struct error *apt_download(struct apt *apt, const struct apt_package *package,
			   char **ret_path) _must_check_;
/* The packages that an empty system needs so that these words of apt-get install (names,
 * ?patterns) are satisfied, those words' own included, without what is only recommended. */
struct error *apt_resolve(struct apt *apt, const char *const *words,
			  struct apt_packages *ret) _must_check_;
/* Downloads them all; *ret_paths in their order.  What an interrupted call has brought is
 * not brought again. */
struct error *apt_download_all(struct apt *apt, const struct apt_packages *packages,
			       struct strv *ret_paths) _must_check_;
/* Where they are, until apt_forget(). */
const char *apt_downloads(const struct apt *apt);
/* Downloads packages and unpacks by the rules what they take; see kernel/unpack.h. */
struct unpack_rule;
struct error *apt_unpack(struct apt *apt, const struct apt_packages *packages,
			 const struct unpack_rule *rules, size_t rule_count,
			 const char *directory) _must_check_;
/* "name version" of each, as an entry's meta.json has them. */
void apt_packages_list(const struct apt_packages *packages, struct strv *ret);
/* Is a package of this name among them? */
bool apt_packages_have(const struct apt_packages *packages, const char *name);
/* Remove what was downloaded. */
void apt_forget(struct apt *apt);

/* Report to whoever waits; an error stops the fetch.  progress may be NULL. */
struct error *progress_report(const struct fetch_progress *progress, const char *stage,
			      uint64_t done, uint64_t total) _must_check_;

/* Run one program of apt's: its stdout is *ret_output (NULL: thrown away).  Its own first
 * error line is the error's message. */
struct apt_run {
	char *const *argv;
	const char *directory; /* where it runs */
	const char *stage;     /* for the progress */
	uint64_t total;	       /* bytes of what it downloads; 0: nothing */
	const char *file; /* its name up to here, in directory; NULL: all that is there */
	const struct fetch_progress *progress;
};
struct error *apt_run(const struct apt_run *run, struct text *ret_output) _must_check_;
/* The file of the directory whose name begins so and ends in .deb, or NULL.  The caller
 * frees. */
char *apt_find_deb(const char *directory, const char *prefix);

#endif
