/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of the agent: the process that serves one, its pipes or terminal, and the
 * credit of its streams.  See agent/proto.h.
 */
#ifndef KLAB_GUEST_SESSION_H
#define KLAB_GUEST_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "agent/proto.h"

/* A frame of a session.  NULL, or which rule it breaks. */
const char *session_frame(const struct proto_header *header, uint8_t *payload);
/* A child was reaped; status as of waitpid(2). */
void session_reaped(pid_t pid, int status);
/* The link takes data again. */
void sessions_resume(void);
/* Nobody hears of them any more: end them all. */
void sessions_hang_up(void);
/* Between rounds of the loop: free what is over, kill what is due.  Returns when to come
 * again, in ms; -1: whenever. */
int sessions_sweep(void);

#endif
