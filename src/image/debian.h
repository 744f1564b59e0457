/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packages of a recipe: which they are and where they lie on the host, and the files
 * of those without which nothing else can be installed.
 */
#ifndef KLAB_IMAGE_DEBIAN_H
#define KLAB_IMAGE_DEBIAN_H

#include "image/plan.h"
#include "image/recipe.h"
#include "kernel/fetch.h"
#include "store/store.h"

struct debian;

/* Resolved and downloaded, each checked against what the archive has signed.  suite NULL:
 * the host's.  Other klabs wait for the same archive until it is freed. */
struct error *debian_open(struct store *store, const struct recipe *recipe,
			  const char *suite, const struct arch *arch,
			  const struct fetch_options *fetch,
			  struct debian **ret) _must_check_;
void debian_free(struct debian *debian);
DEFINE_CLEANUP(struct debian *, debian_free)

/* The files of what is essential, unpacked and not more: no script has run. */
struct error *debian_unpack(const struct debian *debian, struct plan *plan,
			    const char *spool) _must_check_;
/* Where the packages lie. */
const char *debian_directory(const struct debian *debian);
unsigned int debian_count(const struct debian *debian, uint64_t *ret_bytes);
/* They are not needed any more. */
void debian_forget(struct debian *debian);

#endif
