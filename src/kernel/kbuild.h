/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kbuild, driven: a tree with the words that its make takes, and runs of that make.
 * kbuild.c finds the tree, kbuild-make.c runs make.
 */
#ifndef KLAB_KERNEL_KBUILD_H
#define KLAB_KERNEL_KBUILD_H

#include <stdbool.h>

#include "arch/arch.h"
#include "base/error.h"
#include "base/text.h"

struct kbuild {
	char *source; /* where make is called */
	char *output; /* where its results go; the same, or another (O=) */
	char *config; /* OUTPUT/.config, be it there or not */
	const struct arch *arch;
	struct strv words; /* ARCH= and the like, and what the user added */
	/* While a quiet make runs, from its beginning on; NULL: nobody asks. */
	void (*waiting)(const char *target, void *argument);
	void *waiting_argument;
};

struct kbuild_options {
	const char *directory;	    /* NULL: the tree around the working directory */
	const char *output;	    /* O=, KBUILD_OUTPUT; NULL: none */
	const struct arch *arch;    /* NULL: what it is configured for, else the host's */
	const char *cross_compile;  /* NULL: the architecture's own where it is foreign */
	const char *llvm;	    /* NULL or "": gcc */
	const struct strv *further; /* VAR=VALUE for make; NULL: none */
};

struct error *kbuild_open(const struct kbuild_options *options,
			  struct kbuild *ret) _must_check_;
void kbuild_deinit(struct kbuild *kbuild);
#define _cleanup_kbuild_ _cleanup_(kbuild_deinit)

bool kbuild_is_configured(const struct kbuild *kbuild);
/* Were Kconfig files or .config changed since kbuild read them last?  It would ask on a
 * terminal for the values of new options then. */
bool kbuild_is_config_stale(const struct kbuild *kbuild);
/* The prefix of its toolchain; "": none. */
const char *kbuild_cross(const struct kbuild *kbuild,
			 const struct kbuild_options *options);
/* The targets for all that klab uses: image, vmlinux, modules, gdb's scripts. */
void kbuild_default_targets(const struct kbuild *kbuild, struct strv *ret);
/* "make -C … O=… ARCH=…" with nothing behind it, as one would type it. */
void kbuild_command(const struct kbuild *kbuild, struct strv *ret);

/* Ours, without what would bend a run of kbuild's make: ARCH= and its like come as words,
 * the environment's may be meant for another tree; and the jobs of a make that has started
 * klab are not ours.  search: a directory before PATH, or NULL. */
void kbuild_environment(const char *search, struct strv *ret);

/* What make says while it works; lines are whole, without their newline.  An error stops
 * make and is returned. */
struct kbuild_listener {
	struct error *(*line)(const char *line, void *argument);
	/* What goes to stderr, in pieces as they come. */
	struct error *(*complaint)(const char *bytes, size_t size, void *argument);
	/* Some time has passed.  May be NULL, as all of them. */
	void (*tick)(void *argument);
	void *argument;
};

struct kbuild_run {
	const struct strv *words; /* targets, -jN, VAR=VALUE */
	const char *kconfig;	  /* file to work on in .config's place; NULL: that */
	const char *search;	  /* directory before PATH; NULL: none */
	const struct kbuild_listener *listener;
};

/* ERROR_REFUSED if the source was configured or built in place, and kbuild takes no O=. */
struct error *kbuild_check_clean(const struct kbuild *kbuild) _must_check_;
/* Runs make to its end; *ret_status is as of waitpid(2).  SIGINT, SIGTERM and SIGHUP end
 * make and all that it has started: ERROR_INTERRUPTED. */
struct error *kbuild_make(const struct kbuild *kbuild, const struct kbuild_run *run,
			  int *ret_status) _must_check_;
/* The same for what takes a second and says nothing of interest: an error with the last
 * of its complaints if it fails. */
struct error *kbuild_make_quietly(const struct kbuild *kbuild, const char *target,
				  const char *kconfig) _must_check_;

#endif
