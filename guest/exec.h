/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the process of a session.  It is forked, not vforked: changing to a directory
 * or executing a file may hang in a file system that is being worked on, and only this
 * one session may hang with it.
 */
#ifndef KLAB_GUEST_EXEC_H
#define KLAB_GUEST_EXEC_H

#include <stdint.h>
#include <sys/types.h>

#include "agent/proto.h"
#include "request.h"

/* What a process that failed leaves in its report pipe before it exits. */
struct report {
	uint32_t how; /* enum proto_exit */
	uint32_t value;
	char message[500];
};

/* The agent's ends of what was made; -1: none. */
struct started {
	pid_t pid;
	int fds[PROTO_STREAM_COUNT]; /* non-blocking */
	int report;		     /* non-blocking */
};

/* 0 or -errno. */
int exec_start(const struct request *request, struct started *ret);

/* What commands find in their environment; NULL-terminated. */
extern const char *const exec_default_environment[];
/* In a child: signals as a program expects them. */
void exec_reset_signals(void);
/* In the child: report and exit. */
_Noreturn void exec_fail(enum proto_exit how, int err_no, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
