// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoders whose library keeps the state of the stream: gzip, xz, lzma, zstd, bzip2.  All
 * have the same shape: feed, hand over what came out, and at the end of a stream go on
 * only if another one of the same kind follows at once.
 */
#include <bzlib.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "format/decoders.h"

/* The largest dictionary in use is 128 MiB (zstd -22, xz with --lzma2=dict=). */
#define MEMORY_LIMIT ((uint64_t)512 << 20)

/* zlib and bzip2 count what they are given in an unsigned int. */
#define FEED_MAX ((size_t)1 << 30)

static void inflate_end(z_stream *z)
{
	inflateEnd(z);
}

struct error *decode_gzip(const uint8_t *data, size_t size, struct decoder_output *output)
{
	_cleanup_free_ uint8_t *chunk = xreallocarray(NULL, 1, DECODER_CHUNK);
	_cleanup_(inflate_end) z_stream z = { 0 };
	const uint8_t *end = data + size;
	int status;

	/* 15: the largest window; 16: a gzip header. */
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return error_new(ERROR_FAILED, "zlib cannot start");
	z.next_in = (z_const Bytef *)data;
	for (;;) {
		z.avail_in = (uInt)MIN((size_t)(end - z.next_in), FEED_MAX);
		z.next_out = chunk;
		z.avail_out = DECODER_CHUNK;
		status = inflate(&z, Z_NO_FLUSH);
		TRY(decoder_write(output, chunk, DECODER_CHUNK - z.avail_out));
		if (decoder_output_full(output))
			return NULL;
		if (status == Z_STREAM_END) {
			if (end - z.next_in < 3 ||
			    memcmp(z.next_in, "\x1f\x8b\x08", 3) != 0)
				return NULL;
			inflateReset(&z);
		} else if (status == Z_BUF_ERROR && z.next_in == end) {
			return decoder_error_truncated("gzip");
		} else if (status != Z_OK) {
			return error_new(ERROR_CORRUPT, "gzip data is damaged: %s",
					 z.msg ? z.msg : "no detail");
		}
	}
}

static struct error *lzma_error(const char *name, lzma_ret status)
{
	switch (status) {
	case LZMA_BUF_ERROR:
		return decoder_error_truncated(name);
	case LZMA_MEMLIMIT_ERROR:
		return error_new(ERROR_UNSUPPORTED,
				 "%s data has a dictionary of more than 512 MiB", name);
	case LZMA_OPTIONS_ERROR:
		return error_new(ERROR_UNSUPPORTED,
				 "%s data uses a filter that liblzma does not have",
				 name);
	default:
		return error_new(ERROR_CORRUPT, "%s data is damaged", name);
	}
}

/* Until the end of the stream that lzma was set up for. */
static struct error *decode_lzma_stream(lzma_stream *lzma, const char *name,
					struct decoder_output *output)
{
	_cleanup_free_ uint8_t *chunk = xreallocarray(NULL, 1, DECODER_CHUNK);
	lzma_ret status = LZMA_OK;

	while (status != LZMA_STREAM_END) {
		lzma->next_out = chunk;
		lzma->avail_out = DECODER_CHUNK;
		status = lzma_code(lzma, LZMA_FINISH);
		TRY(decoder_write(output, chunk, DECODER_CHUNK - lzma->avail_out));
		if (decoder_output_full(output))
			return NULL;
		if (status != LZMA_OK && status != LZMA_STREAM_END)
			return lzma_error(name, status);
	}
	return NULL;
}

struct error *decode_xz(const uint8_t *data, size_t size, struct decoder_output *output)
{
	_cleanup_(lzma_end) lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_ret status;

	lzma.next_in = data;
	lzma.avail_in = size;
	do {
		/* Not LZMA_CONCATENATED: that takes anything behind a stream for an
		 * error. */
		status = lzma_stream_decoder(&lzma, MEMORY_LIMIT, 0);
		if (status != LZMA_OK)
			return lzma_error("xz", status);
		TRY(decode_lzma_stream(&lzma, "xz", output));
	} while (!decoder_output_full(output) && lzma.avail_in >= 6 &&
		 memcmp(lzma.next_in,
			"\xfd"
			"7zXZ",
			6) == 0);
	return NULL;
}

struct error *decode_lzma(const uint8_t *data, size_t size, struct decoder_output *output)
{
	_cleanup_(lzma_end) lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_ret status;

	lzma.next_in = data;
	lzma.avail_in = size;
	status = lzma_alone_decoder(&lzma, MEMORY_LIMIT);
	if (status != LZMA_OK)
		return lzma_error("lzma", status);
	return decode_lzma_stream(&lzma, "lzma", output);
}

static void zstd_free(ZSTD_DCtx **zstd)
{
	ZSTD_freeDCtx(*zstd);
}

struct error *decode_zstd(const uint8_t *data, size_t size, struct decoder_output *output)
{
	_cleanup_free_ uint8_t *chunk = xreallocarray(NULL, 1, DECODER_CHUNK);
	_cleanup_(zstd_free) ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer in = { .src = data, .size = size };

	if (!zstd)
		return error_new(ERROR_FAILED, "zstd cannot start");
	for (;;) {
		ZSTD_outBuffer out = { .dst = chunk, .size = DECODER_CHUNK };
		size_t status = ZSTD_decompressStream(zstd, &out, &in);

		if (ZSTD_isError(status))
			return error_new(ERROR_CORRUPT, "zstd data is damaged: %s",
					 ZSTD_getErrorName(status));
		TRY(decoder_write(output, chunk, out.pos));
		if (decoder_output_full(output))
			return NULL;
		if (status == 0 && (size - in.pos < 4 ||
				    memcmp(data + in.pos, "\x28\xb5\x2f\xfd", 4) != 0))
			return NULL;
		if (status != 0 && in.pos == size && out.pos < out.size)
			return decoder_error_truncated("zstd");
	}
}

static void bzip2_end(bz_stream *bz)
{
	BZ2_bzDecompressEnd(bz);
}

/* One stream; *consumed grows by its length. */
static struct error *decode_bzip2_stream(const uint8_t *data, size_t size,
					 size_t *consumed, struct decoder_output *output)
{
	_cleanup_free_ uint8_t *chunk = xreallocarray(NULL, 1, DECODER_CHUNK);
	_cleanup_(bzip2_end) bz_stream bz = { 0 };
	const char *start = (const char *)data + *consumed;
	const char *end = (const char *)data + size;
	int status = BZ2_bzDecompressInit(&bz, 0, 0);

	if (status != BZ_OK)
		return error_new(ERROR_FAILED, "bzip2 cannot start");
	bz.next_in = (char *)start;
	while (status != BZ_STREAM_END && !decoder_output_full(output)) {
		size_t got;

		bz.avail_in = (unsigned int)MIN((size_t)(end - bz.next_in), FEED_MAX);
		bz.next_out = (char *)chunk;
		bz.avail_out = DECODER_CHUNK;
		status = BZ2_bzDecompress(&bz);
		got = DECODER_CHUNK - bz.avail_out;
		if (status != BZ_OK && status != BZ_STREAM_END)
			return error_new(ERROR_CORRUPT, "bzip2 data is damaged");
		if (status == BZ_OK && !got && bz.next_in == end)
			return decoder_error_truncated("bzip2");
		TRY(decoder_write(output, chunk, got));
	}
	*consumed += (size_t)(bz.next_in - start);
	return NULL;
}

struct error *decode_bzip2(const uint8_t *data, size_t size,
			   struct decoder_output *output)
{
	size_t consumed = 0;

	do {
		TRY(decode_bzip2_stream(data, size, &consumed, output));
	} while (!decoder_output_full(output) && size - consumed >= 3 &&
		 memcmp(data + consumed, "BZh", 3) == 0);
	return NULL;
}
