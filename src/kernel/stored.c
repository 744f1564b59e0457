// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels in the store.  Where the files of an entry lie is found as in any installed
 * system; its meta.json says what can't be seen from them: suite, flavour, architecture,
 * and the packages' versions.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "kernel/resolvers.h"
#include "os/file.h"

#define META_MAX (1 << 20)

static void json_freep(struct json_object **object)
{
	json_object_put(*object);
}
#define _cleanup_json_ _cleanup_(json_freep)

static struct error *meta_read(const char *directory, struct json_object **ret)
{
	_cleanup_free_ char *path = path_join(directory, "meta.json");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *text = NULL;
	struct json_object *meta;

	TRY(file_read(path, META_MAX, &bytes));
	text = bytes.size ? xstrndup((const char *)bytes.data, bytes.size) : xstrdup("");
	meta = json_tokener_parse(text);
	if (!meta)
		return error_new(ERROR_CORRUPT, "%s is no JSON", path);
	*ret = meta;
	return NULL;
}

/* Borrowed from meta; NULL: not there. */
static const char *meta_string(struct json_object *meta, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(meta, name, &value))
		return NULL;
	return json_object_get_string(value);
}

static void add_string(struct json_object *meta, const char *name, const char *value)
{
	if (value)
		json_object_object_add(meta, name, json_object_new_string(value));
}

static struct json_object *packages_object(const struct strv *packages)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < packages->count; i++) {
		const char *item = packages->items[i];
		size_t length = strcspn(item, " ");
		_cleanup_free_ char *name = xstrndup(item, length);

		add_string(object, name, item[length] ? item + length + 1 : "");
	}
	return object;
}

struct error *stored_write(const char *directory, const struct stored_facts *facts)
{
	_cleanup_json_ struct json_object *meta = json_object_new_object();
	_cleanup_free_ char *path = path_join(directory, "meta.json");
	const char *text;

	add_string(meta, "name", facts->name);
	add_string(meta, "release", facts->release);
	add_string(meta, "suite", facts->suite);
	add_string(meta, "arch", facts->arch->name);
	add_string(meta, "flavour", facts->flavour);
	json_object_object_add(meta, "packages", packages_object(facts->packages));
	text = json_object_to_json_string_ext(meta, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_SPACED);
	return file_write(path, text, strlen(text), 0644);
}

bool stored_is_current(const char *directory, const struct strv *packages)
{
	_cleanup_json_ struct json_object *meta = NULL;
	_cleanup_json_ struct json_object *wanted = packages_object(packages);
	_cleanup_error_ struct error *err = meta_read(directory, &meta);
	struct json_object *have;

	return !err && json_object_object_get_ex(meta, "packages", &have) &&
	       json_object_equal(have, wanted);
}

/* To use an entry marks it used; to list it does not. */
enum purpose { TO_USE, TO_LIST };

static char *entry_directory(struct store *store, const char *kind, const char *key,
			     enum purpose purpose)
{
	char *path;

	if (purpose == TO_USE)
		return store_lookup(store, kind, key);
	path = xasprintf("%s/entries/%s/%s", store_root(store), kind, key);
	if (path_is_dir(path))
		return path;
	free(path);
	return NULL;
}

static struct error *load(struct store *store, const char *key, enum purpose purpose,
			  struct kernel **ret)
{
	_cleanup_(kernel_freep) struct kernel *kernel = xnew(struct kernel);
	_cleanup_free_ char *directory = entry_directory(store, "kernel", key, purpose);
	_cleanup_free_ char *debug = entry_directory(store, "kernel-debug", key, purpose);
	_cleanup_json_ struct json_object *meta = NULL;
	const char *release, *arch, *suite;

	if (!directory)
		return error_new(ERROR_NOT_FOUND, "the store has no kernel %s", key);
	TRY(meta_read(directory, &meta));
	release = meta_string(meta, "release");
	arch = meta_string(meta, "arch");
	suite = meta_string(meta, "suite");

	kernel->source = KERNEL_STORED;
	kernel->name = xstrdup(key);
	kernel->suite = suite ? xstrdup(suite) : NULL;
	kernel->arch = arch ? arch_find(arch) : NULL;
	if (!release || !kernel->arch)
		return error_new(ERROR_CORRUPT, "%s/meta.json lacks release or arch",
				 directory);
	if (debug)
		kernel_fill_from_root(kernel, debug, release);
	kernel_fill_from_root(kernel, directory, release);
	if (!kernel->image)
		return error_new(ERROR_CORRUPT, "%s has no image of %s", directory,
				 release);
	*ret = take_ptr(kernel);
	return NULL;
}

struct error *kernel_from_store(struct store *store, const char *name,
				struct kernel **ret)
{
	_cleanup_free_ char *prefixed = xasprintf("debian-%s", name);
	struct error *err = load(store, name, TO_USE, ret);

	/* `uname -r` is a name too. */
	if (error_is(err, ERROR_NOT_FOUND)) {
		struct error *second = load(store, prefixed, TO_USE, ret);

		if (!second || !error_is(second, ERROR_NOT_FOUND)) {
			error_free(err);
			return second;
		}
		error_free(second);
	}
	return err;
}

/* Does the entry answer the question?  A mismatch in what was not asked is none. */
static bool matches(struct json_object *meta, const char *name, const char *wanted)
{
	const char *value = meta_string(meta, name);

	return !wanted || (value && streq(value, wanted));
}

static bool is_newer(struct json_object *meta, struct json_object *best)
{
	const char *release = meta_string(meta, "release");

	return release &&
	       (!best || version_compare(release, meta_string(best, "release")) > 0);
}

struct error *kernel_newest_stored(struct store *store, const char *suite,
				   const char *flavour, const struct arch *arch,
				   struct kernel **ret)
{
	_cleanup_strv_ struct strv keys = { 0 };
	_cleanup_json_ struct json_object *best = NULL;
	const char *best_key = NULL;

	TRY(store_keys(store, "kernel", &keys));
	for (size_t i = 0; i < keys.count; i++) {
		_cleanup_free_ char *path = xasprintf("%s/entries/kernel/%s",
						      store_root(store), keys.items[i]);
		_cleanup_json_ struct json_object *meta = NULL;
		_cleanup_error_ struct error *err = meta_read(path, &meta);

		if (err) {
			/* One broken entry must not hide the others. */
			log_debug("kernel: %s", error_sentence(err));
			continue;
		}
		if (!matches(meta, "suite", suite) ||
		    !matches(meta, "flavour", flavour) ||
		    !matches(meta, "arch", arch ? arch->name : NULL) ||
		    !is_newer(meta, best))
			continue;
		json_object_put(best);
		best = take_ptr(meta);
		best_key = keys.items[i];
	}
	*ret = NULL;
	return best_key ? load(store, best_key, TO_USE, ret) : NULL;
}

struct error *kernels_stored(struct store *store, struct kernel ***ret, size_t *ret_count)
{
	_cleanup_strv_ struct strv keys = { 0 };
	struct kernel **kernels = NULL;
	size_t count = 0, capacity = 0;

	TRY(store_keys(store, "kernel", &keys));
	for (size_t i = 0; i < keys.count; i++) {
		struct kernel *kernel;
		_cleanup_error_ struct error *err =
			load(store, keys.items[i], TO_LIST, &kernel);

		if (err) {
			log_debug("kernel: %s", error_sentence(err));
			continue;
		}
		array_reserve(kernels, count, capacity);
		kernels[count++] = kernel;
	}
	*ret = kernels;
	*ret_count = count;
	return NULL;
}
