// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel tree as something that can be configured and built. */
#include "kernel/kbuild.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "kernel/resolvers.h"
#include "os/file.h"

#define DEPENDENCIES_MAX (8 << 20)

void kbuild_deinit(struct kbuild *kbuild)
{
	free(kbuild->source);
	free(kbuild->output);
	free(kbuild->config);
	strv_deinit(&kbuild->words);
	*kbuild = (struct kbuild){ 0 };
}

static struct error *no_tree(const char *directory)
{
	return error_hint(error_new(ERROR_NOT_FOUND, "%s is in no kernel tree",
				    directory),
			  "go into one, or name its directory");
}

/* The innermost tree around a directory, in *ret. */
static struct error *find_tree(const char *given, char **ret)
{
	_cleanup_free_ char *path = NULL;

	TRY(path_absolute(given ? given : ".", &path));
	if (given && !path_is_dir(given))
		return error_hint(
			error_new(ERROR_NOT_FOUND, "%s is not a directory", given),
			"name the directory of a kernel's source, or of its O=");
	while (!kernel_is_tree(path)) {
		char *parent;

		if (streq(path, "/"))
			return no_tree(given ? given : "this directory");
		parent = path_parent(path);
		free(path);
		path = parent;
	}
	*ret = take_ptr(path);
	return NULL;
}

static struct error *choose_arch(const struct kbuild *kbuild, const struct arch *wanted,
				 const struct arch **ret)
{
	const struct arch *configured = tree_configured_arch(kbuild->config);

	if (configured && wanted && configured != wanted)
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "the tree %s is configured for %s, not for "
					    "%s",
					    kbuild->output, configured->name,
					    wanted->name),
				  "leave ARCH out, or give it an output of its own: "
				  "O=DIR");
	*ret = configured ? configured : wanted ? wanted : arch_host();
	if (!*ret)
		return error_hint(error_new(ERROR_UNSUPPORTED, "klab does not know this "
							       "machine's architecture"),
				  "name one: ARCH=%s", arch_all()[0]->kernel);
	return NULL;
}

const char *kbuild_cross(const struct kbuild *kbuild,
			 const struct kbuild_options *options)
{
	bool llvm = options->llvm && *options->llvm;

	if (options->cross_compile && *options->cross_compile)
		return options->cross_compile;
	return llvm ? "" : arch_cross(kbuild->arch);
}

static void choose_words(struct kbuild *kbuild, const struct kbuild_options *options)
{
	const struct arch *arch = kbuild->arch;
	bool foreign = arch != arch_host();
	bool llvm = options->llvm && *options->llvm;

	if (!streq(kbuild->source, kbuild->output))
		strv_pushf(&kbuild->words, "O=%s", kbuild->output);
	if (foreign)
		strv_pushf(&kbuild->words, "ARCH=%s", arch->kernel);
	if (llvm)
		strv_pushf(&kbuild->words, "LLVM=%s", options->llvm);
	if (*kbuild_cross(kbuild, options))
		strv_pushf(&kbuild->words, "CROSS_COMPILE=%s",
			   kbuild_cross(kbuild, options));
	if (options->further)
		strv_push_all(&kbuild->words,
			      (const char *const *)options->further->items);
}

struct error *kbuild_open(const struct kbuild_options *options, struct kbuild *ret)
{
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };
	_cleanup_free_ char *tree = NULL;

	TRY(find_tree(options->directory, &tree));
	TRY(tree_output(tree, options->output, &kbuild.output));
	kbuild.source = tree_source(tree, kbuild.output);
	if (!kbuild.source)
		return error_hint(error_new(ERROR_NOT_FOUND,
					    "the source of the kernel tree %s is not "
					    "where it was",
					    kbuild.output),
				  "klab build SOURCE O=%s", kbuild.output);
	kbuild.config = path_join(kbuild.output, ".config");
	TRY(choose_arch(&kbuild, options->arch, &kbuild.arch));
	choose_words(&kbuild, options);
	*ret = kbuild;
	kbuild = (struct kbuild){ 0 };
	return NULL;
}

bool kbuild_is_configured(const struct kbuild *kbuild)
{
	return path_exists(kbuild->config);
}

static bool is_newer(const char *directory, const char *name, const struct stat *than)
{
	_cleanup_free_ char *path =
		*name == '/' ? xstrdup(name) : path_join(directory, name);
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	return st.st_mtim.tv_sec != than->st_mtim.tv_sec
		       ? st.st_mtim.tv_sec > than->st_mtim.tv_sec
		       : st.st_mtim.tv_nsec > than->st_mtim.tv_nsec;
}

bool kbuild_is_config_stale(const struct kbuild *kbuild)
{
	_cleanup_free_ char *built =
		path_join(kbuild->output, "include/config/auto.conf");
	_cleanup_free_ char *list = xasprintf("%s.cmd", built);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_strv_ struct strv words = { 0 };
	struct error *err;
	struct stat st;

	if (stat(built, &st) < 0 || is_newer(kbuild->output, ".config", &st))
		return true;
	/* Kconfig's list of the files it read, as make takes it. */
	err = file_read(list, DEPENDENCIES_MAX, &bytes);
	if (err) {
		error_ignore(err); /* to read them once more is right at any time */
		return true;
	}
	strv_split((const char *)bytes.data, " \t\n\\", &words);
	for (size_t i = 0; i < words.count; i++) {
		if (has_prefix(path_base(words.items[i]), "Kconfig") &&
		    is_newer(kbuild->source, words.items[i], &st))
			return true;
	}
	return false;
}

/* What its Makefile asks, before it says "The source tree is not clean". */
struct error *kbuild_check_clean(const struct kbuild *kbuild)
{
	_cleanup_free_ char *generated =
		xasprintf("arch/%s/include/generated", kbuild->arch->kernel);
	const char *const signs[] = { ".config", "include/config", generated };

	if (streq(kbuild->source, kbuild->output))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		_cleanup_free_ char *path = path_join(kbuild->source, signs[i]);

		if (path_exists(path))
			return error_hint(
				error_new(
					ERROR_REFUSED,
					"%s has been built in (it has %s): nothing can be "
					"built from it elsewhere",
					kbuild->source, signs[i]),
				"build in it, without O=, or klab clean --config %s "
				"(its configuration goes, too)",
				kbuild->source);
	}
	return NULL;
}

void kbuild_default_targets(const struct kbuild *kbuild, struct strv *ret)
{
	strv_push(ret, tree_image_target(kbuild->arch));
	if (!strv_contains(ret, "vmlinux"))
		strv_push(ret, "vmlinux");
	if (config_is_set(kbuild->config, "CONFIG_MODULES"))
		strv_push(ret, "modules");
	if (config_is_set(kbuild->config, "CONFIG_GDB_SCRIPTS"))
		strv_push(ret, "scripts_gdb");
}

void kbuild_command(const struct kbuild *kbuild, struct strv *ret)
{
	strv_push(ret, "make");
	strv_push(ret, "-C");
	strv_push(ret, kbuild->source);
	strv_push_all(ret, (const char *const *)kbuild->words.items);
}
