/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors of writing an image, with what the user can do. */
#ifndef KLAB_IMAGE_EXPLAIN_H
#define KLAB_IMAGE_EXPLAIN_H

#include "base/error.h"

/* Both take and return err; NULL stays NULL. */
struct error *explain_limit(struct error *err) _must_check_;
/* path is what could not be written: the message says which disk is full. */
struct error *explain_full(struct error *err, const char *path) _must_check_;

#endif
