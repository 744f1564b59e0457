/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's end of the channel: one descriptor (the virtio-serial port, or a socket in
 * tests), one queue of frames to the host.  Frames are written at the end of each round
 * of the loop, so that what belongs together crosses in one piece.
 */
#ifndef KLAB_GUEST_LINK_H
#define KLAB_GUEST_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/proto.h"

/* Takes fd, makes it non-blocking and sends HELLO. */
void link_open(int fd);
/* Read, handle and write what can be; true: there is more to do at once. */
bool link_work(void);
/* The end of the stream was seen: a virtio port whose host is not there, for now. */
bool link_hung_up(void);

void link_send(enum proto_type type, uint8_t stream, uint32_t session,
	       const void *payload, size_t size);
void link_send_u32(enum proto_type type, uint8_t stream, uint32_t session,
		   uint32_t value);
void link_send_exit(uint32_t session, enum proto_exit how, uint32_t value,
		    const char *message);
void link_send_fault(const char *text, size_t size);

/* Where the payload of a DATA frame may be read to, or NULL while too much is queued;
 * then link_data() with how much it became. */
uint8_t *link_data_room(size_t *ret_size);
void link_data(uint8_t stream, uint32_t session, size_t size);

#endif
