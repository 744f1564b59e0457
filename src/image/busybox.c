// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds busybox and adds it.  The table of applets is looked for at every start: it is
 * one search through two mapped megabytes, cheaper than a second cache.
 */
#include "image/busybox.h"

#include <errno.h>

#include "base/text.h"
#include "image/applets.h"
#include "kernel/packages.h"
#include "os/file.h"

static struct error *find(struct store *store, const struct busybox_options *options,
			  char **ret_path)
{
	_cleanup_free_ char *host = program_find("busybox");
	struct package_file_options wanted = {
		.package = "busybox-static",
		.file = "bin/busybox",
		.host = host ? host : "/bin/busybox", /* PATH may be a short one */
		.arch = options->arch,
		.fetch = options->fetch,
	};

	return package_file(store, &wanted, ret_path);
}

/* The agent adds modprobe when it is up: until then the kernel would start it for drivers
 * of its own that nobody has as modules, at 0.1 s each under TCG. */
static struct error *add_applets(struct plan *plan, const struct bytes *busybox,
				 const struct busybox_options *options)
{
	_cleanup_free_ char *directory = path_parent(options->path);
	const char *own = path_base(options->path);
	_cleanup_strv_ struct strv names = { 0 };

	TRY(applets_find(busybox->data, busybox->size, &names));
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		_cleanup_free_ char *path = path_join(directory, name);

		if (streq(name, own) || (options->has_agent && streq(name, "modprobe")))
			continue;
		TRY(plan_add_symlink(plan, path, own));
	}
	return NULL;
}

struct error *busybox_add(struct plan *plan, struct store *store,
			  const struct busybox_options *options)
{
	_cleanup_bytes_ struct bytes busybox = { 0 };
	_cleanup_free_ char *path = NULL;
	struct stat st;

	TRY_WRAP(find(store, options, &path), "no busybox for the %s guest",
		 options->arch->name);
	if (stat(path, &st) < 0)
		return error_os(errno, "looking at %s", path);
	TRY(plan_add_file(plan, options->path, 0755, path, &st));
	if (!options->applets)
		return NULL;
	TRY(file_map(path, &busybox));
	TRY_WRAP(add_applets(plan, &busybox, options), "%s", path);
	return NULL;
}
