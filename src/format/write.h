/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes out: what the writers of this room share. */
#ifndef KLAB_FORMAT_WRITE_H
#define KLAB_FORMAT_WRITE_H

#include <stddef.h>

#include "base/error.h"

/* All of them, or an error of which `what` ("writing the archive") is the beginning. */
struct error *write_whole(int fd, const void *bytes, size_t size,
			  const char *what) _must_check_;

#endif
