/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user asked of a guest, as parsed from settings and the command line: words and
 * numbers, nothing resolved yet (lab/plan.h does that).  NULL, 0 and AUTO mean "not said".
 */
#ifndef KLAB_LAB_OPTIONS_H
#define KLAB_LAB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/text.h"
#include "vm/machine.h"

enum fail_on { FAIL_ON_NOTHING, FAIL_ON_OOPS, FAIL_ON_WARN };
enum tty_choice { TTY_AUTO, TTY_YES, TTY_NO };

struct guest_options {
	/* The kernel. */
	char *kernel; /* spec */
	char *arch;
	char *output; /* O= */
	struct strv append;
	enum boot_method boot;
	bool kaslr;
	bool plain; /* none of klab's own kernel parameters */

	/* The machine. */
	char *machine;
	char *cpu;
	enum accel accel;
	unsigned int cpus;
	uint64_t memory;   /* bytes */
	struct strv disks; /* FILE[,ro] */
	char *net;
	char *qemu;
	struct strv qemu_options;

	/* The image. */
	struct strv adds; /* SRC[:DST] */
	struct strv overlays;
	bool no_agent;

	/* The command and its surroundings. */
	struct strv command; /* empty: a shell */
	bool shell_line;     /* --sh: the words are one line for sh -c */
	struct strv environment;
	char *cwd;
	char *user; /* UID[:GID] */
	enum tty_choice tty;

	/* The run. */
	char *name;
	bool detach;
	bool dry_run;
	bool yes;
	uint64_t timeout_ms;
	uint64_t boot_timeout_ms;
	enum fail_on fail_on;
	char *json;    /* "": stderr's last line; else FILE or fd:N; NULL: no */
	int verbosity; /* -v, -vv; -1: -q */
};

void guest_options_deinit(struct guest_options *options);

#endif
