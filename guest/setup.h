/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host has ordered for this guest beyond the image itself: a list in the image,
 * one order a line, its words separated by single spaces:
 *
 *	root init|agent		change to the root file system that the kernel's command line
 *				names (root.h); its /sbin/init becomes PID 1, or does not
 *	host TAG 9p|virtiofs klab|host
 *				change to the host's root, the share with this tag, with what
 *				is written laid over it in memory; modprobe finds the modules
 *				of the initramfs, or the host's
 *	late LINE		the next line of what a shell runs when all else has been
 *				done and services are up; HELLO waits for its end
 *	net MAC ADDRESS/BITS|- ROUTER|-
 *				bring up the network card with this hardware address,
 *				give it an address, and a default route
 *	ready PATH		another init's services are up when somebody writes to this
 *				pipe, which is made for it; HELLO waits for that
 *	screen TERMINAL		a shell on that terminal, which is on the guest's screen
 *	share TAG ro|rw PATH	mount the host's directory with this 9p tag at PATH (which
 *				is the rest of the line)
 *
 * An order that cannot be carried out is trouble: the guest is not what its user wants a
 * command to run in, so the agent says so in its HELLO and refuses to start any.
 */
#ifndef KLAB_GUEST_SETUP_H
#define KLAB_GUEST_SETUP_H

#include <stdbool.h>

#define SETUP_LIST "/lib/klab/setup"

enum setup_phase {
	SETUP_ROOT, /* when modules are loaded */
	SETUP_REST, /* after all other mounts, before HELLO */
};

/* Whether anything was ordered; before the root changes. */
bool setup_read(void);
void setup_apply(enum setup_phase phase);
/* The first thing that could not be done, as a sentence; NULL: none. */
const char *setup_trouble(void);

/* For the ones who carry out an order. */
void setup_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
