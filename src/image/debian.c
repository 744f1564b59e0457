// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first stage of a Debian system, as debootstrap calls it.  apt says twice what is
 * needed: for all that is asked for, and for the essential packages alone.
 */
#include "image/debian.h"

#include "base/mem.h"
#include "image/archive.h"
#include "kernel/apt.h"
#include "os/file.h"

static const char essential[] = "?essential";

struct debian {
	struct apt *apt;
	const struct fetch_progress *progress;
	struct apt_packages all, first;
	struct strv paths; /* of all */
};

void debian_free(struct debian *debian)
{
	if (!debian)
		return;
	apt_packages_deinit(&debian->all);
	apt_packages_deinit(&debian->first);
	strv_deinit(&debian->paths);
	apt_free(debian->apt);
	free(debian);
}

static struct error *resolve(struct debian *debian, const struct recipe *recipe)
{
	const char *const first[] = { essential, NULL };
	_cleanup_strv_ struct strv all = { 0 };

	strv_push(&all, essential);
	strv_push_all(&all, (const char *const *)recipe->packages.items);
	TRY(apt_resolve(debian->apt, first, &debian->first));
	return apt_resolve(debian->apt, (const char *const *)all.items, &debian->all);
}

struct error *debian_open(struct store *store, const struct recipe *recipe,
			  const char *suite, const struct arch *arch,
			  const struct fetch_options *fetch, struct debian **ret)
{
	_cleanup_repository_ struct repository repository = { 0 };
	_cleanup_(debian_freep) struct debian *debian = xnew(struct debian);
	const struct repository_options options = {
		.suite = suite,
		.mirror = fetch ? fetch->mirror : NULL,
		.keyring = fetch ? fetch->keyring : NULL,
	};

	debian->progress = fetch ? fetch->progress : NULL;
	TRY(repository_find(&options, &repository));
	TRY(apt_open(store, &repository, arch, debian->progress, &debian->apt));
	TRY(apt_update(debian->apt, true));
	TRY(resolve(debian, recipe));
	TRY(apt_download_all(debian->apt, &debian->all, &debian->paths));
	*ret = take_ptr(debian);
	return NULL;
}

static uint64_t size_of(const struct apt_packages *packages)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < packages->count; i++)
		sum += packages->items[i].size;
	return sum;
}

struct unpacking {
	const struct fetch_progress *progress;
	uint64_t done, total; /* bytes of packages */
};

static struct error *on_progress(uint64_t done, uint64_t total, void *argument)
{
	const struct unpacking *unpacking = argument;

	return progress_report(unpacking->progress, "unpacking", unpacking->done + done,
			       unpacking->total);
}

struct error *debian_unpack(const struct debian *debian, struct plan *plan,
			    const char *spool)
{
	struct unpacking unpacking = { debian->progress, 0, size_of(&debian->first) };
	const struct unpack_options options = {
		.spool = spool,
		.progress = on_progress,
		.argument = &unpacking,
	};

	for (size_t i = 0; i < debian->all.count; i++) {
		if (!apt_packages_have(&debian->first, debian->all.items[i].name))
			continue;
		TRY(plan_add_archive(plan, debian->paths.items[i], &options));
		unpacking.done += debian->all.items[i].size;
	}
	return NULL;
}

const char *debian_directory(const struct debian *debian)
{
	return apt_downloads(debian->apt);
}

unsigned int debian_count(const struct debian *debian, uint64_t *ret_bytes)
{
	*ret_bytes = size_of(&debian->all);
	return (unsigned int)debian->all.count;
}

void debian_forget(struct debian *debian)
{
	apt_forget(debian->apt);
}
