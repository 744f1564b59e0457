/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decompression of what kernels are packed with, recognised by magic.  The input is whole
 * and in memory; the output is bounded and goes to memory or to a descriptor as it comes.
 *
 * Bytes behind the compressed data are ignored: kbuild appends the uncompressed size, and
 * an image goes on behind its payload.  An input that ends too early is ERROR_CORRUPT, "…
 * ends in the middle".
 */
#ifndef KLAB_FORMAT_DECOMPRESS_H
#define KLAB_FORMAT_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,	  /* several streams, and the BCJ filters that kernels use */
	COMPRESSION_LZMA, /* the older format without a real magic */
	COMPRESSION_LZ4,  /* the "legacy" frame, which is the kernel's */
	COMPRESSION_ZSTD,
	COMPRESSION_BZIP2,
	COMPRESSION_LZO, /* an lzop file */
};

/* By the first bytes. */
enum compression compression_detect(const uint8_t *data, size_t size);
/* "gzip", "xz"… */
const char *compression_name(enum compression compression);

/* By what compression_detect() says; ERROR_UNSUPPORTED if that is nothing.  More output
 * than limit is ERROR_CORRUPT. */
struct error *decompress_to_memory(const uint8_t *data, size_t size, uint64_t limit,
				   struct text *ret) _must_check_;
/* What was written stays when it fails. */
struct error *decompress_to_fd(const uint8_t *data, size_t size, uint64_t limit, int fd,
			       uint64_t *ret_size) _must_check_;
/* At most the first count bytes of the output, without decompressing the rest. */
struct error *decompress_peek(const uint8_t *data, size_t size, size_t count,
			      struct text *ret) _must_check_;

#endif
