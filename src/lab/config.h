/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab config: what can be asked of a configuration, and what is said of one. */
#ifndef KLAB_LAB_CONFIG_H
#define KLAB_LAB_CONFIG_H

#include "kernel/config.h"

/* An option in one or two configurations; NULL: it is not there. */
struct config_entry {
	char *name; /* without CONFIG_ */
	char *before;
	char *after;
};

struct config_entries {
	struct config_entry *items;
	size_t count, capacity;
};

void config_entries_deinit(struct config_entries *entries);
#define _cleanup_config_entries_ _cleanup_(config_entries_deinit)

/* The options whose name fits the pattern: with * ? [ a whole name, else a part of one, in
 * either case; NULL: all.  Their values are in .after. */
void config_select(const char *config, size_t size, const char *pattern,
		   struct config_entries *ret);
/* What differs; "n" is the same as not to be there. */
void config_compare(const char *before, size_t before_size, const char *after,
		    size_t after_size, struct config_entries *ret);

/* Each of the user's own words names an option of the tree?  Else the error has the
 * nearest names. */
struct error *config_check_words(const struct config_request *request,
				 const struct kconfig_symbols *symbols) _must_check_;
/* "CONFIG_A is n, not y: it needs PCI"; the caller frees. */
char *config_loss_sentence(const struct config_loss *loss,
			   const struct kconfig_symbols *symbols);
/* Is it a failure?  A fragment may speak of what other releases have. */
bool config_loss_matters(const struct config_loss *loss);

#endif
