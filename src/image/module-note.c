// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A note is a row of NUL-terminated strings: a version, the stamp (a digest of all
 * identities), the lists, each ended by an empty string, and the three indexes.
 */
#include "image/module-note.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "base/reader.h"
#include "os/file.h"

/* Changes whenever notes of before would be read wrongly. */
#define NOTE_VERSION "klab modules 2"
#define NOTE_MAX (8U << 20)

void module_set_deinit(struct module_set *set)
{
	strv_deinit(&set->paths);
	strv_deinit(&set->relatives);
	strv_deinit(&set->missing);
	text_deinit(&set->dep);
	text_deinit(&set->alias);
	text_deinit(&set->builtin);
}

static void digest_add_path(struct digest *digest, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		digest_add_string(digest, path);
	else
		digest_add_identity(digest, path, &st);
}

/* One name for the state of all files that the answer was made from. */
static void set_stamp(const struct module_set *set, const struct kernel *kernel,
		      char ret[DIGEST_HEX_SIZE])
{
	static const char *const lists[] = { "modules.dep", "modules.order",
					     "modules.builtin" };
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_free_ char *path = path_join(kernel->modules, lists[i]);

		digest_add_path(digest, path);
	}
	for (size_t i = 0; i < set->paths.count; i++)
		digest_add_path(digest, set->paths.items[i]);
	digest_hex(digest, ret);
}

void module_note_name(const struct kernel *kernel, const char *const *wanted,
		      char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	digest_add_string(digest, kernel->modules);
	digest_add_u64(digest, kernel->modules_tree);
	for (; *wanted; wanted++)
		digest_add_string(digest, *wanted);
	digest_hex(digest, ret);
}

static void note_put(struct text *note, const char *s)
{
	text_append_bytes(note, s, strlen(s) + 1);
}

static void note_put_list(struct text *note, const struct strv *list)
{
	for (size_t i = 0; i < list->count; i++)
		note_put(note, list->items[i]);
	note_put(note, "");
}

static bool note_get(struct reader *note, struct strv *ret)
{
	const char *s;

	while ((s = reader_string(note)) && *s)
		strv_push(ret, s);
	return s;
}

struct error *module_note_write(const char *path, const struct module_set *set,
				const struct kernel *kernel)
{
	_cleanup_text_ struct text note = { 0 };
	char stamp[DIGEST_HEX_SIZE];

	set_stamp(set, kernel, stamp);
	note_put(&note, NOTE_VERSION);
	note_put(&note, stamp);
	note_put_list(&note, &set->paths);
	note_put_list(&note, &set->relatives);
	note_put_list(&note, &set->missing);
	note_put(&note, text_str(&set->dep));
	note_put(&note, text_str(&set->alias));
	note_put(&note, text_str(&set->builtin));
	return file_write(path, note.data, note.length, 0644);
}

static bool note_parse(const struct bytes *bytes, struct module_set *set,
		       const char **ret_stamp)
{
	struct reader note = reader_of(bytes->data, bytes->size);
	const char *version = reader_string(&note);
	const char *dep, *alias, *builtin;

	if (!version || !streq(version, NOTE_VERSION))
		return false;
	*ret_stamp = reader_string(&note);
	if (!*ret_stamp || !note_get(&note, &set->paths) ||
	    !note_get(&note, &set->relatives) || !note_get(&note, &set->missing))
		return false;
	dep = reader_string(&note);
	alias = reader_string(&note);
	builtin = reader_string(&note);
	if (!dep || !alias || !builtin || set->paths.count != set->relatives.count)
		return false;
	text_append(&set->dep, dep);
	text_append(&set->alias, alias);
	text_append(&set->builtin, builtin);
	return true;
}

bool module_note_read(const char *path, const struct kernel *kernel,
		      struct module_set *ret)
{
	_cleanup_module_set_ struct module_set set = { 0 };
	_cleanup_bytes_ struct bytes bytes = { 0 };
	char stamp[DIGEST_HEX_SIZE];
	const char *noted = NULL;
	struct error *err;

	err = file_read(path, NOTE_MAX, &bytes);
	if (err) {
		error_ignore(err); /* the first time */
		return false;
	}
	if (!note_parse(&bytes, &set, &noted))
		return false;
	set_stamp(&set, kernel, stamp);
	if (!streq(stamp, noted))
		return false;
	*ret = set;
	set = (struct module_set){ 0 };
	return true;
}
