/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services "put" and "get", in a process of their own that may block.  They read
 * standard input, write standard output, make remarks on standard error, and exit.
 */
#ifndef KLAB_GUEST_COPY_H
#define KLAB_GUEST_COPY_H

#include <stdint.h>

#include "agent/proto.h"

/* words as in agent/proto.h. */
_Noreturn void copy_put(char **words);
_Noreturn void copy_get(char **words);

/* One copy record. */
struct record {
	enum proto_copy_kind kind;
	uint32_t mode, uid, gid;
	uint64_t mtime, size;
	char name[PROTO_COPY_NAME_MAX + 1];
	char target[PROTO_COPY_TARGET_MAX + 1];
};

/* copy-record.c; on a broken stream these exit with a report. */
void record_read(struct record *record);
void record_write(const struct record *record);
void copy_read(void *data, size_t size);
void copy_write(const void *data, size_t size);
void copy_remark(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
