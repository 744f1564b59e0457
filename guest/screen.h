/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLAB_GUEST_SCREEN_H
#define KLAB_GUEST_SCREEN_H

/* The order "screen" (guest/setup.h). */
void screen_apply(char *order);

#endif
