/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file by its URL, http or https, whose SHA-256 is known beforehand: that, and not the
 * way it came, says that it is the right one.
 */
#ifndef KLAB_KERNEL_DOWNLOAD_H
#define KLAB_KERNEL_DOWNLOAD_H

#include <stdbool.h>

#include "kernel/fetch.h"

struct download {
	const char *url;
	const char *sha256; /* 64 hexadecimal digits, of any case */
	const char *stage;  /* for the progress */
	const struct fetch_progress *progress;
};

/* "scheme://": what is meant for download_check(). */
bool download_is_url(const char *word);
/* ERROR_USAGE for another scheme, and for what is no SHA-256; nothing is fetched. */
struct error *download_check(const struct download *download) _must_check_;
/* Into the empty file fd; path names it in errors.  What came is only good where this
 * returns NULL. */
struct error *download_get(const struct download *download, int fd,
			   const char *path) _must_check_;

#endif
