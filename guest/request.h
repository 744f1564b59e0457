/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a START asks for. */
#ifndef KLAB_GUEST_REQUEST_H
#define KLAB_GUEST_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "agent/proto.h"

struct request {
	uint32_t flags; /* PROTO_START_* */
	uint16_t rows, columns;
	uint32_t uid, gid;
	const char *service;
	const char *cwd; /* "": the default */
	char **argv;
	char **environment;
};

/* The strings stay in payload, which is changed.  NULL, or what is wrong; request_deinit()
 * in both cases. */
const char *request_read(struct request *request, uint8_t *payload, size_t size);
void request_deinit(struct request *request);

#endif
