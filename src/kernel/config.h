/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Setting options of a tree's .config, and what became of them.  What is asked for comes
 * from fragments (data/config) and from words; kbuild's olddefconfig decides; what it did
 * not let through is explained from the Kconfig files.
 */
#ifndef KLAB_KERNEL_CONFIG_H
#define KLAB_KERNEL_CONFIG_H

#include "format/kconfig-symbols.h"
#include "kernel/kbuild.h"

struct config_option {
	char *name;  /* without CONFIG_ */
	char *value; /* as kconfig_get() gives it: no quotes */
	char *from;  /* the fragment; NULL: the user's own word */
};

struct config_request {
	struct config_option *items;
	size_t count, capacity;
	char *start; /* what a tree without .config begins with; NULL: defconfig */
};

void config_request_deinit(struct config_request *request);
#define _cleanup_config_request_ _cleanup_(config_request_deinit)
/* "A=y", "CONFIG_A=m", "A=n", "HZ=250"; later words win over earlier ones. */
struct error *config_request_word(struct config_request *request,
				  const char *word) _must_check_;
/* A fragment of klab's by its name, with its NAME-ARCH beside it, or a file. */
struct error *config_request_fragment(struct config_request *request, const char *name,
				      const struct arch *arch) _must_check_;
/* The names of klab's own, sorted. */
void config_fragments(struct strv *ret);

/* The options that the tree has. */
struct error *config_symbols(const struct kbuild *kbuild,
			     struct kconfig_symbols *ret) _must_check_;

/* An option that is not as it was asked to be. */
struct config_loss {
	const struct config_option *option; /* of the request, that must live on */
	char *value;			    /* what it is: "n"... */
	char *why;    /* "it needs PCI, which is n"; NULL: klab doesn't know */
	bool unknown; /* the tree has no such option */
};

struct config_result {
	bool changed;
	char *began; /* what a new .config began with: "defconfig"; NULL: there was one */
	struct config_loss *losses;
	size_t loss_count, loss_capacity;
};

void config_result_deinit(struct config_result *result);
#define _cleanup_config_result_ _cleanup_(config_result_deinit)

/* Gives the request to the tree.  .config is replaced at once or not at all, and left as
 * it is if nothing changes; the old one becomes .config.old.  start: begin with that
 * target of make whatever is there; NULL: only where there is no .config. */
struct error *config_apply(const struct kbuild *kbuild,
			   const struct config_request *request, const char *start,
			   const struct kconfig_symbols *symbols,
			   struct config_result *ret) _must_check_;
/* What the target of make (defconfig) gives for this tree, in *ret_config; the tree's own
 * .config stays. */
struct error *config_generate(const struct kbuild *kbuild, const char *target,
			      char **ret_config) _must_check_;

#endif
