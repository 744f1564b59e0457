/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between decompress.c and the decoders of single formats; for nobody else. */
#ifndef KLAB_FORMAT_DECODERS_H
#define KLAB_FORMAT_DECODERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Decoders hand over their output in pieces of this size. */
#define DECODER_CHUNK ((size_t)256 << 10)

/* Where decompressed bytes go. */
struct decoder_output {
	struct text *memory; /* NULL: to fd */
	int fd;
	uint64_t limit;
	uint64_t total;
	bool peek; /* reaching the limit is the end, not an error */
};

struct error *decoder_write(struct decoder_output *output, const uint8_t *bytes,
			    size_t size) _must_check_;
/* No more output is wanted: a decoder then returns at once. */
static inline bool decoder_output_full(const struct decoder_output *output)
{
	return output->peek && output->total == output->limit;
}
/* "gzip data ends in the middle" */
struct error *decoder_error_truncated(const char *name) _must_check_;

/* Each is given data that begins with its magic. */
struct error *decode_gzip(const uint8_t *data, size_t size,
			  struct decoder_output *output) _must_check_;
struct error *decode_xz(const uint8_t *data, size_t size,
			struct decoder_output *output) _must_check_;
struct error *decode_lzma(const uint8_t *data, size_t size,
			  struct decoder_output *output) _must_check_;
struct error *decode_lz4(const uint8_t *data, size_t size,
			 struct decoder_output *output) _must_check_;
struct error *decode_zstd(const uint8_t *data, size_t size,
			  struct decoder_output *output) _must_check_;
struct error *decode_bzip2(const uint8_t *data, size_t size,
			   struct decoder_output *output) _must_check_;
struct error *decode_lzo(const uint8_t *data, size_t size,
			 struct decoder_output *output) _must_check_;

#endif
