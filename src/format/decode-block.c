// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoders for files that are a row of independent blocks: lz4's legacy frame and lzop.
 * Neither says where it ends as clearly as one would like.
 *
 * lz4 legacy: the magic, then blocks of a little-endian length and that many bytes, each
 * 8 MiB when unpacked but the last.  See lz4's doc/lz4_Frame_format.md.  lzop has no
 * specification but its own source and Linux's lib/decompress_unlzo.c.
 */
#include <inttypes.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/reader.h"
#include "format/decoders.h"

#define LZ4_LEGACY_MAGIC 0x184c2102
#define LZ4_LEGACY_BLOCK (8 << 20)

/* True where the blocks end: at the end of the input, or at something that is no length.
 * kbuild appends the unpacked size, which is what was produced so far. */
static bool lz4_at_end(const struct reader *r, uint64_t produced)
{
	struct reader ahead = *r;
	uint32_t word = reader_u32(&ahead);

	return ahead.failed || word == 0 || word == (uint32_t)produced ||
	       word > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK);
}

static struct error *lz4_block(struct reader *r, uint8_t *block, int *ret_size)
{
	uint32_t packed_size = reader_u32(r);
	const uint8_t *packed = reader_bytes(r, packed_size);
	int size;

	if (packed_size > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
		return error_new(ERROR_CORRUPT, "lz4 data is damaged");
	if (!packed)
		return decoder_error_truncated("lz4");
	size = LZ4_decompress_safe((const char *)packed, (char *)block, (int)packed_size,
				   LZ4_LEGACY_BLOCK);
	if (size < 0)
		return error_new(ERROR_CORRUPT, "lz4 data is damaged");
	*ret_size = size;
	return NULL;
}

/* One frame, behind its magic. */
static struct error *lz4_frame(struct reader *r, uint8_t *block,
			       struct decoder_output *output)
{
	int got = LZ4_LEGACY_BLOCK;
	uint64_t produced = 0;

	/* The first block must be right, behind it anything may follow. */
	while (got == LZ4_LEGACY_BLOCK && !(produced && lz4_at_end(r, produced))) {
		TRY(lz4_block(r, block, &got));
		TRY(decoder_write(output, block, (size_t)got));
		produced += (uint64_t)got;
		if (decoder_output_full(output))
			return NULL;
	}
	return NULL;
}

struct error *decode_lz4(const uint8_t *data, size_t size, struct decoder_output *output)
{
	_cleanup_free_ uint8_t *block = xreallocarray(NULL, 1, LZ4_LEGACY_BLOCK);
	struct reader r = reader_of(data, size);

	/* Several frames, as `cat a.lz4 b.lz4` makes them; the kernel takes these too. */
	while (!decoder_output_full(output)) {
		struct reader ahead = r;

		if (reader_u32(&ahead) != LZ4_LEGACY_MAGIC)
			return NULL;
		r = ahead;
		TRY(lz4_frame(&r, block, output));
	}
	return NULL;
}

/* lzop's own constants. */
enum {
	LZOP_VERSION_LONG_HEADER = 0x0940, /* level, needed version and high mtime */

	LZOP_ADLER32_D = 0x1, /* checksums of the unpacked block */
	LZOP_ADLER32_C = 0x2, /* and of the packed one */
	LZOP_EXTRA_FIELD = 0x40,
	LZOP_CRC32_D = 0x100,
	LZOP_CRC32_C = 0x200,
	LZOP_FILTER = 0x800,

	LZOP_BLOCK_MAX = 64 << 20,
};

static uint32_t be32(struct reader *r)
{
	return (uint32_t)reader_uint_be(r, 4);
}

/* Leaves the reader behind the header. */
static struct error *lzop_header(struct reader *r, uint32_t *ret_flags)
{
	uint16_t version;
	bool long_header;
	uint8_t method;
	uint32_t flags;

	reader_skip(r, 9); /* magic */
	version = (uint16_t)reader_uint_be(r, 2);
	long_header = version >= LZOP_VERSION_LONG_HEADER;
	reader_skip(r, long_header ? 4 : 2); /* versions of the library, needed */
	method = reader_u8(r);
	reader_skip(r, long_header ? 1 : 0); /* level */
	flags = be32(r);
	reader_skip(r, flags & LZOP_FILTER ? 4 : 0);
	reader_skip(r, long_header ? 12 : 8); /* mode, mtime */
	reader_skip(r, reader_u8(r));	      /* name */
	reader_skip(r, 4);		      /* checksum of the header */
	if (flags & LZOP_EXTRA_FIELD) {
		reader_skip(r, be32(r));
		reader_skip(r, 4);
	}
	if (r->failed)
		return decoder_error_truncated("lzop");
	/* 1, 2 and 3 are the LZO1X ones, which is all that lzop ever had. */
	if (method < 1 || method > 3 || flags & LZOP_FILTER)
		return error_new(ERROR_UNSUPPORTED,
				 "lzop data has the unknown method %u%s", method,
				 flags & LZOP_FILTER ? " with a filter" : "");
	*ret_flags = flags;
	return NULL;
}

struct lzop_block {
	uint32_t unpacked;
	uint32_t packed;
	uint32_t adler32;
	uint32_t crc32;
	const uint8_t *data;
};

static struct error *lzop_block_header(struct reader *r, uint32_t flags,
				       struct lzop_block *block)
{
	block->unpacked = be32(r);
	if (!r->failed && block->unpacked == 0)
		return NULL; /* the end */
	block->packed = be32(r);
	block->adler32 = flags & LZOP_ADLER32_D ? be32(r) : 0;
	block->crc32 = flags & LZOP_CRC32_D ? be32(r) : 0;
	if (block->packed < block->unpacked) {
		reader_skip(r, flags & LZOP_ADLER32_C ? 4 : 0);
		reader_skip(r, flags & LZOP_CRC32_C ? 4 : 0);
	}
	block->data = reader_bytes(r, block->packed);
	if (!block->data)
		return decoder_error_truncated("lzop");
	if (block->unpacked > LZOP_BLOCK_MAX || block->packed > block->unpacked)
		return error_new(ERROR_CORRUPT,
				 "lzop data is damaged: a block of %" PRIu32 " bytes",
				 block->unpacked);
	return NULL;
}

static bool lzop_sums_right(const struct lzop_block *block, uint32_t flags,
			    const uint8_t *bytes)
{
	if (flags & LZOP_ADLER32_D &&
	    adler32(1, bytes, block->unpacked) != block->adler32)
		return false;
	return !(flags & LZOP_CRC32_D) ||
	       crc32(0, bytes, block->unpacked) == block->crc32;
}

static struct error *lzop_block_write(const struct lzop_block *block, uint32_t flags,
				      struct decoder_output *output)
{
	_cleanup_free_ uint8_t *unpacked = NULL;
	const uint8_t *bytes = block->data;
	lzo_uint size = block->unpacked;

	/* What did not get smaller is stored as it was. */
	if (block->packed < block->unpacked) {
		unpacked = xreallocarray(NULL, 1, block->unpacked);
		if (lzo1x_decompress_safe(bytes, block->packed, unpacked, &size, NULL) !=
			    LZO_E_OK ||
		    size != block->unpacked)
			return error_new(ERROR_CORRUPT, "lzop data is damaged");
		bytes = unpacked;
	}
	if (!lzop_sums_right(block, flags, bytes))
		return error_new(ERROR_CORRUPT, "lzop data is damaged: wrong checksum");
	return decoder_write(output, bytes, size);
}

struct error *decode_lzo(const uint8_t *data, size_t size, struct decoder_output *output)
{
	struct reader r = reader_of(data, size);
	struct lzop_block block = { 0 };
	uint32_t flags = 0;

	TRY(lzop_header(&r, &flags));
	while (!decoder_output_full(output)) {
		TRY(lzop_block_header(&r, flags, &block));
		if (!block.unpacked)
			return NULL;
		TRY(lzop_block_write(&block, flags, output));
	}
	return NULL;
}
