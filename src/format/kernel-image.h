/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel file is, by its first bytes and its headers, which is fast enough for each
 * start of a guest; and what is packed in it.
 */
#ifndef KLAB_FORMAT_KERNEL_IMAGE_H
#define KLAB_FORMAT_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "format/decompress.h"

enum kernel_format {
	KERNEL_FORMAT_BZIMAGE, /* x86: boot sector, setup code, packed ELF */
	KERNEL_FORMAT_ELF,     /* vmlinux */
	KERNEL_FORMAT_IMAGE,   /* arm64, riscv: flat, with a 64-byte header */
	KERNEL_FORMAT_PACKED,  /* Image.gz and the like: a compressed IMAGE or ELF */
	KERNEL_FORMAT_ZBOOT,   /* an EFI program that unpacks an IMAGE */
};

#define KERNEL_RELEASE_SIZE 65 /* as __NEW_UTS_LEN + 1 */

struct kernel_image {
	enum kernel_format format;
	uint16_t machine;		   /* EM_* of elf.h */
	char release[KERNEL_RELEASE_SIZE]; /* "" if the headers do not tell */
	/* Where it ends up, counted from the start of RAM, and the bytes that must be free
	 * there until it manages its memory itself.  Size 0: not known before unpacking. */
	uint64_t load_offset;
	uint64_t memory_size;
	/* Of BZIMAGE, PACKED and ZBOOT; payload_size 0: not known (a bzImage from before
	 * Linux 2.6.26). */
	enum compression compression;
	size_t payload_offset;
	size_t payload_size;
	/* Of ELF: it can be booted by PVH at this physical address. */
	bool has_pvh;
	uint64_t pvh_entry;
	bool is_efi; /* an EFI program at the same time */
};

/* The error says what the file is instead, or what of it is missing: "not a kernel: it is
 * a tar archive packed with gzip".  data need not outlive the call. */
struct error *kernel_image_identify(const uint8_t *data, size_t size,
				    struct kernel_image *ret) _must_check_;
/* "bzImage", "Image"… */
const char *kernel_format_name(enum kernel_format format);
bool kernel_image_is_packed(const struct kernel_image *image);

/* No kernel is larger than this when unpacked. */
#define KERNEL_UNPACKED_MAX ((uint64_t)1 << 30)

/* The ELF or IMAGE in a packed kernel, at most limit bytes; image is of the same bytes. */
struct error *kernel_image_extract(const uint8_t *data, size_t size,
				   const struct kernel_image *image, uint64_t limit,
				   struct text *ret) _must_check_;

/* The release in an unpacked kernel's banner ("Linux version X"), wherever that is. */
bool kernel_find_release(const uint8_t *data, size_t size, char ret[KERNEL_RELEASE_SIZE]);

#endif
