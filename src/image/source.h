/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of a plan's file, wherever it is, for those who write images. */
#ifndef KLAB_IMAGE_SOURCE_H
#define KLAB_IMAGE_SOURCE_H

#include "image/plan.h"

struct source {
	const void *data; /* all of it, borrowed from the plan or memory; else NULL */
	int fd;		  /* has it from offset on; -1 with data, or nothing */
	uint64_t offset;
	uint64_t size;

	/* Who owns them. */
	char *memory;
	int file;
};

#define SOURCE_NONE ((struct source){ .fd = -1, .file = -1 })
/* ERROR_BUSY if a file is no longer what was planned. */
struct error *source_open(const struct plan *plan, const struct plan_inode *inode,
			  struct source *ret) _must_check_;
void source_deinit(struct source *source);
#define _cleanup_source_ _cleanup_(source_deinit)

#endif
