/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way klab starts a program: what the child sees is said in the options, nothing
 * else is inherited, neither descriptors nor signal dispositions nor the signal mask.  A
 * failed exec is reported by process_spawn() itself.  spawn.c starts, process.c waits and
 * kills, capture.c runs a program for its output.
 */
#ifndef KLAB_OS_SPAWN_H
#define KLAB_OS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"

struct spawn_fd {
	int host;  /* our descriptor, borrowed */
	int child; /* the number that the child sees */
};

struct spawn_options {
	/* argv[0] is looked up in our PATH (ERROR_MISSING) unless it has a slash. */
	char *const *argv;
	char *const *environment; /* NULL: ours */
	const char *directory;	  /* NULL: ours */
	/* Pointers to borrowed descriptors, so that what is left out has a meaning. */
	const int *standard_input;  /* NULL: /dev/null */
	const int *standard_output; /* NULL: ours */
	const int *standard_error;  /* NULL: ours */
	const struct spawn_fd *fds; /* further descriptors to pass */
	size_t fd_count;
	/* The child gets SIGKILL when the calling thread's process dies; the parent is
	 * checked again after that was armed. */
	bool die_with_parent;
	bool new_session;	/* setsid() */
	bool new_process_group; /* out of reach of the terminal's Ctrl-C */
};

struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* readable when it has ended */
};

#define PROCESS_NONE ((struct process){ .pid = 0, .pidfd = -1 })

struct error *process_spawn(const struct spawn_options *options,
			    struct process *ret) _must_check_;
/* Wait for the end; status as of waitpid(2).  deadline_ms as of clock_ms(); 0: none.
 * ERROR_TIMEOUT leaves it running. */
struct error *process_wait(struct process *process, uint64_t deadline_ms,
			   int *ret_status) _must_check_;
void process_kill(struct process *process, int signal);
/* Kills and reaps. */
void process_deinit(struct process *process);
#define _cleanup_process_ _cleanup_(process_deinit)

/* Run to the end with stdin empty; output beyond max_output (of each) is an error.  NULL
 * outputs are thrown away.  A non-zero status is not an error here.  timeout_ms 0: none.
 * What a left-over grandchild still writes after the program has ended is not awaited. */
struct error *process_capture(char *const *argv, unsigned int timeout_ms,
			      size_t max_output, struct bytes *ret_stdout,
			      struct bytes *ret_stderr, int *ret_status) _must_check_;

#endif
