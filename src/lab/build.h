/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building a kernel tree.  STATE/builds/DIGEST/ keeps for each tree all that make said
 * (log) and how many steps it took (steps), from which the next build is estimated.
 */
#ifndef KLAB_LAB_BUILD_H
#define KLAB_LAB_BUILD_H

#include "kernel/config.h"
#include "kernel/kbuild.h"

struct build_ui {
	/* How many steps were made, also while nothing is; total 0: not known. */
	void (*step)(const char *stage, uint64_t done, uint64_t total, void *argument);
	/* What compilers and make complain of. */
	void (*complaint)(const char *bytes, size_t size, void *argument);
	/* The tree had no .config, or Kconfig files have changed.  May be NULL, as all. */
	void (*configured)(const struct kbuild *kbuild,
			   const struct kconfig_symbols *symbols,
			   const struct config_result *result, void *argument);
	void *argument;
};

struct build_options {
	struct kbuild_options tree;
	unsigned int jobs; /* 0: what the machine bears */
	const struct strv
		*fragments; /* for a tree without .config; NULL or empty: base */
	bool no_ccache;
	const struct build_ui *ui; /* may be NULL */
};

struct build_result {
	char *tree;    /* where the results are */
	char *release; /* uname -r */
	const struct arch *arch;
	char *image;
	char *log;
	uint64_t steps; /* files compiled, linked and so on */
	uint64_t modules;
	double seconds;
	unsigned int jobs;
	bool ccache;
};

/* A build that fails is ERROR_FAILED, with the name of the log. */
struct error *build_run(const struct build_options *options,
			struct build_result *ret) _must_check_;
void build_result_deinit(struct build_result *result);
#define _cleanup_build_result_ _cleanup_(build_result_deinit)

/* As many as there are processors, but no more than fit into memory. */
unsigned int build_jobs_default(void);

#endif
