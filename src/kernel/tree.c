// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Build trees: a directory in which kbuild has put its results, be it the source itself
 * or what O= named.  Which architecture it is built for is what its .config says, since
 * images of another may lie there from an earlier build.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/resolvers.h"
#include "os/file.h"

/* Images in order of preference; the plain vmlinux comes last where QEMU takes one. */
static const struct tree_arch {
	const char *arch;
	const char *option; /* in .config */
	const char *target; /* of make */
	const char *images[4];
} tree_archs[] = {
	{ "x86_64", "CONFIG_X86_64", "bzImage", { "arch/x86/boot/bzImage", "vmlinux" } },
	{ "aarch64",
	  "CONFIG_ARM64",
	  "Image",
	  { "arch/arm64/boot/Image", "arch/arm64/boot/vmlinuz.efi",
	    "arch/arm64/boot/Image.gz" } },
	{ "riscv64", "CONFIG_RISCV", "Image", { "arch/riscv/boot/Image" } },
	{ "arm", "CONFIG_ARM", "zImage", { "arch/arm/boot/zImage" } },
	{ "mips64el", "CONFIG_MIPS", "vmlinux", { "vmlinux" } },
};

static bool has_file(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name);

	return path_exists(path);
}

static bool is_source(const char *directory)
{
	return has_file(directory, "Kbuild") && has_file(directory, "Makefile") &&
	       has_file(directory, "scripts/Makefile.build");
}

static bool is_output(const char *directory)
{
	return has_file(directory, ".config") &&
	       has_file(directory, "include/config/kernel.release");
}

/* What O= named, from its first configuration on. */
static bool is_prepared(const char *directory)
{
	return has_file(directory, ".config") && has_file(directory, "source/Kbuild");
}

bool kernel_is_tree(const char *directory)
{
	return is_source(directory) || is_output(directory) || is_prepared(directory);
}

static const struct tree_arch *tree_arch_of(const char *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree_archs); i++) {
		if (arch_find(tree_archs[i].arch) &&
		    config_is_set(config, tree_archs[i].option))
			return &tree_archs[i];
	}
	return NULL;
}

const struct arch *tree_configured_arch(const char *config)
{
	const struct tree_arch *row = tree_arch_of(config);

	return row ? arch_find(row->arch) : NULL;
}

const char *tree_image_target(const struct arch *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree_archs); i++) {
		if (streq(tree_archs[i].arch, arch->name))
			return tree_archs[i].target;
	}
	return "all";
}

static char *find_image(const char *output, const struct tree_arch *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->images) && row->images[i]; i++) {
		if (has_file(output, row->images[i]))
			return path_join(output, row->images[i]);
	}
	return NULL;
}

/* The command that builds it, as the hint of err. */
static struct error *hint_make(struct error *err, const char *directory,
			       const char *output, const struct tree_arch *row,
			       bool configured)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *line = NULL;
	const struct arch *arch = row ? arch_find(row->arch) : NULL;

	strv_push(&words, "make");
	strv_push(&words, "-C");
	strv_push(&words, directory);
	if (!streq(directory, output))
		strv_pushf(&words, "O=%s", output);
	if (arch)
		arch_make_words(arch, &words);
	if (!configured)
		strv_push(&words, "defconfig");
	strv_push(&words, row ? row->target : "all");
	strv_push(&words, "modules");
	line = strv_shell(&words);
	return error_hint(err, "%s -j%ld", line, sysconf(_SC_NPROCESSORS_ONLN));
}

static struct error *not_built(const char *directory, const char *output,
			       const struct tree_arch *row)
{
	struct error *err;

	if (!is_output(output)) {
		err = error_new(ERROR_NOT_FOUND, "the kernel tree %s is not built",
				output);
		return hint_make(err, directory, output, row,
				 has_file(output, ".config"));
	}
	err = error_new(ERROR_NOT_FOUND, "the build tree %s has no %s", output,
			row ? row->images[0] : "image that klab knows");
	return hint_make(err, directory, output, row, true);
}

/* Where the source is: kbuild leaves a link beside a separate output. */
char *tree_source(const char *directory, const char *output)
{
	_cleanup_free_ char *link = path_join(output, "source");
	char *path;

	if (is_source(output))
		return xstrdup(output);
	path = realpath(link, NULL);
	if (path)
		return path;
	return is_source(directory) ? xstrdup(directory) : NULL;
}

static void fill_results(struct kernel *kernel, const char *output)
{
	_cleanup_free_ char *release = path_join(output, "include/config/kernel.release");
	struct error *err = file_read_line(release, &kernel->release);

	/* Only shown; a tree without it was found not built before. */
	error_ignore(err);
	if (has_file(output, "vmlinux"))
		kernel->vmlinux = path_join(output, "vmlinux");
	if (has_file(output, "modules.order") || has_file(output, "modules.builtin")) {
		kernel->modules = xstrdup(output);
		kernel->modules_tree = true;
	}
	kernel_fill_from_config(kernel);
}

/* KBUILD_OUTPUT stands in many an environment: it does not bend the name of an output
 * directory, which can be meant in one way only. */
struct error *tree_output(const char *directory, const char *output, char **ret)
{
	if (!output || (is_output(directory) && !is_source(directory)))
		output = directory;
	return path_absolute(output, ret);
}

struct error *kernel_from_tree(const char *given, const char *given_output,
			       const struct arch *arch, struct kernel **ret)
{
	_cleanup_(kernel_freep) struct kernel *kernel = xnew(struct kernel);
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *output = NULL;
	const struct tree_arch *row;

	TRY(path_absolute(given, &directory));
	TRY(tree_output(given, given_output, &output));
	kernel->source = KERNEL_TREE;
	kernel->config = path_join(output, ".config");
	row = tree_arch_of(kernel->config);
	if (!row && arch && !is_output(output)) {
		for (size_t i = 0; i < ARRAY_SIZE(tree_archs); i++) {
			if (streq(tree_archs[i].arch, arch->name))
				row = &tree_archs[i];
		}
	}
	if (!is_output(output) || !row)
		return not_built(directory, output, row);
	kernel->arch = arch_find(row->arch);
	if (arch && kernel->arch != arch)
		return error_hint(
			error_new(ERROR_UNSUPPORTED,
				  "the tree %s is configured for %s, not for %s", output,
				  kernel->arch->name, arch->name),
			"leave --arch out, or build one with ARCH=%s in its own "
			"O=",
			arch->kernel);
	kernel->image = find_image(output, row);
	if (!kernel->image)
		return not_built(directory, output, row);
	kernel->name = xstrdup(output);
	kernel->source_directory = tree_source(directory, output);
	fill_results(kernel, output);
	*ret = take_ptr(kernel);
	return NULL;
}

/* O= where there is no source around. */
static struct error *output_alone(const char *output, const struct arch *arch,
				  struct kernel **ret)
{
	if (kernel_is_tree(output))
		return kernel_from_tree(output, NULL, arch, ret);
	return error_hint(error_new(ERROR_NOT_FOUND, "O=%s is no kernel tree", output),
			  "name the directory of a kernel build; KBUILD_OUTPUT in the "
			  "environment counts too");
}

struct error *kernel_around(const char *directory, const char *output,
			    const struct arch *arch, struct kernel **ret)
{
	_cleanup_free_ char *path = NULL;

	*ret = NULL;
	TRY(path_absolute(directory, &path));
	while (!kernel_is_tree(path)) {
		char *parent;

		if (streq(path, "/"))
			return output ? output_alone(output, arch, ret) : NULL;
		parent = path_parent(path);
		free(path);
		path = parent;
	}
	return kernel_from_tree(path, output, arch, ret);
}
