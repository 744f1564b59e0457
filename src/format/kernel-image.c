// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recognising kernels: one function for each format, tried in the order of the table at
 * the end.  Unpacking is in kernel-extract.c.
 *
 * Headers: Linux Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst,
 * Documentation/arch/riscv/boot-image-header.rst, and for zboot
 * drivers/firmware/efi/libstub/zboot-header.S (v6.1).
 */
#include "format/kernel-image.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/reader.h"
#include "format/elf.h"
#include "format/file-kind.h"
#include "format/pe.h"

/* Enough of what is packed to see what it is, and for all headers of an ELF file. */
#define PEEK_SIZE ((size_t)64 << 10)

#define ADDRESS_SIGN (UINT64_C(1) << 63)

struct input {
	const uint8_t *data;
	size_t size;
	bool head_only; /* the first bytes of something longer */
};

static struct reader at(const struct input *in, size_t offset)
{
	struct reader r = reader_of(in->data, in->size);

	reader_seek(&r, offset);
	return r;
}

static bool has_bytes(const struct input *in, size_t offset, const char *bytes,
		      size_t size)
{
	struct reader r = at(in, offset);
	const uint8_t *found = reader_bytes(&r, size);

	return found && memcmp(found, bytes, size) == 0;
}

/* The promised size comes out of a header that may be anything. */
static struct error *check_whole(const struct input *in, const char *format,
				 uint64_t promised)
{
	_cleanup_free_ char *have = NULL;
	_cleanup_free_ char *wanted = NULL;

	if (in->head_only || promised <= in->size)
		return NULL;
	have = format_size(in->size);
	wanted = format_size(promised);
	return error_new(ERROR_CORRUPT,
			 "a truncated kernel: %s of the %s that its %s header promises",
			 have, wanted, format);
}

static void copy_release(char ret[KERNEL_RELEASE_SIZE], const char *s, size_t size)
{
	size_t n = 0;

	while (n < size && n < KERNEL_RELEASE_SIZE - 1 && s[n] && isgraph((uint8_t)s[n]))
		n++;
	memcpy(ret, s, n);
	ret[n] = '\0';
}

/* x86's setup header. */
enum {
	SETUP_SECTORS = 0x1f1,
	SETUP_SYSSIZE = 0x1f4,
	SETUP_BOOT_FLAG = 0x1fe,
	SETUP_MAGIC = 0x202,
	SETUP_VERSION = 0x206,
	SETUP_KERNEL_VERSION = 0x20e,
	SETUP_XLOADFLAGS = 0x236,
	SETUP_PAYLOAD_OFFSET = 0x248,
	SETUP_PAYLOAD_LENGTH = 0x24c,
	SETUP_PREF_ADDRESS = 0x258,
	SETUP_INIT_SIZE = 0x260,

	SETUP_SECTOR = 512,
	XLF_KERNEL_64 = 1,
};

static bool is_bzimage(const struct input *in)
{
	return has_bytes(in, SETUP_BOOT_FLAG, "\x55\xaa", 2) &&
	       has_bytes(in, SETUP_MAGIC, "HdrS", 4);
}

static uint64_t setup_field(const struct input *in, size_t offset, size_t size)
{
	struct reader r = at(in, offset);

	return reader_uint_le(&r, size);
}

/* A string such as "6.1.0-50-amd64 (debian-kernel@…) #1 SMP…" in the setup code. */
static void read_version_string(const struct input *in, struct kernel_image *image)
{
	size_t offset = (size_t)setup_field(in, SETUP_KERNEL_VERSION, 2);
	struct reader r = at(in, MIN(offset + 0x200, in->size));
	size_t left = reader_left(&r);

	if (offset)
		copy_release(image->release, (const char *)in->data + r.position, left);
}

static struct error *read_bzimage(const struct input *in, struct kernel_image *image)
{
	uint64_t version = setup_field(in, SETUP_VERSION, 2);
	uint64_t sectors = setup_field(in, SETUP_SECTORS, 1);
	/* 0 stands for 4, for the sake of LILO. */
	size_t code = (size_t)(1 + (sectors ? sectors : 4)) * SETUP_SECTOR;
	/* In units of 16 bytes; only 16 bits of it were meant before 2.04. */
	uint64_t code_size = setup_field(in, SETUP_SYSSIZE, version < 0x204 ? 2 : 4) * 16;

	image->is_efi = has_bytes(in, 0, "MZ", 2);
	/* Without xloadflags (before 3.8) one would have to unpack it to know. */
	image->machine = EM_X86_64;
	if (version >= 0x20c && !(setup_field(in, SETUP_XLOADFLAGS, 2) & XLF_KERNEL_64))
		image->machine = EM_386;
	if (version >= 0x20a) {
		image->load_offset = setup_field(in, SETUP_PREF_ADDRESS, 8);
		image->memory_size = setup_field(in, SETUP_INIT_SIZE, 4);
	}
	image->payload_offset = code;
	if (version >= 0x208) {
		image->payload_offset += (size_t)setup_field(in, SETUP_PAYLOAD_OFFSET, 4);
		image->payload_size = (size_t)setup_field(in, SETUP_PAYLOAD_LENGTH, 4);
	}
	read_version_string(in, image);
	TRY(check_whole(in, "bzImage", code + code_size));
	TRY(check_whole(in, "bzImage", image->payload_offset + image->payload_size));
	image->compression = compression_detect(in->data + image->payload_offset,
						in->size - image->payload_offset);
	return NULL;
}

static bool is_image(const struct input *in)
{
	return has_bytes(in, 56, "ARM\x64", 4) || has_bytes(in, 56, "RSC\x05", 4);
}

static struct error *read_image(const struct input *in, struct kernel_image *image)
{
	struct reader r = at(in, 8);
	struct pe pe;

	image->machine = has_bytes(in, 56, "ARM", 3) ? EM_AARCH64 : EM_RISCV;
	image->load_offset = reader_u64(&r);
	/* With its .bss; 0 before Linux 3.17. */
	image->memory_size = reader_u64(&r);
	if (!image->memory_size)
		image->memory_size = in->size;
	image->is_efi = has_bytes(in, 0, "MZ", 2);
	/* Its own header does not tell how long the file is, the EFI stub's does. */
	if (image->is_efi && pe_open(in->data, in->size, &pe))
		return check_whole(in, "EFI", pe.file_size);
	return NULL;
}

static bool is_elf(const struct input *in)
{
	return elf_detect(in->data, in->size);
}

/* Kernels, and nothing else, are linked to the upper half of the address space.  (Not
 * all of one: x86's per-CPU section lies at 0 before 6.15.) */
static bool is_elf_kernel(const struct elf *elf)
{
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++)
		if (segment.type == PT_LOAD && segment.virtual_address & ADDRESS_SIGN)
			return elf->type == ET_EXEC || elf->type == ET_DYN;
	return false;
}

static void measure_segments(const struct elf *elf, struct kernel_image *image)
{
	uint64_t start = UINT64_MAX;
	uint64_t end = 0;
	struct elf_segment segment;

	for (size_t i = 0; elf_segment(elf, i, &segment); i++) {
		uint64_t segment_end;

		if (segment.type != PT_LOAD ||
		    __builtin_add_overflow(segment.physical_address, segment.memory_size,
					   &segment_end))
			continue;
		start = MIN(start, segment.physical_address);
		end = MAX(end, segment_end);
	}
	if (start >= end)
		return;
	image->memory_size = end - start;
	/* arm64's linker script gives no physical addresses: they repeat the virtual. */
	image->load_offset = start & ADDRESS_SIGN ? 0 : start;
}

#define XEN_ELFNOTE_PHYS32_ENTRY 18

static void find_pvh(const struct elf *elf, struct kernel_image *image)
{
	const uint8_t *bytes;
	struct reader r;
	size_t size;

	if (!elf_note_find(elf, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &bytes, &size))
		return;
	r = reader_of(bytes, size);
	image->pvh_entry = reader_uint_le(&r, MIN(size, 8));
	image->has_pvh = image->pvh_entry != 0;
}

static struct error *read_elf(const struct input *in, struct kernel_image *image)
{
	struct elf elf;

	TRY_WRAP(elf_open(in->data, in->size, &elf), "not a kernel that klab can use");
	if (!elf.is_64)
		return error_new(ERROR_UNSUPPORTED,
				 "not a kernel that klab can use: a 32-bit ELF file");
	if (!is_elf_kernel(&elf))
		return error_new(ERROR_UNSUPPORTED, "not a kernel: it is %s",
				 file_kind(in->data, in->size));
	image->machine = elf.machine;
	measure_segments(&elf, image);
	find_pvh(&elf, image);
	return check_whole(in, "ELF", elf_file_size(&elf));
}

static struct error *identify(const struct input *in, struct kernel_image *ret);

/* What is in the payload decides on machine and memory. */
static struct error *read_payload(const struct input *in, struct kernel_image *image)
{
	const uint8_t *payload = in->data + image->payload_offset;
	_cleanup_text_ struct text head = { 0 };
	_cleanup_error_ struct error *err = NULL;
	struct kernel_image inner = { 0 };
	struct input inside;

	image->compression = compression_detect(payload, image->payload_size);
	TRY_WRAP(decompress_peek(payload, image->payload_size, PEEK_SIZE, &head),
		 "not a whole kernel");
	inside = (struct input){
		.data = (const uint8_t *)text_str(&head),
		.size = head.length,
		.head_only = true,
	};
	if (is_image(&inside) || is_elf(&inside))
		err = identify(&inside, &inner);
	if (err || inner.machine == EM_NONE)
		return error_new(ERROR_UNSUPPORTED,
				 "not a kernel: it is %s packed with %s",
				 is_bzimage(&inside)
					 ? "a bzImage"
					 : file_kind(inside.data, inside.size),
				 compression_name(image->compression));
	image->machine = inner.machine;
	image->load_offset = inner.load_offset;
	image->memory_size = inner.memory_size;
	return NULL;
}

static bool is_packed(const struct input *in)
{
	return compression_detect(in->data, in->size) != COMPRESSION_NONE;
}

static struct error *read_packed(const struct input *in, struct kernel_image *image)
{
	if (in->head_only)
		return error_new(ERROR_UNSUPPORTED, "not a kernel: it is packed twice");
	image->payload_size = in->size;
	return read_payload(in, image);
}

static bool is_zboot(const struct input *in)
{
	return has_bytes(in, 0, "MZ", 2) && has_bytes(in, 4, "zimg", 4);
}

static struct error *read_zboot(const struct input *in, struct kernel_image *image)
{
	struct reader r = at(in, 8);

	if (in->head_only)
		return error_new(ERROR_UNSUPPORTED, "not a kernel: it is packed twice");
	image->is_efi = true;
	image->payload_offset = reader_u32(&r);
	image->payload_size = reader_u32(&r);
	TRY(check_whole(in, "zboot",
			(uint64_t)image->payload_offset + image->payload_size));
	return read_payload(in, image);
}

static const struct {
	enum kernel_format format;
	const char *name;
	bool (*is)(const struct input *in);
	struct error *(*read)(const struct input *in, struct kernel_image *image);
} formats[] = {
	{ KERNEL_FORMAT_BZIMAGE, "bzImage", is_bzimage, read_bzimage },
	{ KERNEL_FORMAT_ZBOOT, "zboot", is_zboot, read_zboot },
	{ KERNEL_FORMAT_IMAGE, "Image", is_image, read_image },
	{ KERNEL_FORMAT_ELF, "vmlinux", is_elf, read_elf },
	{ KERNEL_FORMAT_PACKED, "packed Image", is_packed, read_packed },
};

static struct error *identify(const struct input *in, struct kernel_image *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct kernel_image image = { .format = formats[i].format };

		if (!formats[i].is(in))
			continue;
		TRY(formats[i].read(in, &image));
		*ret = image;
		return NULL;
	}
	return error_new(ERROR_UNSUPPORTED, "not a kernel: it is %s",
			 file_kind(in->data, in->size));
}

struct error *kernel_image_identify(const uint8_t *data, size_t size,
				    struct kernel_image *ret)
{
	/* Of an empty file there may be no bytes at all. */
	const struct input in = { .data = size ? data : (const uint8_t *)"",
				  .size = size };

	return identify(&in, ret);
}

const char *kernel_format_name(enum kernel_format format)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].format == format)
			return formats[i].name;
	return "unknown";
}

bool kernel_image_is_packed(const struct kernel_image *image)
{
	return image->format == KERNEL_FORMAT_BZIMAGE ||
	       image->format == KERNEL_FORMAT_PACKED ||
	       image->format == KERNEL_FORMAT_ZBOOT;
}

bool kernel_find_release(const uint8_t *data, size_t size, char ret[KERNEL_RELEASE_SIZE])
{
	static const char banner[] = "Linux version ";
	const uint8_t *end = data + size;
	const uint8_t *found = data;

	while ((found = memmem(found, (size_t)(end - found), banner, strlen(banner)))) {
		found += strlen(banner);
		/* Not the format string of the same banner. */
		if (found == end || !isdigit(*found))
			continue;
		copy_release(ret, (const char *)found, (size_t)(end - found));
		return true;
	}
	return false;
}
