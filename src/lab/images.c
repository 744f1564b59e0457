// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists and removes what two places keep, and makes disks for neither of them. */
#include "lab/images.h"

#include "base/mem.h"
#include "lab/named-disk.h"
#include "os/file.h"

/* Of a key, so that no other is meant. */
#define PREFIX_MIN 4

static const char *const stored_kinds[] = { DISK_STORE_KIND, "initramfs" };

void kept_images_deinit(struct kept_images *images)
{
	for (size_t i = 0; i < images->count; i++) {
		free(images->items[i].name);
		free(images->items[i].from);
		free(images->items[i].path);
	}
	free(images->items);
	*images = (struct kept_images){ 0 };
}

static struct kept_image *add(struct kept_images *images, const char *name,
			      const char *kind)
{
	struct kept_image *image;

	array_reserve(images->items, images->count, images->capacity);
	image = &images->items[images->count++];
	*image = (struct kept_image){ .name = xstrdup(name), .kind = kind };
	return image;
}

static struct error *add_named(struct kept_images *images)
{
	_cleanup_strv_ struct strv names = { 0 };

	TRY(named_disk_list(&names));
	for (size_t i = 0; i < names.count; i++) {
		struct kept_image *image = add(images, names.items[i], "named");

		TRY(named_disk_look(names.items[i], &image->path, &image->from,
				    &image->bytes));
	}
	return NULL;
}

static struct error *add_stored(struct store *store, const char *kind,
				struct kept_images *images)
{
	struct store_entry *entries;
	size_t count;

	TRY(store_list(store, kind, &entries, &count));
	for (size_t i = 0; i < count; i++) {
		struct kept_image *image = add(images, entries[i].key, kind);
		_cleanup_free_ char *from = path_join(entries[i].path, DISK_FROM_NAME);

		image->path = xstrdup(entries[i].path);
		image->bytes = entries[i].bytes;
		/* Not every kind of image says it. */
		error_ignore(file_read_line(from, &image->from));
	}
	store_entries_free(entries, count);
	return NULL;
}

struct error *images_list(struct store *store, struct kept_images *ret)
{
	_cleanup_kept_images_ struct kept_images images = { 0 };

	TRY(add_named(&images));
	for (size_t i = 0; i < ARRAY_SIZE(stored_kinds); i++)
		TRY(add_stored(store, stored_kinds[i], &images));
	*ret = images;
	images = (struct kept_images){ 0 };
	return NULL;
}

static bool is_meant(const struct kept_image *image, const char *name)
{
	if (streq(image->name, name))
		return true;
	return !streq(image->kind, "named") && strlen(name) >= PREFIX_MIN &&
	       has_prefix(image->name, name);
}

struct error *images_remove(struct store *store, const char *name)
{
	_cleanup_kept_images_ struct kept_images images = { 0 };
	const struct kept_image *found = NULL;

	TRY(images_list(store, &images));
	for (size_t i = 0; i < images.count; i++) {
		if (!is_meant(&images.items[i], name))
			continue;
		if (found)
			return error_hint(error_new(ERROR_USAGE,
						    "\"%s\" may mean %s or %s", name,
						    found->name, images.items[i].name),
					  "write more of it");
		found = &images.items[i];
	}
	if (!found)
		return error_hint(error_new(ERROR_NOT_FOUND, "there is no image %s",
					    name),
				  "klab image list shows those that there are");
	if (streq(found->kind, "named"))
		return named_disk_remove(found->name);
	return store_remove(store, found->kind, found->name);
}

struct error *images_make_disk(const struct root_request *request, const char *path,
			       uint64_t size, struct disk *ret)
{
	_cleanup_(root_source_freep) struct root_source *source = NULL;
	const char *spec = request->options->root;

	TRY(root_source_open(request, spec, &source));
	if (!source)
		return error_hint(error_new(ERROR_USAGE, "%s is an image already", spec),
				  "klab run --root %s", spec);
	source->recipe.size = size;
	if (path)
		TRY_WRAP(disk_write(&source->recipe, path, ret), "--root %s", spec);
	else
		TRY_WRAP(disk_build(request->store, &source->recipe, ret), "--root %s",
			 spec);
	return NULL;
}
