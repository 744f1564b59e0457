// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel object, and what can be said of any kernel from where its files lie and from
 * its configuration.  Who finds kernels is in spec.c.
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/kconfig.h"
#include "kernel/resolvers.h"
#include "os/file.h"

#define CONFIG_MAX (4 << 20)

/* Where distributions put things, %s is the release. */
static const char *const image_places[] = {
	"boot/vmlinuz-%s",
	"boot/vmlinux-%s",
	"lib/modules/%s/vmlinuz",
	"usr/lib/modules/%s/vmlinuz",
};
static const char *const config_places[] = {
	"boot/config-%s",
	"lib/modules/%s/config",
	"usr/lib/modules/%s/config",
};
static const char *const module_places[] = {
	"lib/modules/%s",
	"usr/lib/modules/%s",
};
static const char *const vmlinux_places[] = {
	"usr/lib/debug/boot/vmlinux-%s",
	"usr/lib/debug/lib/modules/%s/vmlinux",
	"usr/lib/debug/usr/lib/modules/%s/vmlinux",
	"lib/modules/%s/build/vmlinux",
};

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	free(kernel->name);
	free(kernel->suite);
	free(kernel->release);
	free(kernel->image);
	free(kernel->plain);
	free(kernel->vmlinux);
	free(kernel->modules);
	free(kernel->config);
	free(kernel->source_directory);
	free(kernel->remark);
	free(kernel);
}

void kernels_free(struct kernel **kernels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kernel_free(kernels[i]);
	free(kernels);
}

/* The first place that is there; the caller frees. */
static char *find_place(const char *root, const char *release, const char *const *places,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *rest = strstr(places[i], "%s");
		char *path =
			xasprintf("%s%s%.*s%s%s", root, has_suffix(root, "/") ? "" : "/",
				  (int)(rest - places[i]), places[i], release, rest + 2);

		if (path_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

#define FIND_PLACE(root, release, places) \
	find_place(root, release, places, ARRAY_SIZE(places))

void kernel_fill_from_root(struct kernel *kernel, const char *root, const char *release)
{
	if (!kernel->release)
		kernel->release = xstrdup(release);
	if (!kernel->image)
		kernel->image = FIND_PLACE(root, release, image_places);
	if (!kernel->config)
		kernel->config = FIND_PLACE(root, release, config_places);
	if (!kernel->modules)
		kernel->modules = FIND_PLACE(root, release, module_places);
	if (!kernel->vmlinux)
		kernel->vmlinux = FIND_PLACE(root, release, vmlinux_places);
	kernel_fill_from_config(kernel);
}

void kernel_fill_from_config(struct kernel *kernel)
{
	if (!kernel->config)
		return;
	kernel->has_btf = config_is_set(kernel->config, "CONFIG_DEBUG_INFO_BTF");
	/* Distributions build with DWARF and ship it apart. */
	if (kernel->vmlinux)
		kernel->has_dwarf =
			config_is_set(kernel->config, "CONFIG_DEBUG_INFO") &&
			!config_is_set(kernel->config, "CONFIG_DEBUG_INFO_REDUCED");
}

static int newest_first(const void *a, const void *b)
{
	return version_compare(*(char *const *)b, *(char *const *)a);
}

static void add_releases(const char *root, const char *directory, const char *prefix,
			 struct strv *ret)
{
	_cleanup_free_ char *path = path_join(root, directory);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *release = after_prefix(entry->d_name, prefix);
		_cleanup_free_ char *image = NULL;

		if (!release || *release == '.' || *release == '\0' ||
		    strv_contains(ret, release))
			continue;
		image = FIND_PLACE(root, release, image_places);
		if (image)
			strv_push(ret, release);
	}
}

void kernel_releases_in(const char *root, struct strv *ret)
{
	add_releases(root, "boot", "vmlinuz-", ret);
	add_releases(root, "boot", "vmlinux-", ret);
	add_releases(root, "lib/modules", "", ret);
	add_releases(root, "usr/lib/modules", "", ret);
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), newest_first);
}

/* 'y', 'm', or 'n': all else, and what a configuration that can't be read says. */
static char config_value(const char *path, const char *option)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };

	error_ignore(file_read(path, CONFIG_MAX, &bytes));
	return kconfig_tristate((const char *)bytes.data, bytes.size, option);
}

bool config_is_set(const char *path, const char *option)
{
	return config_value(path, option) == 'y';
}

char kernel_option(const struct kernel *kernel, const char *option)
{
	_cleanup_free_ char *built = NULL;

	/* .config is what will be built, this is what was. */
	if (kernel->modules_tree)
		built = path_join(kernel->modules, "include/config/auto.conf");
	if (built && path_exists(built))
		return config_value(built, option);
	return kernel->config ? config_value(kernel->config, option) : 'n';
}
