// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-image: the image room without the program around it.
 *
 *	bench-image warm SPEC N		a row: what image_build() takes with warm caches
 *	bench-image add DIR FILE	an image with all of DIR, into FILE
 *	bench-image disk DIR FILE	DIR as an ext4 file system, into FILE
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/collect.h"
#include "image/disk.h"
#include "image/image.h"
#include "kernel/fetch.h"
#include "os/clock.h"

static const struct fetch_options anything;

static struct error *build(struct store *store, const struct kernel *kernel,
			   double *ret_ms)
{
	const struct image_options options = {
		.kernel = kernel,
		.modules = kernel->arch->channel_modules,
		.arch = kernel->arch,
		.fetch = &anything,
	};
	_cleanup_image_ struct image image = { 0 };
	uint64_t begin = clock_us();

	TRY(image_build(store, &options, &image));
	*ret_ms = (double)(clock_us() - begin) / 1e3;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct error *warm(const char *spec, size_t count)
{
	const struct kernel_resolve_options resolve = { .spec = spec,
							.fetch = &anything };
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ double *times = xcalloc(count, sizeof(*times));
	double first;

	TRY(store_open(NULL, &store));
	TRY(kernel_resolve(store, &resolve, &kernel));
	TRY(build(store, kernel, &first));
	for (size_t i = 0; i < count; i++)
		TRY(build(store, kernel, &times[i]));
	qsort(times, count, sizeof(*times), compare);
	printf("| | min | median | max | first |\n|---|---|---|---|---|\n");
	printf("| image_build(), %s | %.2f ms | **%.2f ms** | %.2f ms | %.0f ms |\n",
	       kernel->name, times[0], times[count / 2], times[count - 1], first);
	return NULL;
}

/* With no_agent, so that it runs before the guest binaries were built. */
static struct error *add(const char *directory, const char *path)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_image_ struct image image = { 0 };
	struct image_add add = { .source = (char *)directory,
				 .destination = (char *)"/tree" };
	const struct image_options options = {
		.adds = &add,
		.add_count = 1,
		.arch = arch_host(),
		.no_agent = true,
		.fetch = &anything,
	};

	TRY(store_open(NULL, &store));
	return image_write(store, &options, path, &image);
}

static struct error *no_key(struct digest *digest, void *argument)
{
	return NULL;
}

static struct error *fill_disk(struct plan *plan, const char *spool, void *argument)
{
	const struct keep_options keep = keep_for_me();

	return collect_tree(plan, argument, &keep);
}

static struct error *disk(char *directory, const char *path)
{
	const struct disk_recipe recipe = {
		.key = no_key,
		.fill = fill_disk,
		.argument = directory,
	};
	_cleanup_disk_ struct disk disk = { 0 };

	return disk_write(&recipe, path, &disk);
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;

	if (argc == 4 && strcmp(argv[1], "warm") == 0 && count > 0)
		err = warm(argv[2], (size_t)count);
	else if (argc == 4 && strcmp(argv[1], "add") == 0)
		err = add(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "disk") == 0)
		err = disk(argv[2], argv[3]);
	else
		err = error_new(ERROR_USAGE,
				"bench-image warm SPEC N | add|disk DIR FILE");
	if (err)
		fprintf(stderr, "bench-image: %s\n", error_sentence(err));
	return err ? 1 : 0;
}
