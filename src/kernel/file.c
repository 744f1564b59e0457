// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An image file that the user names.  What it is stands in its first bytes; what belongs
 * to it (modules, configuration) is looked for where packages and build trees have it,
 * relative to the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "format/kernel-image.h"
#include "kernel/resolvers.h"
#include "os/file.h"

/* The release that a file is named after, "vmlinuz-6.1.0-50-amd64", or its directory is:
 * lib/modules/RELEASE/vmlinuz.  NULL: neither.  The caller frees. */
static char *release_in_path(const char *path)
{
	static const char *const prefixes[] = { "vmlinuz-", "vmlinux-", "Image-",
						"kernel-",  "bzImage-", "zImage-" };
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_free_ char *above = path_parent(directory);

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *release = after_prefix(path_base(path), prefixes[i]);

		if (release && *release)
			return xstrdup(release);
	}
	return streq(path_base(above), "modules") ? xstrdup(path_base(directory)) : NULL;
}

/* What it is for, and what its headers say of its release. */
static struct error *identify(struct kernel *kernel, const char *path)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct kernel_image image;
	char release[KERNEL_RELEASE_SIZE];

	TRY(file_map(path, &bytes));
	TRY_WRAP(kernel_image_identify(bytes.data, bytes.size, &image), "%s", path);
	kernel->arch = arch_by_elf(image.machine);
	if (!kernel->arch)
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "the kernel %s is for a machine that klab "
					    "does not know",
					    path),
				  "klab knows %s", arch_names());
	if (image.format == KERNEL_FORMAT_ELF)
		kernel->vmlinux = xstrdup(kernel->image);
	if (image.release[0])
		kernel->release = xstrdup(image.release);
	else /* a name is quicker than looking through all of it */
		kernel->release = release_in_path(path);
	if (!kernel->release && !kernel_image_is_packed(&image) &&
	    kernel_find_release(bytes.data, bytes.size, release))
		kernel->release = xstrdup(release);
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

/* Is it the vmlinux that the image was made from, and not a later one? */
static bool is_made_from(const char *image, const char *vmlinux, const char *path)
{
	struct stat of_image, of_vmlinux, of_path;

	return vmlinux && stat(image, &of_image) == 0 &&
	       stat(vmlinux, &of_vmlinux) == 0 && stat(path, &of_path) == 0 &&
	       of_vmlinux.st_dev == of_path.st_dev &&
	       of_vmlinux.st_ino == of_path.st_ino &&
	       of_vmlinux.st_mtime <= of_image.st_mtime;
}

/* An image inside of the build tree that made it has all that the tree has. */
static bool fill_from_tree(struct kernel *kernel, const char *path)
{
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_(kernel_freep) struct kernel *tree = NULL;
	struct error *err = kernel_around(directory, NULL, kernel->arch, &tree);

	/* Not built, or for another machine: then the tree says nothing of this file. */
	error_ignore(err);
	if (!tree)
		return false;
	if (kernel->vmlinux && is_made_from(tree->image, tree->vmlinux, path))
		kernel->plain = xstrdup(tree->image);
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

	if (!real)
		return error_os(errno, "the kernel %s", path);
	kernel->source = KERNEL_FILE;
	kernel->name = xstrdup(path);
	kernel->image = xstrdup(path);
	TRY(identify(kernel, real));
	if (arch && kernel->arch != arch)
		return error_new(ERROR_UNSUPPORTED, "the kernel %s is for %s, not for %s",
				 path, kernel->arch->name, arch->name);
	if (!fill_from_tree(kernel, real) && kernel->release)
		fill_from_around(kernel, real);
	*ret = take_ptr(kernel);
	return NULL;
}
