/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run leaves behind: STATE/runs/ID/ with the whole console (console.log) and the
 * manifest (manifest.json: what went in, by digest, and how it ended).  The oldest go
 * when there are too many.
 */
#ifndef KLAB_LAB_RUNDIR_H
#define KLAB_LAB_RUNDIR_H

#include "lab/plan.h"
#include "lab/verdict.h"

#define RUNDIR_KEEP 200 /* runs */

struct rundir {
	char *id; /* "20261121-115301-7f3a9c", sorts by time */
	char *path;
	char *console; /* path/console.log */
	int lock_fd;   /* held while the run lasts, so that it is not pruned */
	bool detached; /* run -d */
};

struct error *rundir_new(struct rundir *ret) _must_check_;
void rundir_deinit(struct rundir *rundir);
#define _cleanup_rundir_ _cleanup_(rundir_deinit)

/* verdict NULL: the run has only begun.  arguments: klab's own command line. */
struct error *rundir_write_manifest(const struct rundir *rundir, const struct plan *plan,
				    const char *const *arguments,
				    const struct verdict *verdict) _must_check_;

/* What it takes to repeat a run. */
struct recalled {
	struct strv arguments;
	char *directory;
	bool detached;
};
void recalled_deinit(struct recalled *recalled);
#define _cleanup_recalled_ _cleanup_(recalled_deinit)

/* ID possibly abbreviated, NULL: the latest. */
struct error *rundir_recall(const char *id, struct recalled *ret) _must_check_;
/* What a debugger wants to know of a run; what is not known is NULL. */
struct debug_facts {
	char *arch;
	char *name; /* of the kernel */
	char *vmlinux;
	char *source;
	bool kaslr;
};
void debug_facts_deinit(struct debug_facts *facts);
/* run: its directory. */
struct error *rundir_debug_facts(const char *run, struct debug_facts *ret) _must_check_;

/* The console log of a run, as for rundir_recall(). */
struct error *rundir_find_console(const char *id, char **ret_path) _must_check_;

#endif
