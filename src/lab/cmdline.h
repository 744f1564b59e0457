/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel does with each word of its command line: which it takes itself, and what
 * becomes of the rest in the arguments and the environment of init.  As next_arg() of
 * Linux kernel/params.c reads words and start_kernel() of init/main.c hands them out.
 */
#ifndef KLAB_LAB_CMDLINE_H
#define KLAB_LAB_CMDLINE_H

#include "format/kernel-words.h"
#include "lab/plan.h"

enum cmdline_use {
	CMDLINE_KERNEL,	     /* the kernel's own, or of a driver that is built in */
	CMDLINE_MODULE,	     /* "a.b=c": what modprobe gives module a */
	CMDLINE_NOBODY,	     /* the same, but there is no such module */
	CMDLINE_ARGUMENT,    /* init's argv */
	CMDLINE_ENVIRONMENT, /* init's environment */
	CMDLINE_FORGOTTEN,   /* an argument that an init= behind it threw away */
	CMDLINE_END,	     /* "--" */
};

struct cmdline_word {
	char *text; /* as it stands on the line */
	enum cmdline_use use;
	bool read_early; /* by code that runs before all this, besides */
};

struct cmdline {
	struct cmdline_word *words;
	size_t count, capacity;
	char *init;		 /* of init=; NULL: there is none */
	char *initramfs_init;	 /* of rdinit=, else "/init" */
	struct strv arguments;	 /* without init's name */
	struct strv environment; /* with what the kernel gives every init */
	char *panic; /* the word that is one too many for the kernel; NULL: none is */
};

void cmdline_deinit(struct cmdline *cmdline);
#define _cleanup_cmdline_ _cleanup_(cmdline_deinit)

void cmdline_explain(const char *line, const struct kernel_words *words,
		     struct cmdline *ret);
/* Finds out which CMDLINE_MODULE are CMDLINE_NOBODY. */
struct error *cmdline_look_for_modules(struct cmdline *cmdline,
				       const struct kernel *kernel) _must_check_;
/* The program that is PID 1 in the plan's guest. */
const char *cmdline_init(const struct cmdline *cmdline, const struct plan *plan);
const char *cmdline_use_name(enum cmdline_use use); /* "environment" */

/* The whole line of a plan's guest, with what was built into its kernel. */
char *cmdline_of_plan(const struct plan *plan);
/* ERROR_UNSUPPORTED: klab does not find this kernel's own words. */
struct error *cmdline_known_words(const struct plan *plan,
				  struct kernel_words *ret) _must_check_;

#endif
