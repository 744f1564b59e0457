// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the user's words to a kernel.  The words are tried in the order of the table; the
 * first row that knows them answers, with a kernel or with its error.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "kernel/fetch.h"
#include "kernel/resolvers.h"
#include "os/file.h"

#define WHAT_TO_PASS                                                                 \
	"pass -k TREE (a built kernel tree), -k FILE (bzImage, Image, vmlinux), -k " \
	"debian[:SUITE], -k host, or a name out of klab kernels"

typedef struct error *(*resolve_fn)(struct store *store,
				    const struct kernel_resolve_options *options,
				    struct kernel **ret);

static struct error *fetch(struct store *store,
			   const struct kernel_resolve_options *options,
			   const char *suite, struct kernel **ret)
{
	struct fetch_options how = *options->fetch;

	how.arch = options->arch;
	if (suite)
		how.suite = suite;
	return kernel_fetch(store, &how, ret);
}

static struct error *must_fetch(const struct kernel_resolve_options *options,
				const char *suite)
{
	const struct arch *arch = options->arch ? options->arch : arch_host();

	return error_hint(error_new(ERROR_MISSING,
				    "no Debian kernel%s%s for %s is in the store",
				    suite ? " of " : "", suite ? suite : "",
				    arch ? arch->name : "this machine"),
			  "klab fetch debian%s%s brings one; or " WHAT_TO_PASS,
			  suite ? ":" : "", suite ? suite : "");
}

/* The plain kernel before one of a special flavour (cloud, rt), which its name would make
 * the newer of the two; but who has nothing else means that. */
static struct error *newest_stored(struct store *store, const char *suite,
				   const struct arch *arch, struct kernel **ret)
{
	const char *plain = arch ? arch->debian_flavour : NULL;

	TRY(kernel_newest_stored(store, suite, plain, arch, ret));
	return *ret ? NULL : kernel_newest_stored(store, suite, NULL, arch, ret);
}

/* suite NULL: any that is stored, else the host's own. */
static struct error *resolve_suite(struct store *store,
				   const struct kernel_resolve_options *options,
				   const char *suite, struct kernel **ret)
{
	const struct arch *arch = options->arch ? options->arch : arch_host();

	TRY(newest_stored(store, suite, arch, ret));
	if (*ret)
		return NULL;
	if (!options->fetch)
		return must_fetch(options, suite);
	return fetch(store, options, suite, ret);
}

static struct error *resolve_debian(struct store *store,
				    const struct kernel_resolve_options *options,
				    struct kernel **ret)
{
	const char *suite = after_prefix(options->spec, "debian:");

	if (suite && !*suite)
		return error_hint(error_new(ERROR_USAGE, "%s names no suite",
					    options->spec),
				  "debian:bookworm, debian:trixie, debian:sid");
	return resolve_suite(store, options, suite, ret);
}

static struct error *resolve_host(struct store *store,
				  const struct kernel_resolve_options *options,
				  struct kernel **ret)
{
	if (options->arch && options->arch != arch_host())
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "this host's kernel is not for %s",
					    options->arch->name),
				  WHAT_TO_PASS);
	return kernel_from_host(NULL, NULL, ret);
}

/* A directory: a tree, or a root as packages unpack to it. */
static struct error *resolve_directory(const struct kernel_resolve_options *options,
				       struct kernel **ret)
{
	_cleanup_strv_ struct strv releases = { 0 };
	_cleanup_free_ char *directory = NULL;
	_cleanup_(kernel_freep) struct kernel *found = xnew(struct kernel);

	TRY(path_absolute(options->spec, &directory));
	if (kernel_is_tree(directory) ||
	    (options->output && path_is_dir(options->output)))
		return kernel_from_tree(directory, options->output, options->arch, ret);
	kernel_releases_in(directory, &releases);
	if (!releases.count)
		return error_hint(error_new(ERROR_NOT_FOUND,
					    "%s is no kernel tree, and no kernel package "
					    "is unpacked there",
					    directory),
				  WHAT_TO_PASS);
	kernel_fill_from_root(found, directory, releases.items[0]);
	return kernel_from_file(found->image, options->arch, ret);
}

static struct error *resolve_path(struct store *store,
				  const struct kernel_resolve_options *options,
				  struct kernel **ret)
{
	_cleanup_free_ char *path = NULL;

	if (path_is_dir(options->spec))
		return resolve_directory(options, ret);
	if (!path_exists(options->spec))
		return error_hint(error_os(ENOENT, "the kernel %s", options->spec),
				  WHAT_TO_PASS);
	TRY(path_absolute(options->spec, &path));
	return kernel_from_file(path, options->arch, ret);
}

static struct error *resolve_name(struct store *store,
				  const struct kernel_resolve_options *options,
				  struct kernel **ret)
{
	struct error *err = kernel_from_store(store, options->spec, ret);

	if (error_is(err, ERROR_NOT_FOUND)) {
		error_free(err);
		return error_hint(error_new(ERROR_NOT_FOUND,
					    "%s is neither a file nor a stored kernel",
					    options->spec),
				  WHAT_TO_PASS);
	}
	TRY(err);
	if (options->arch && (*ret)->arch != options->arch) {
		err = error_new(ERROR_UNSUPPORTED, "the kernel %s is for %s, not for %s",
				options->spec, (*ret)->arch->name, options->arch->name);
		kernel_free(take_ptr(*ret));
		return err;
	}
	return NULL;
}

static bool is_host(const char *spec)
{
	return streq(spec, "host");
}

static bool is_debian(const char *spec)
{
	return streq(spec, "debian") || has_prefix(spec, "debian:");
}

static bool is_path(const char *spec)
{
	return strchr(spec, '/') || path_exists(spec);
}

static bool is_anything(const char *spec)
{
	return true;
}

/* A file named "host" is reached as "./host". */
static const struct {
	bool (*knows)(const char *spec);
	resolve_fn resolve;
} kinds[] = {
	{ is_host, resolve_host },
	{ is_debian, resolve_debian },
	{ is_path, resolve_path },
	{ is_anything, resolve_name },
};

/* No kernel could be fetched: the host's own is better than none, unless the user has
 * stopped us or wants another machine. */
static struct error *fall_back(struct store *store,
			       const struct kernel_resolve_options *options,
			       struct error *err, struct kernel **ret)
{
	struct error *second;

	if (error_is(err, ERROR_INTERRUPTED))
		return err;
	second = resolve_host(store, options, ret);
	if (second) {
		error_ignore(second); /* why there is none at all is the first error */
		return err;
	}
	log_debug("kernel: the host's own, because: %s", error_sentence(err));
	error_free(err);
	return NULL;
}

static struct error *resolve_any(struct store *store,
				 const struct kernel_resolve_options *options,
				 struct kernel **ret)
{
	struct error *err = resolve_suite(store, options, NULL, ret);

	return err ? fall_back(store, options, err, ret) : NULL;
}

/* Nothing was said: the tree that we stand in, the newest stored, one to fetch.  Who named
 * an output directory means that one. */
static struct error *resolve_default(struct store *store,
				     const struct kernel_resolve_options *options,
				     struct kernel **ret)
{
	struct error *tree = kernel_around(".", options->output, options->arch, ret);
	struct error *err;

	if (options->output)
		return tree;
	if (!tree)
		return *ret ? NULL : resolve_any(store, options, ret);
	err = resolve_any(store, options, ret);
	if (!err)
		(*ret)->remark = xasprintf("%s, so this is %s", error_sentence(tree),
					   (*ret)->name);
	error_free(tree);
	return err;
}

struct error *kernel_resolve(struct store *store,
			     const struct kernel_resolve_options *options,
			     struct kernel **ret)
{
	struct kernel *kernel = NULL;
	size_t i = 0;

	if (!options->spec || !*options->spec) {
		TRY(resolve_default(store, options, &kernel));
	} else {
		while (!kinds[i].knows(options->spec))
			i++;
		TRY(kinds[i].resolve(store, options, &kernel));
	}
	*ret = kernel;
	return NULL;
}
