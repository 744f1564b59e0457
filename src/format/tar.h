/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a tar, in whatever compression, or the data.tar within a Debian package; by
 * libarchive, and only with what that has built in (it would start programs for the rest).
 */
#ifndef KLAB_FORMAT_TAR_H
#define KLAB_FORMAT_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct archive_entry;

struct tar_reader;

/* fd is borrowed, read from its current offset on.  No error here names the file. */
struct error *tar_reader_new(int fd, struct tar_reader **ret) _must_check_;
void tar_reader_free(struct tar_reader *reader);
DEFINE_CLEANUP(struct tar_reader *, tar_reader_free)

/* The next member, borrowed until the one after; NULL at the end. */
struct error *tar_read(struct tar_reader *reader,
		       struct archive_entry **ret) _must_check_;
/* The next piece of the member's content and where in the file it belongs (between pieces
 * there may be holes); data NULL at the end. */
struct error *tar_read_data(struct tar_reader *reader, const void **ret_data,
			    size_t *ret_size, uint64_t *ret_offset) _must_check_;
/* How far it came in the file. */
uint64_t tar_reader_position(const struct tar_reader *reader);

/* The path of a member below the root: without slashes and "./" in front; "" is the root
 * itself.  ERROR_CORRUPT if it leads elsewhere. */
struct error *tar_path(const char *name, const char **ret) _must_check_;

#endif
