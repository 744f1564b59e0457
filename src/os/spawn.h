/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way klab starts a program: what the child sees is said in the options, nothing
 * else is inherited.  A failed exec is reported by process_spawn() itself.
 */
#ifndef KLAB_OS_SPAWN_H
#define KLAB_OS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "os/file.h"

struct spawn_fd {
	int host;  /* our descriptor, borrowed */
	int child; /* the number that the child sees */
};

struct spawn_options {
	char *const *argv;	  /* argv[0] is looked up in PATH unless it has a slash */
	char *const *environment; /* NULL: ours */
	const char *directory;	  /* NULL: ours */
	/* -1 is not allowed: 0 means "as ours" for these three when left out. */
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

/* Run to the end with stdin empty; output beyond max_output is an error.  NULL outputs
 * are thrown away.  A non-zero status is not an error here. */
struct error *process_capture(char *const *argv, unsigned int timeout_ms,
			      size_t max_output, struct bytes *ret_stdout,
			      struct bytes *ret_stderr, int *ret_status) _must_check_;

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

#endif
