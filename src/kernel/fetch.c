// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel from Debian's archive.  The package `linux-image-FLAVOUR` names the newest
 * `linux-image-RELEASE`; up to 6.x that has everything in it, from 7.x on it is a shell
 * over linux-binary-, linux-modules- and linux-base-RELEASE.  So what is fetched is its
 * dependencies as far as they carry the release in their names.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "kernel/resolvers.h"
#include "kernel/unpack.h"
#include "os/file.h"

#define IMAGE_PREFIX "linux-image-"
#define PACKAGES_MAX 16 /* of one kernel */

struct fetch {
	struct store *store;
	const struct fetch_options *options;
	const struct arch *arch;
	const char *flavour;
	struct repository repository;
	struct apt *apt;
	char *release;
	char *key;
	struct apt_packages packages;
};

static const struct unpack_rule kernel_rules[] = {
	{ "boot/", "boot/" },
	{ "lib/modules/", "lib/modules/" },
	{ "usr/lib/modules/", "lib/modules/" },
};

static void fetch_deinit(struct fetch *fetch)
{
	apt_free(fetch->apt);
	repository_deinit(&fetch->repository);
	apt_packages_deinit(&fetch->packages);
	free(fetch->release);
	free(fetch->key);
}

/* The release that the flavour's newest kernel has.  A package that names no other image
 * is a kernel itself: the user gave the release as flavour. */
static struct error *find_release(struct fetch *fetch)
{
	_cleanup_packages_ struct apt_packages meta = { 0 };
	_cleanup_free_ char *name = xasprintf(IMAGE_PREFIX "%s", fetch->flavour);

	TRY(apt_show(fetch->apt, name, &meta));
	for (size_t i = 0; i < meta.items[0].depends.count; i++) {
		const char *release =
			after_prefix(meta.items[0].depends.items[i], IMAGE_PREFIX);

		if (release) {
			fetch->release = xstrdup(release);
			return NULL;
		}
	}
	fetch->release = xstrdup(fetch->flavour);
	return NULL;
}

static struct error *find_packages(struct fetch *fetch)
{
	_cleanup_free_ char *image = xasprintf(IMAGE_PREFIX "%s", fetch->release);
	_cleanup_free_ char *suffix = xasprintf("-%s", fetch->release);

	TRY(apt_show(fetch->apt, image, &fetch->packages));
	/* The list grows while it is gone through. */
	for (size_t i = 0; i < fetch->packages.count; i++) {
		for (size_t j = 0; j < fetch->packages.items[i].depends.count; j++) {
			const char *name = fetch->packages.items[i].depends.items[j];

			if (!has_prefix(name, "linux-") || !has_suffix(name, suffix) ||
			    apt_packages_have(&fetch->packages, name))
				continue;
			if (fetch->packages.count == PACKAGES_MAX)
				return error_new(ERROR_CORRUPT,
						 "%s depends on too many packages",
						 image);
			TRY(apt_show(fetch->apt, name, &fetch->packages));
		}
	}
	return NULL;
}

/* Is the entry there, and of just these packages?  One of other versions under the same
 * name (the archive rebuilt it) makes way. */
static struct error *check_stored(const struct fetch *fetch, const char *kind,
				  const struct strv *versions, bool *ret_current)
{
	_cleanup_free_ char *path =
		xasprintf("%s/entries/%s/%s", store_root(fetch->store), kind, fetch->key);

	*ret_current = path_is_dir(path) && stored_is_current(path, versions);
	if (*ret_current || !path_is_dir(path))
		return NULL;
	TRY_WRAP(store_remove(fetch->store, kind, fetch->key),
		 "replacing %s by the archive's newer build of it", fetch->key);
	return NULL;
}

/* A kernel is the largest thing that comes into the store, so here it is brought back to
 * its size.  Failing at that is no failure of the fetch. */
static void keep_budget(const struct fetch *fetch)
{
	uint64_t budget = fetch->options->store_budget;
	const struct store_prune_options options = {
		.budget = budget ? budget : STORE_BUDGET_DEFAULT,
	};
	uint64_t freed;

	error_ignore(store_prune(fetch->store, &options, &freed));
}

/* Make the entry of a kind out of packages, unless it is there. */
static struct error *make_entry(const struct fetch *fetch, const char *kind,
				const struct apt_packages *packages,
				const struct unpack_rule *rules, size_t rule_count)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_strv_ struct strv versions = { 0 };
	_cleanup_free_ char *path = NULL;
	bool current;

	apt_packages_list(packages, &versions);
	TRY(check_stored(fetch, kind, &versions, &current));
	if (current)
		return NULL;
	TRY(store_draft_new(fetch->store, kind, fetch->key, &draft));
	TRY(apt_unpack(fetch->apt, packages, rules, rule_count, store_draft_path(draft)));
	TRY(store_explain(fetch->store,
			  stored_write(store_draft_path(draft),
				       &(struct stored_facts){
					       .name = fetch->key,
					       .release = fetch->release,
					       .suite = fetch->repository.suite,
					       .flavour = fetch->flavour,
					       .arch = fetch->arch,
					       .packages = &versions,
				       })));
	TRY(store_draft_publish(take_ptr(draft), &path));
	apt_forget(fetch->apt);
	keep_budget(fetch);
	return NULL;
}

/* Only the kernel's own file: the modules' debug files are thousands, and gigabytes. */
static struct error *fetch_debug(const struct fetch *fetch)
{
	_cleanup_packages_ struct apt_packages packages = { 0 };
	_cleanup_free_ char *name = xasprintf(IMAGE_PREFIX "%s-dbg", fetch->release);
	_cleanup_free_ char *boot =
		xasprintf("usr/lib/debug/boot/vmlinux-%s", fetch->release);
	_cleanup_free_ char *modules =
		xasprintf("usr/lib/debug/lib/modules/%s/vmlinux", fetch->release);
	_cleanup_free_ char *usr =
		xasprintf("usr/lib/debug/usr/lib/modules/%s/vmlinux", fetch->release);
	const struct unpack_rule rules[] = {
		{ boot, boot },
		{ modules, boot },
		{ usr, boot },
	};

	TRY(apt_show(fetch->apt, name, &packages));
	return make_entry(fetch, "kernel-debug", &packages, rules, ARRAY_SIZE(rules));
}

static struct error *find_repository(struct fetch *fetch)
{
	return repository_find(
		&(struct repository_options){
			.suite = fetch->options->suite,
			.mirror = fetch->options->mirror,
			.keyring = fetch->options->keyring,
		},
		&fetch->repository);
}

static struct error *run(struct fetch *fetch)
{
	TRY(apt_open(fetch->store, &fetch->repository, fetch->arch,
		     fetch->options->progress, &fetch->apt));
	TRY(apt_update(fetch->apt, !fetch->options->again));
	TRY(find_release(fetch));
	fetch->key = xasprintf("debian-%s", fetch->release);
	TRY(find_packages(fetch));
	TRY(make_entry(fetch, "kernel", &fetch->packages, kernel_rules,
		       ARRAY_SIZE(kernel_rules)));
	return fetch->options->debug ? fetch_debug(fetch) : NULL;
}

/* What is stored already, where that answers. */
static struct error *use_stored(const struct fetch *fetch, struct kernel **ret)
{
	*ret = NULL;
	if (fetch->options->again)
		return NULL;
	TRY(kernel_newest_stored(fetch->store, fetch->options->suite, fetch->flavour,
				 fetch->arch, ret));
	if (*ret && fetch->options->debug && !(*ret)->vmlinux) {
		kernel_free(*ret);
		*ret = NULL;
	}
	return NULL;
}

struct error *kernel_fetch(struct store *store, const struct fetch_options *options,
			   struct kernel **ret)
{
	_cleanup_(fetch_deinit) struct fetch fetch = {
		.store = store,
		.options = options,
		.arch = options->arch ? options->arch : arch_host(),
	};

	if (!fetch.arch)
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "klab does not know this machine"),
				  "name one of %s with --arch", arch_names());
	fetch.flavour = options->flavour ? options->flavour : fetch.arch->debian_flavour;
	TRY(use_stored(&fetch, ret));
	if (*ret)
		return NULL;
	TRY(find_repository(&fetch));
	TRY_WRAP(run(&fetch), "fetching Debian's kernel %s of %s for %s", fetch.flavour,
		 fetch.repository.suite, fetch.arch->name);
	return kernel_from_store(store, fetch.key, ret);
}
