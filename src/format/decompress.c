// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decompression: the table of formats, and where the output goes.  The decoders are in
 * decode-stream.c (those whose library keeps the state) and decode-block.c.
 */
#include "format/decompress.h"

#include <inttypes.h>
#include <string.h>

#include "format/decoders.h"
#include "format/write.h"

struct format {
	enum compression compression;
	const char *name;
	const char *magic;
	size_t magic_size;
	struct error *(*decode)(const uint8_t *data, size_t size,
				struct decoder_output *output);
};

#define MAGIC(s) .magic = (s), .magic_size = sizeof(s) - 1

static const struct format formats[] = {
	{ COMPRESSION_GZIP, "gzip", MAGIC("\x1f\x8b\x08"), decode_gzip },
	{ COMPRESSION_XZ, "xz",
	  MAGIC("\xfd"
		"7zXZ\0"),
	  decode_xz },
	/* Not a magic but the usual properties (lc=3, lp=0, pb=2) and the low half of a
	 * dictionary size: is_lzma() looks at the rest. */
	{ COMPRESSION_LZMA, "lzma", MAGIC("\x5d\0\0"), decode_lzma },
	{ COMPRESSION_LZ4, "lz4", MAGIC("\x02\x21\x4c\x18"), decode_lz4 },
	{ COMPRESSION_ZSTD, "zstd", MAGIC("\x28\xb5\x2f\xfd"), decode_zstd },
	{ COMPRESSION_BZIP2, "bzip2", MAGIC("BZh"), decode_bzip2 },
	{ COMPRESSION_LZO, "lzop", MAGIC("\x89LZO\0\r\n\x1a\n"), decode_lzo },
};

/* The uncompressed size behind the properties: unknown, or less than 256 GiB. */
static bool is_lzma(const uint8_t *data, size_t size)
{
	static const uint8_t unknown[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };

	if (size < 13)
		return false;
	return memcmp(data + 5, unknown, 8) == 0 ||
	       (data[10] < 0x40 && data[11] == 0 && data[12] == 0);
}

static const struct format *format_find(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct format *f = &formats[i];

		if (size < f->magic_size || memcmp(data, f->magic, f->magic_size) != 0)
			continue;
		if (f->compression == COMPRESSION_LZMA && !is_lzma(data, size))
			continue;
		return f;
	}
	return NULL;
}

enum compression compression_detect(const uint8_t *data, size_t size)
{
	const struct format *f = format_find(data, size);

	return f ? f->compression : COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].compression == compression)
			return formats[i].name;
	return "uncompressed";
}

struct error *decoder_write(struct decoder_output *output, const uint8_t *bytes,
			    size_t size)
{
	if (size > output->limit - output->total) {
		if (!output->peek)
			return error_new(ERROR_CORRUPT,
					 "it unpacks to more than %" PRIu64 " bytes",
					 output->limit);
		size = (size_t)(output->limit - output->total);
	}
	output->total += size;
	if (!output->memory)
		return write_whole(output->fd, bytes, size, "writing decompressed data");
	text_append_bytes(output->memory, bytes, size);
	return NULL;
}

struct error *decoder_error_truncated(const char *name)
{
	return error_new(ERROR_CORRUPT, "%s data ends in the middle", name);
}

static struct error *decode(const uint8_t *data, size_t size,
			    struct decoder_output *output)
{
	const struct format *f = format_find(data, size);

	if (!f)
		return error_new(ERROR_UNSUPPORTED,
				 "not compressed in a way that klab knows");
	return f->decode(data, size, output);
}

struct error *decompress_to_memory(const uint8_t *data, size_t size, uint64_t limit,
				   struct text *ret)
{
	_cleanup_text_ struct text memory = { 0 };
	struct decoder_output output = { .memory = &memory, .fd = -1, .limit = limit };

	TRY(decode(data, size, &output));
	*ret = memory;
	memory = (struct text){ 0 };
	return NULL;
}

struct error *decompress_to_fd(const uint8_t *data, size_t size, uint64_t limit, int fd,
			       uint64_t *ret_size)
{
	struct decoder_output output = { .fd = fd, .limit = limit };

	TRY(decode(data, size, &output));
	*ret_size = output.total;
	return NULL;
}

struct error *decompress_peek(const uint8_t *data, size_t size, size_t count,
			      struct text *ret)
{
	_cleanup_text_ struct text memory = { 0 };
	struct decoder_output output = {
		.memory = &memory, .fd = -1, .limit = count, .peek = true
	};

	TRY(decode(data, size, &output));
	*ret = memory;
	memory = (struct text){ 0 };
	return NULL;
}
