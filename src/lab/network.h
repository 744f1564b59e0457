/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --net: the guest's network card, what is at its other end, and the addresses that the
 * agent gives it.
 *
 *	user[,OPTIONS]	QEMU's own network: 10.0.2.15, and a router at 10.0.2.2
 *	tap=NAME	a tap device of the host, which somebody with privilege has made
 *	socket=PATH	another guest with the same PATH: 10.0.3.1 and 10.0.3.2
 */
#ifndef KLAB_LAB_NETWORK_H
#define KLAB_LAB_NETWORK_H

#include "image/image.h"
#include "vm/machine.h"

/* What must be held as long as the guest lives: its end of a socket pair. */
struct network;

/* As far as it can be said without looking at the host. */
struct error *network_check_word(const char *value) _must_check_;
/* word NULL: none.  *ret is NULL where nothing need be held. */
struct error *network_plan(const char *word, struct machine_net *net, struct text *setup,
			   struct network **ret) _must_check_;
/* The last one to let go of an end removes what is left of it. */
void network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network_free)

#endif
