// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debian splits what kbuild needs for modules in three: linux-headers-RELEASE (what differs
 * between flavours), linux-headers-…-common (the same for all architectures) and
 * linux-kbuild-… (kbuild's own programs, which run here, so they are the host's
 * architecture's).  The first depends on the others.  They are laid out for /usr/src; in
 * the store a Makefile names the path and the links are made anew.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "kernel/headers.h"
#include "kernel/resolvers.h"
#include "kernel/unpack.h"
#include "os/file.h"

/* `klab kernels rm` takes every entry of a kernel whose kind begins with "kernel". */
#define KIND "kernel-headers"
#define HEADERS_PREFIX "linux-headers-"
#define KBUILD_PREFIX "linux-kbuild-"
#define MAKEFILE_MAX (64 << 10)

static const struct unpack_rule header_rules[] = { { "usr/src/", "usr/src/" } };
static const struct unpack_rule kbuild_rules[] = { { "usr/lib/", "usr/lib/" } };

struct headers {
	struct store *store;
	const struct kernel *kernel;
	const struct fetch_options *options;
	const struct arch *host;
	struct repository repository;
	struct apt *apt;      /* of the kernel's architecture */
	struct apt *host_apt; /* NULL: the same */
	struct apt_packages packages;
	struct apt_packages tools;
};

static void headers_deinit(struct headers *headers)
{
	apt_free(headers->apt);
	apt_free(headers->host_apt);
	repository_deinit(&headers->repository);
	apt_packages_deinit(&headers->packages);
	apt_packages_deinit(&headers->tools);
}

static struct apt *tools_apt(const struct headers *headers)
{
	return headers->host_apt ? headers->host_apt : headers->apt;
}

/* Always the guest's before the host's, so that two klabs don't wait for each other. */
static struct error *open_archives(struct headers *headers)
{
	const struct fetch_options *options = headers->options;

	TRY(apt_open(headers->store, &headers->repository, headers->kernel->arch,
		     options->progress, &headers->apt));
	TRY(apt_update(headers->apt, true));
	if (headers->host == headers->kernel->arch)
		return NULL;
	TRY(apt_open(headers->store, &headers->repository, headers->host,
		     options->progress, &headers->host_apt));
	return apt_update(headers->host_apt, true);
}

/* The archive keeps the newest kernels only. */
static struct error *no_longer_there(struct headers *headers, struct error *err)
{
	if (!error_is(err, ERROR_NOT_FOUND))
		return err;
	return error_hint(err,
			  "the archive has gone on to a newer kernel: klab fetch "
			  "debian%s%s --arch %s --again brings it",
			  headers->kernel->suite ? ":" : "",
			  headers->kernel->suite ? headers->kernel->suite : "",
			  headers->kernel->arch->name);
}

static struct error *find_packages(struct headers *headers)
{
	_cleanup_free_ char *name =
		xasprintf(HEADERS_PREFIX "%s", headers->kernel->release);
	struct apt_packages *packages = &headers->packages;
	struct error *err = apt_show(headers->apt, name, packages);

	TRY(no_longer_there(headers, err));
	for (size_t i = 0; i < packages->items[0].depends.count; i++) {
		const char *depends = packages->items[0].depends.items[i];

		if (has_prefix(depends, HEADERS_PREFIX) &&
		    !apt_packages_have(packages, depends))
			TRY(apt_show(headers->apt, depends, packages));
		else if (has_prefix(depends, KBUILD_PREFIX))
			TRY(apt_show(tools_apt(headers), depends, &headers->tools));
	}
	if (!headers->tools.count)
		return error_new(ERROR_CORRUPT, "%s names no package of kbuild's", name);
	return NULL;
}

/* An absolute name in /usr/src, seen from the Makefile itself. */
static struct error *rewrite_makefile(const char *directory)
{
	static const char anchor[] = "/usr/src/";
	_cleanup_free_ char *path = path_join(directory, "Makefile");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_text_ struct text text = { 0 };
	const char *at, *next;

	TRY(file_read(path, MAKEFILE_MAX, &bytes));
	at = bytes.data ? (const char *)bytes.data : "";
	for (; (next = strstr(at, anchor)); at = next + strlen(anchor)) {
		text_append_bytes(&text, at, (size_t)(next - at));
		text_append(&text, "$(dir $(lastword $(MAKEFILE_LIST)))../");
	}
	text_append(&text, at);
	return file_write(path, text_str(&text), text.length, 0644);
}

/* "scripts" and "tools" of each directory of headers are kbuild's. */
static struct error *link_tools(const char *directory, const char *kbuild)
{
	static const char *const names[] = { "scripts", "tools" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *link = path_join(directory, names[i]);
		_cleanup_free_ char *to = xasprintf("../../lib/%s/%s", kbuild, names[i]);

		if (symlink(to, link) < 0)
			return error_os(errno, "linking %s", link);
	}
	return NULL;
}

static struct error *arrange(const struct headers *headers, const char *root)
{
	const char *kbuild = headers->tools.items[0].name;

	for (size_t i = 0; i < headers->packages.count; i++) {
		_cleanup_free_ char *directory =
			xasprintf("%s/usr/src/%s", root, headers->packages.items[i].name);

		if (!path_is_dir(directory))
			return error_new(ERROR_UNSUPPORTED,
					 "the package %s has no /usr/src/%s",
					 path_base(directory), path_base(directory));
		TRY(link_tools(directory, kbuild));
		if (i == 0)
			TRY(rewrite_makefile(directory));
	}
	return NULL;
}

static struct error *write_facts(const struct headers *headers, const char *root)
{
	_cleanup_strv_ struct strv versions = { 0 };

	apt_packages_list(&headers->packages, &versions);
	apt_packages_list(&headers->tools, &versions);
	return stored_write(root, &(struct stored_facts){
					  .name = headers->kernel->name,
					  .release = headers->kernel->release,
					  .suite = headers->kernel->suite,
					  .arch = headers->kernel->arch,
					  .packages = &versions,
				  });
}

static struct error *make_entry(struct headers *headers, char **ret)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	const char *root;

	TRY(find_packages(headers));
	TRY(store_draft_new(headers->store, KIND, headers->kernel->name, &draft));
	root = store_draft_path(draft);
	TRY(apt_unpack(headers->apt, &headers->packages, header_rules,
		       ARRAY_SIZE(header_rules), root));
	TRY(apt_unpack(tools_apt(headers), &headers->tools, kbuild_rules,
		       ARRAY_SIZE(kbuild_rules), root));
	TRY(store_explain(headers->store, arrange(headers, root)));
	TRY(store_explain(headers->store, write_facts(headers, root)));
	TRY(store_draft_publish(take_ptr(draft), ret));
	apt_forget(headers->apt);
	apt_forget(tools_apt(headers));
	return NULL;
}

static struct error *fetch(struct headers *headers, char **ret)
{
	TRY(repository_find(
		&(struct repository_options){
			.suite = headers->kernel->suite,
			.mirror = headers->options->mirror,
			.keyring = headers->options->keyring,
		},
		&headers->repository));
	TRY(open_archives(headers));
	/* Another klab may have been first while we waited. */
	*ret = store_lookup(headers->store, KIND, headers->kernel->name);
	return *ret ? NULL : make_entry(headers, ret);
}

static struct error *stored_headers(struct store *store, const struct kernel *kernel,
				    const struct fetch_options *options, char **ret)
{
	_cleanup_(headers_deinit) struct headers headers = {
		.store = store,
		.kernel = kernel,
		.options = options,
		.host = arch_host(),
	};
	_cleanup_free_ char *entry = store_lookup(store, KIND, kernel->name);

	if (!headers.host)
		return error_new(ERROR_UNSUPPORTED,
				 "klab does not know this machine, "
				 "on which kbuild's programs would run");
	if (!entry)
		TRY_WRAP(fetch(&headers, &entry), "fetching the headers of %s",
			 kernel->name);
	*ret = xasprintf("%s/usr/src/" HEADERS_PREFIX "%s", entry, kernel->release);
	return NULL;
}

/* lib/modules/RELEASE/build, as `make modules_install` and the distributions leave it. */
static struct error *installed_headers(const struct kernel *kernel, char **ret)
{
	_cleanup_free_ char *link =
		kernel->modules ? path_join(kernel->modules, "build") : NULL;
	_cleanup_free_ char *makefile = link ? path_join(link, "Makefile") : NULL;

	if (makefile && path_exists(makefile)) {
		*ret = take_ptr(link);
		return NULL;
	}
	return error_hint(error_new(ERROR_MISSING,
				    "nothing to build modules with is there for %s",
				    kernel->name),
			  kernel->source == KERNEL_HOST
				  ? "apt-get install linux-headers-%s; or name another "
				    "kernel: -k debian, -k TREE"
				  : "name the tree that it was built in: -k TREE",
			  kernel->release ? kernel->release : "");
}

static struct error *tree_headers(const struct kernel *kernel, char **ret)
{
	_cleanup_free_ char *symbols = path_join(kernel->name, "Module.symvers");

	if (!path_exists(symbols))
		return error_hint(
			error_new(ERROR_MISSING,
				  "the modules of the tree %s are not built, so "
				  "it has no list of the kernel's symbols "
				  "(Module.symvers)",
				  kernel->name),
			"make -C %s modules", kernel->name);
	*ret = xstrdup(kernel->name);
	return NULL;
}

struct error *kernel_build_directory(struct store *store, const struct kernel *kernel,
				     const struct fetch_options *options, char **ret)
{
	if (kernel->config && kernel_option(kernel, "CONFIG_MODULES") == 'n')
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "the kernel %s takes no modules",
					    kernel->name),
				  "build it with CONFIG_MODULES=y, or name another: -k "
				  "debian");
	if (kernel->source == KERNEL_TREE)
		return tree_headers(kernel, ret);
	if (kernel->source == KERNEL_STORED)
		return stored_headers(store, kernel, options, ret);
	return installed_headers(kernel, ret);
}
