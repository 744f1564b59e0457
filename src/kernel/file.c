// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An image file that the user names.  What it is stands in its first bytes; what belongs
 * to it (modules, configuration) is looked for where packages and build trees have it,
 * relative to the file.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "kernel/resolvers.h"
#include "os/file.h"

#define WHAT_IS_TAKEN "klab takes a bzImage, Image, zboot image or ELF vmlinux"

#define HEAD_SIZE 65536

static size_t strcspn_bounded(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] && text[n] != ' ')
		n++;
	return n;
}

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* The architecture that the first bytes name, and for bzImage the release.
 * Linux Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst. */
static const char *identify_head(const uint8_t *head, size_t size, char **ret_release)
{
	const struct arch *arch;

	if (size < 0x240)
		return NULL;
	if (memcmp(head, ELFMAG, SELFMAG) == 0) {
		arch = arch_by_elf(le16(head + 18));
		return arch ? arch->name : NULL;
	}
	if (memcmp(head + 0x202, "HdrS", 4) == 0) {
		size_t version = le16(head + 0x20e) + (size_t)0x200;

		if (version > 0x200 && version < size) {
			const char *text = (const char *)head + version;

			*ret_release =
				xstrndup(text, strcspn_bounded(text, size - version));
		}
		return "x86_64";
	}
	if (memcmp(head + 0x38, "ARM\x64", 4) == 0)
		return "aarch64";
	return NULL;
}

static struct error *identify(struct kernel *kernel, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t head[HEAD_SIZE];
	const char *arch;
	ssize_t size;

	if (fd < 0)
		return error_os(errno, "reading the kernel %s", path);
	size = read(fd, head, sizeof(head));
	if (size < 0)
		return error_os(errno, "reading the kernel %s", path);
	arch = identify_head(head, (size_t)size, &kernel->release);
	kernel->arch = arch ? arch_find(arch) : NULL;
	if (!kernel->arch)
		return error_hint(error_new(ERROR_UNSUPPORTED, "%s is no kernel image",
					    path),
				  WHAT_IS_TAKEN);
	if (memcmp(head, ELFMAG, SELFMAG) == 0)
		kernel->vmlinux = xstrdup(kernel->image);
	return NULL;
}

/* The release that a file is named after: "vmlinuz-6.1.0-50-amd64". */
static const char *release_in_name(const char *path)
{
	static const char *const prefixes[] = { "vmlinuz-", "vmlinux-", "Image-",
						"kernel-",  "bzImage-", "zImage-" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *release = after_prefix(path_base(path), prefixes[i]);

		if (release && *release)
			return release;
	}
	return NULL;
}

/* From the nearest to the farthest: the image is in ROOT/boot, in ROOT/lib/modules/R, or
 * in ROOT/usr/lib/modules/R. */
static void fill_from_around(struct kernel *kernel, const char *path)
{
	_cleanup_free_ char *root = path_parent(path);

	for (int levels = 0; levels < 5 && !kernel->modules; levels++) {
		char *parent = path_parent(root);

		free(root);
		root = parent;
		kernel_fill_from_root(kernel, root, kernel->release);
		if (streq(root, "/"))
			break;
	}
}

/* An image inside of the build tree that made it has all that the tree has. */
static bool fill_from_tree(struct kernel *kernel, const char *path)
{
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_(kernel_freep) struct kernel *tree =
		kernel_around(directory, NULL, kernel->arch);

	if (!tree)
		return false;
	kernel->modules = take_ptr(tree->modules);
	kernel->modules_tree = tree->modules_tree;
	kernel->config = take_ptr(tree->config);
	kernel->source_directory = take_ptr(tree->source_directory);
	if (!kernel->vmlinux)
		kernel->vmlinux = take_ptr(tree->vmlinux);
	if (!kernel->release)
		kernel->release = take_ptr(tree->release);
	kernel_fill_from_config(kernel);
	return true;
}

struct error *kernel_from_file(const char *path, const struct arch *arch,
			       struct kernel **ret)
{
	_cleanup_(kernel_freep) struct kernel *kernel = xnew(struct kernel);
	_cleanup_free_ char *real = realpath(path, NULL);
	const char *release;

	if (!real)
		return error_os(errno, "the kernel %s", path);
	kernel->source = KERNEL_FILE;
	kernel->name = xstrdup(path);
	kernel->image = xstrdup(path);
	TRY(identify(kernel, real));
	if (arch && kernel->arch != arch)
		return error_new(ERROR_UNSUPPORTED, "the kernel %s is for %s, not for %s",
				 path, kernel->arch->name, arch->name);
	release = release_in_name(real);
	if (!kernel->release && release)
		kernel->release = xstrdup(release);
	if (!fill_from_tree(kernel, real) && kernel->release)
		fill_from_around(kernel, real);
	*ret = take_ptr(kernel);
	return NULL;
}
