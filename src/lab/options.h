/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user asked of a guest, as parsed from settings and the command line: words and
 * numbers, nothing resolved yet (lab/plan.h does that).  NULL, 0 and AUTO mean "not said".
 * The tables (option.h) fill the structs; settings_source() says who set what.
 */
#ifndef KLAB_LAB_OPTIONS_H
#define KLAB_LAB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/text.h"
#include "lab/option.h"
#include "vm/machine.h"

enum fail_on { FAIL_ON_NOTHING, FAIL_ON_OOPS, FAIL_ON_WARN };
enum tty_choice { TTY_AUTO, TTY_YES, TTY_NO };

struct guest_options {
	/* The kernel. */
	char *kernel; /* spec */
	char *arch;
	char *output;	     /* O=, KBUILD_OUTPUT */
	char *cross_compile; /* CROSS_COMPILE= */
	char *llvm;	     /* LLVM= */
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
	struct strv disks; /* FILE[,ro|,rw] */
	char *net;
	char *display;
	char *qemu;
	struct strv qemu_options;

	/* The root file system. */
	char *root; /* SPEC (lab/root.h) */
	bool rw;
	char *disk_name;

	/* The image. */
	char *initrd;	  /* FILE instead of klab's own, or "none" */
	char *init;	  /* a program of the guest, or "klab" */
	struct strv adds; /* SRC[:DST] */
	struct strv overlays;
	struct strv modules; /* --module */
	struct strv lates;   /* --eval-late */
	bool no_agent;

	/* Directories of the host in the guest: G=H. */
	struct strv read_only_dirs;
	struct strv writable_dirs;

	/* The command and its surroundings. */
	struct strv command; /* empty: a shell */
	bool shell_line;     /* --sh: the words are one line for sh -c */
	struct strv environment;
	char *cwd;
	char *user; /* UID[:GID] */
	enum tty_choice tty;
	bool ktap; /* its stdout is a test report, which decides about the status */

	/* The run. */
	char *name;
	bool detach;
	bool build; /* the tree, before the guest */
	bool dry_run;
	bool yes;
	uint64_t timeout_ms;
	uint64_t boot_timeout_ms;
	enum fail_on fail_on;
	char *json;    /* "": stderr's last line; else FILE or fd:N; NULL: no */
	int verbosity; /* -v: 1, -vv: 2; -q: -1 */
};

void guest_options_deinit(struct guest_options *options);

/* Debian's archive, for `fetch`. */
struct archive_options {
	char *suite;
	char *flavour;
	char *mirror;  /* URL */
	char *keyring; /* what verifies it; NULL: the host's keys of Debian */
};
void archive_options_deinit(struct archive_options *options);

/* The tables, in the order of the help; a command says which ones it takes. */
enum options_set {
	OPTIONS_KERNEL = 1,   /* which kernel */
	OPTIONS_ARCH = 2,     /* which architecture */
	OPTIONS_BOOT = 4,     /* how it is booted */
	OPTIONS_MACHINE = 8,  /* the hardware */
	OPTIONS_IMAGE = 16,   /* what goes into the initramfs */
	OPTIONS_SESSION = 32, /* the command in the guest and its surroundings */
	OPTIONS_LIMITS = 64,  /* --timeout and --json */
	OPTIONS_RUN = 128,    /* the rest of a run */
	OPTIONS_ARCHIVE = 256,
	OPTIONS_GUEST = 255, /* all of a guest's */
};

/* Rows that fill struct guest_options, or (OPTIONS_ARCHIVE) struct archive_options. */
extern const struct option_row kernel_option_rows[];
extern const struct option_row arch_option_rows[];
extern const struct option_row boot_option_rows[];
extern const struct option_row machine_option_rows[];
extern const struct option_row image_option_rows[];
extern const struct option_row session_option_rows[];
extern const struct option_row limits_option_rows[];
extern const struct option_row run_option_rows[];
extern const struct option_row archive_option_rows[];

#endif
