/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network card: its addresses, set without asking anybody. */
#ifndef KLAB_GUEST_NET_H
#define KLAB_GUEST_NET_H

/* "MAC ADDRESS/BITS|- ROUTER|-", see setup.h. */
void net_apply(char *order);
/* Bring an interface up; 0 or errno. */
int net_raise(const char *interface);

#endif
