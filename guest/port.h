/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the virtio-serial port that leads to the keeper. */
#ifndef KLAB_GUEST_PORT_H
#define KLAB_GUEST_PORT_H

/* Waits until it is there, and complains on the console after ten seconds without it. */
int port_open(void);

#endif
