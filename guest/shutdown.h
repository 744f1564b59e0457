/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ending the guest: processes, file systems, power. */
#ifndef KLAB_GUEST_SHUTDOWN_H
#define KLAB_GUEST_SHUTDOWN_H

#include <signal.h>

#include "agent/proto.h"

/* For tests: end the agent, not the machine that it runs on. */
void shutdown_is_exit(void);
/* As PID 1: the signals by which poweroff(8), reboot(8) and halt(8) ask an init, and what
 * one of them asks for. */
void shutdown_add_signals(sigset_t *signals);
void shutdown_signalled(int signal);
/* Remember it; the loop calls shutdown_now() when frames have been handled. */
void shutdown_request(enum proto_shutdown how);
/* Returns unless one was requested; as PID 1 it does not return then. */
void shutdown_now(void);

#endif
