// SPDX-License-Identifier: GPL-2.0-or-later
/* Unpacking a kernel: the ELF file in a bzImage, the Image in an Image.gz or a zboot. */
#include <string.h>

#include "format/elf.h"
#include "format/kernel-image.h"

/* So many places that look like the beginning of compressed data are tried. */
#define SEARCH_TRIES 64

static bool begins_elf(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text head = { 0 };
	struct error *err = decompress_peek(data, size, SELFMAG, &head);

	if (err) {
		error_ignore(err); /* it was no such data then */
		return false;
	}
	return elf_detect((const uint8_t *)text_str(&head), head.length);
}

/* A bzImage from before the header told where the payload is, or with one of an unknown
 * sort there. */
static struct error *search_payload(const uint8_t *data, size_t size, size_t from,
				    size_t *ret)
{
	unsigned int tries = 0;

	for (size_t at = from; at < size && tries < SEARCH_TRIES; at++) {
		if (compression_detect(data + at, size - at) == COMPRESSION_NONE)
			continue;
		tries++;
		if (begins_elf(data + at, size - at)) {
			*ret = at;
			return NULL;
		}
	}
	return error_new(
		ERROR_UNSUPPORTED,
		"the kernel in this bzImage is packed in a way that klab does not know");
}

/* ELF's own headers know how long it must be. */
static struct error *check_elf(const struct text *unpacked)
{
	struct elf elf;

	TRY(elf_open((const uint8_t *)text_str(unpacked), unpacked->length, &elf));
	if (elf_file_size(&elf) > unpacked->length)
		return error_new(ERROR_CORRUPT, "it has only %zu bytes when unpacked",
				 unpacked->length);
	return NULL;
}

static struct error *check_unpacked(const struct text *unpacked,
				    const struct kernel_image *image)
{
	struct kernel_image inner;

	if (image->format == KERNEL_FORMAT_BZIMAGE)
		return check_elf(unpacked);
	return kernel_image_identify((const uint8_t *)text_str(unpacked),
				     unpacked->length, &inner);
}

struct error *kernel_image_extract(const uint8_t *data, size_t size,
				   const struct kernel_image *image, uint64_t limit,
				   struct text *ret)
{
	_cleanup_text_ struct text unpacked = { 0 };
	size_t payload = image->payload_offset;
	size_t end = image->payload_size ? payload + image->payload_size : size;

	if (!kernel_image_is_packed(image))
		return error_new(ERROR_UNSUPPORTED, "nothing is packed in a %s",
				 kernel_format_name(image->format));
	if (image->compression == COMPRESSION_NONE) {
		TRY(search_payload(data, size, payload, &payload));
		end = size;
	}
	TRY_WRAP(decompress_to_memory(data + payload, end - payload, limit, &unpacked),
		 "unpacking the kernel");
	TRY_WRAP(check_unpacked(&unpacked, image), "the unpacked kernel is damaged");
	*ret = unpacked;
	unpacked = (struct text){ 0 };
	return NULL;
}
