/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to copying: one copy record (proto.h), taken apart. */
#ifndef KLAB_AGENT_COPY_RECORD_H
#define KLAB_AGENT_COPY_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "agent/proto.h"
#include "base/error.h"

struct record {
	enum proto_copy_kind kind;
	uint32_t mode;
	uint64_t mtime;
	char *name;
	char *target;
};

void record_deinit(struct record *record);
/* *ret_size: bytes of the record; 0: more are needed. */
struct error *record_parse(const uint8_t *data, size_t size, struct record *ret,
			   size_t *ret_size) _must_check_;
/* "the guest sent ..." */
struct error *copy_broken(const char *what) _must_check_;

#endif
