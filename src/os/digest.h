/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256, the name of everything in the store. */
#ifndef KLAB_OS_DIGEST_H
#define KLAB_OS_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

#define DIGEST_HEX_SIZE 65 /* 64 hexadecimal digits and the NUL */

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *digest);
DEFINE_CLEANUP(struct digest *, digest_free)
void digest_add(struct digest *digest, const void *data, size_t size);
/* A string with its length, so that ("ab", "c") differs from ("a", "bc"). */
void digest_add_string(struct digest *digest, const char *s);
void digest_add_u64(struct digest *digest, uint64_t value);
void digest_hex(struct digest *digest, char ret[DIGEST_HEX_SIZE]);

void digest_bytes(const void *data, size_t size, char ret[DIGEST_HEX_SIZE]);
struct error *digest_file(const char *path, char ret[DIGEST_HEX_SIZE]) _must_check_;
/* What a file is without reading it: path, device, inode, size, mtime, ctime.  Cheap key
 * for caches of results about a file that may be large. */
void digest_add_identity(struct digest *digest, const char *path, const struct stat *st);

#endif
