// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What QEMU is given for a kernel: the image as it is where QEMU can take it, else what is
 * packed in it, unpacked once and kept in the store.  That spares each boot the
 * decompressor under emulation, a second or two.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/json.h"
#include "format/kernel-image.h"
#include "kernel/kernel.h"
#include "os/digest.h"
#include "os/file.h"

#define KIND "vmlinux"
/* Part of each key: another way of unpacking makes other entries. */
#define VERSION "unpacked kernel, 1"

#define IMAGE_MAX ((size_t)1 << 30)
#define BLOCK ((size_t)4096)

static struct error *not_usable(struct error *err, const char *path)
{
	return error_hint(
		error_wrap(err, "the kernel %s", path),
		"klab takes a bzImage, an Image (also packed, also as zboot) or a "
		"vmlinux, and klab fetch brings a whole one");
}

/* Looks at the headers alone.  The file is mapped although it may be a linker's: the
 * moment is short, and reading a vmlinux with debug information would take seconds. */
static struct error *identify(const char *path, struct kernel_image *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct error *err;

	TRY(file_map(path, &bytes));
	err = kernel_image_identify(bytes.data, bytes.size, ret);
	return err ? not_usable(err, path) : NULL;
}

/* The packed image, as it was all the time while it was read. */
static struct error *read_image(const char *path, int fd, const struct stat *before,
				struct bytes *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct stat after;

	TRY_WRAP(fd_read_all(fd, IMAGE_MAX, &bytes), "reading the kernel %s", path);
	if (fstat(fd, &after) < 0)
		return error_os(errno, "reading the kernel %s", path);
	if (after.st_size != before->st_size ||
	    after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return error_hint(error_new(ERROR_BUSY,
					    "the kernel %s changed while it was read",
					    path),
				  "is it still being built?");
	*ret = bytes;
	bytes = (struct bytes){ 0 };
	return NULL;
}

static bool is_zero(const char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Without the blocks that are zero, which is half of a vmlinux (gaps for alignment, and
 * its .bss, which kbuild's objcopy fills). */
static struct error *write_sparse(int fd, const struct text *content)
{
	const char *data = text_str(content);

	for (size_t at = 0, end; at < content->length; at = end) {
		end = at + MIN(BLOCK, content->length - at);
		if (is_zero(data + at, end - at))
			continue;
		while (end < content->length &&
		       !is_zero(data + end, MIN(BLOCK, content->length - end)))
			end += MIN(BLOCK, content->length - end);
		if (lseek(fd, (off_t)at, SEEK_SET) < 0)
			return error_os(errno, "writing the unpacked kernel");
		TRY(fd_write_all(fd, data + at, end - at));
	}
	if (ftruncate(fd, (off_t)content->length) < 0)
		return error_os(errno, "writing the unpacked kernel");
	return NULL;
}

static struct error *write_meta(const char *directory, const char *image,
				const struct text *unpacked)
{
	_cleanup_free_ char *path = path_join(directory, "meta.json");
	_cleanup_json_ struct json_object *meta = json_new_object();
	_cleanup_free_ char *text = NULL;
	char release[KERNEL_RELEASE_SIZE];

	json_add_string(meta, "image", image);
	if (kernel_find_release((const uint8_t *)text_str(unpacked), unpacked->length,
				release))
		json_add_string(meta, "release", release);
	text = json_pretty(meta);
	return file_write(path, text, strlen(text), 0644);
}

static struct error *store_unpacked(struct store *store, const char *key,
				    const char *image, const char *name,
				    const struct text *unpacked, char **ret_directory)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;

	TRY(store_draft_new(store, KIND, key, &draft));
	path = path_join(store_draft_path(draft), name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_os(errno, "writing %s", path);
	TRY(write_sparse(fd, unpacked));
	TRY(write_meta(store_draft_path(draft), image, unpacked));
	return store_draft_publish(take_ptr(draft), ret_directory);
}

static struct error *unpack(const char *path, int fd, const struct stat *st,
			    struct text *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct kernel_image image;
	struct error *err;

	TRY(read_image(path, fd, st, &bytes));
	err = kernel_image_identify(bytes.data, bytes.size, &image);
	if (!err)
		err = kernel_image_extract(bytes.data, bytes.size, &image,
					   KERNEL_UNPACKED_MAX, ret);
	return err ? not_usable(err, path) : NULL;
}

static void make_key(const char *path, const struct stat *st, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	digest_add_string(digest, VERSION);
	digest_add_identity(digest, path, st);
	digest_hex(digest, ret);
}

/* The directory in the store with what is packed in the image, made if need be. */
static struct error *unpacked_directory(struct store *store, const char *path,
					const char *name, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_text_ struct text unpacked = { 0 };
	_cleanup_close_ int lock = -1;
	char key[DIGEST_HEX_SIZE];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(errno, "reading the kernel %s", path);
	make_key(path, &st, key);
	*ret = store_lookup(store, KIND, key);
	if (*ret)
		return NULL;
	/* Twenty guests may start at once, and one unpacking is enough. */
	TRY(store_lock_key(store, KIND, key, &lock));
	*ret = store_lookup(store, KIND, key);
	if (*ret)
		return NULL;
	TRY(unpack(path, fd, &st, &unpacked));
	return store_explain(store,
			     store_unpacked(store, key, path, name, &unpacked, ret));
}

static struct error *unpacked_image(struct store *store, const char *path,
				    const struct kernel_image *image, char **ret)
{
	const char *name = image->format == KERNEL_FORMAT_BZIMAGE ? "vmlinux" : "Image";
	_cleanup_free_ char *directory = NULL;

	TRY(unpacked_directory(store, path, name, &directory));
	*ret = path_join(directory, name);
	return NULL;
}

/* A tree's vmlinux is what its bzImage was made from, unless it was linked later. */
static const char *vmlinux_of_tree(const struct kernel *kernel)
{
	struct stat vmlinux, image;

	if (kernel->source != KERNEL_TREE || !kernel->vmlinux ||
	    stat(kernel->vmlinux, &vmlinux) < 0 || stat(kernel->image, &image) < 0)
		return NULL;
	return vmlinux.st_mtime <= image.st_mtime ? kernel->vmlinux : NULL;
}

/* A copy of the path, or NULL if the ELF file there cannot be booted by PVH. */
static struct error *if_pvh(const char *path, char **ret)
{
	struct kernel_image image;

	TRY(identify(path, &image));
	*ret = image.has_pvh ? xstrdup(path) : NULL;
	return NULL;
}

static struct error *uncompressed(struct store *store, const struct kernel *kernel,
				  const struct kernel_image *image, char **ret)
{
	const char *vmlinux =
		kernel_image_is_packed(image) ? vmlinux_of_tree(kernel) : kernel->image;

	if (!vmlinux)
		return unpacked_image(store, kernel->image, image, ret);
	*ret = xstrdup(vmlinux);
	return NULL;
}

struct error *kernel_pvh_image(struct store *store, const struct kernel *kernel,
			       char **ret)
{
	_cleanup_free_ char *path = NULL;
	struct kernel_image image;

	TRY(identify(kernel->image, &image));
	if (image.machine != EM_X86_64) {
		*ret = NULL;
		return NULL;
	}
	TRY(uncompressed(store, kernel, &image, &path));
	return if_pvh(path, ret);
}

struct error *kernel_uncompressed(struct store *store, const struct kernel *kernel,
				  char **ret)
{
	struct kernel_image image;

	TRY(identify(kernel->image, &image));
	return uncompressed(store, kernel, &image, ret);
}

struct error *kernel_plain_image(struct store *store, const struct kernel *kernel,
				 char **ret)
{
	const char *path = kernel->plain ? kernel->plain : kernel->image;
	struct kernel_image image;

	TRY(identify(path, &image));
	switch (image.format) {
	case KERNEL_FORMAT_BZIMAGE:
	case KERNEL_FORMAT_IMAGE:
		*ret = xstrdup(path);
		return NULL;
	case KERNEL_FORMAT_PACKED:
	case KERNEL_FORMAT_ZBOOT:
		return unpacked_image(store, path, &image, ret);
	case KERNEL_FORMAT_ELF:
		break;
	}
	return error_hint(error_new(ERROR_UNSUPPORTED,
				    "%s is a vmlinux, which cannot boot by itself", path),
			  "pass the tree's bzImage (x86) or Image (arm64) instead%s",
			  image.machine == EM_X86_64 && image.has_pvh
				  ? ", or leave out --boot image and --kaslr"
				  : "");
}
