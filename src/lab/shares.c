// SPDX-License-Identifier: GPL-2.0-or-later
/* From G=H to a device and an order to mount it. */
#include "lab/shares.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "lab/check.h"
#include "os/file.h"

static void share_deinit(struct share *share)
{
	free(share->guest);
	free(share->host);
}

void shares_deinit(struct shares *shares)
{
	for (size_t i = 0; i < shares->count; i++)
		share_deinit(&shares->items[i]);
	free(shares->items);
	*shares = (struct shares){ 0 };
}

/* One path, one spelling: duplicates are found, and no ".." is left to the guest. */
static struct error *normal_path(const char *path, char **ret)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_text_ struct text normal = { 0 };

	if (*path != '/' || strchr(path, '\n'))
		return error_new(ERROR_USAGE, "\"%s\" is not an absolute path", path);
	strv_split(path, "/", &names);
	for (size_t i = 0; i < names.count; i++) {
		if (streq(names.items[i], "."))
			continue;
		if (streq(names.items[i], ".."))
			return error_new(ERROR_USAGE, "\"..\" in the guest's path %s",
					 path);
		text_appendf(&normal, "/%s", names.items[i]);
	}
	if (!normal.length)
		return error_hint(error_new(ERROR_USAGE,
					    "a share cannot be the guest's /"),
				  "name a directory below it: /mnt=DIR");
	*ret = text_take(&normal);
	return NULL;
}

static struct error *check_host(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "the directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return error_hint(error_new(ERROR_USAGE, "%s is not a directory", path),
				  "share the one that it is in, or pass --add %s", path);
	return NULL;
}

static struct error *share_parse(const char *word, bool read_only, struct share *ret)
{
	_cleanup_(share_deinit) struct share share = { .read_only = read_only };
	_cleanup_free_ char *guest = NULL;
	const char *equals;

	TRY(check_share(word));
	equals = strchr(word, '=');
	guest = xstrndup(word, (size_t)(equals - word));
	TRY(normal_path(guest, &share.guest));
	TRY(path_absolute(equals + 1, &share.host));
	TRY(check_host(share.host));
	*ret = share;
	share = (struct share){ 0 };
	return NULL;
}

static struct error *add_words(const struct strv *words, bool read_only,
			       struct shares *shares)
{
	for (size_t i = 0; i < words->count; i++) {
		array_reserve(shares->items, shares->count, shares->capacity);
		TRY_WRAP(share_parse(words->items[i], read_only,
				     &shares->items[shares->count]),
			 read_only ? "--rodir" : "--rwdir");
		shares->count++;
	}
	return NULL;
}

static int compare_guest(const void *a, const void *b)
{
	return strcmp(((const struct share *)a)->guest, ((const struct share *)b)->guest);
}

struct error *shares_parse(const struct guest_options *options, bool has_agent,
			   struct shares *ret)
{
	_cleanup_shares_ struct shares shares = { 0 };

	TRY(add_words(&options->read_only_dirs, true, &shares));
	TRY(add_words(&options->writable_dirs, false, &shares));
	if (shares.count && !has_agent)
		return error_hint(error_new(ERROR_USAGE,
					    "--rodir and --rwdir need klab's initramfs "
					    "and its agent, which mounts them"),
				  "leave out --no-agent and --initrd, or choose another "
				  "--root");
	if (shares.count > 1)
		qsort(shares.items, shares.count, sizeof(*shares.items), compare_guest);
	for (size_t i = 1; i < shares.count; i++)
		if (streq(shares.items[i - 1].guest, shares.items[i].guest))
			return error_new(ERROR_USAGE, "two shares at %s",
					 shares.items[i].guest);
	*ret = shares;
	shares = (struct shares){ 0 };
	return NULL;
}

void shares_add(const struct shares *shares, struct machine *machine, struct text *setup)
{
	for (size_t i = 0; i < shares->count; i++) {
		const struct share *share = &shares->items[i];
		const char *tag =
			machine_add_share(machine, share->host, share->read_only);

		text_appendf(setup, "share %s %s %s\n", tag,
			     share->read_only ? "ro" : "rw", share->guest);
	}
}

struct error *shares_check_kernel(const struct shares *shares,
				  const struct kernel *kernel, const struct image *image)
{
	const char *const *modules = kernel->arch->share_modules;

	for (size_t i = 0; shares->count && modules[i]; i++)
		if (strv_contains(&image->missing_modules, modules[i]))
			return error_hint(
				error_new(ERROR_MISSING,
					  "the kernel %s cannot mount a share: it has no "
					  "module %s",
					  kernel->name, modules[i]),
				"enable CONFIG_NET_9P, CONFIG_NET_9P_VIRTIO and "
				"CONFIG_9P_FS, or copy with klab cp");
	return NULL;
}
