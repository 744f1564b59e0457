// SPDX-License-Identifier: GPL-2.0-or-later
/* What each word of a recipe takes: a table. */
#include "image/recipe-words.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/mem.h"

#define ID_MAX_ 4294967294 /* -1 means "none" to chown(2) */
#define MAJOR_MAX 4095	   /* what the kernel's dev_t holds */
#define MINOR_MAX 1048575

/* Some word's number; base 8 for modes, as gen_init_cpio reads them. */
static struct error *number(const char *word, int base, const char *what, uint64_t max,
			    uint64_t *ret)
{
	unsigned long long value;
	char *end;

	value = strtoull(word, &end, base);
	if (*word < '0' || *word > '9' || *end || value > max)
		return error_new(ERROR_CORRUPT, "\"%s\" is no %s", word, what);
	*ret = value;
	return NULL;
}

static struct error *check_name(const char *name)
{
	_cleanup_strv_ struct strv parts = { 0 };

	strv_split(name, "/", &parts);
	if (strv_contains(&parts, ".."))
		return error_new(ERROR_CORRUPT, "%s leads out of the image", name);
	if (strlen(name) >= PATH_MAX)
		return error_new(ERROR_CORRUPT, "a name of %zu bytes is too long",
				 strlen(name));
	return NULL;
}

/* A new item with a name and MODE UID GID, which are words of the line. */
static struct error *add(struct recipe *recipe, enum recipe_kind kind, const char *name,
			 mode_t type, char *const *owner, struct recipe_item **ret)
{
	uint64_t mode = 0, uid = 0, gid = 0;
	struct recipe_item *item;

	TRY(check_name(name));
	TRY(number(owner[0], 8, "mode: four octal digits", 07777, &mode));
	TRY(number(owner[1], 10, "user's number", ID_MAX_, &uid));
	TRY(number(owner[2], 10, "group's number", ID_MAX_, &gid));
	array_reserve(recipe->items, recipe->count, recipe->capacity);
	item = &recipe->items[recipe->count++];
	*item = (struct recipe_item){
		.kind = kind,
		.name = xstrdup(name),
		.mode = type | (mode_t)mode,
		.uid = (uid_t)uid,
		.gid = (gid_t)gid,
	};
	*ret = item;
	return NULL;
}

static struct error *take_about(struct recipe *recipe, char *const *words, size_t count)
{
	_cleanup_text_ struct text text = { 0 };

	for (size_t i = 0; i < count; i++)
		text_appendf(&text, "%s%s", i ? " " : "", words[i]);
	free(recipe->about);
	recipe->about = text_take(&text);
	return NULL;
}

static struct error *take_format(struct recipe *recipe, char *const *words, size_t count)
{
	if (streq(words[0], "initramfs"))
		recipe->format = RECIPE_INITRAMFS;
	else if (streq(words[0], "ext4"))
		recipe->format = RECIPE_EXT4;
	else
		return error_new(ERROR_CORRUPT, "\"%s\" is no format: initramfs, ext4",
				 words[0]);
	return NULL;
}

static struct error *take_init_word(struct recipe *recipe, const char *word)
{
	if (streq(word, "alone"))
		recipe->alone = recipe->console = true;
	else if (streq(word, "console"))
		recipe->console = true;
	else if (streq(word, "ready"))
		recipe->ready = true;
	else
		return error_new(ERROR_CORRUPT,
				 "\"%s\" is no word for an init: alone, console, ready",
				 word);
	if (recipe->alone && recipe->ready)
		return error_new(ERROR_CORRUPT,
				 "nobody waits for an init that is alone: leave out "
				 "alone or ready");
	return NULL;
}

static struct error *take_init(struct recipe *recipe, char *const *words, size_t count)
{
	TRY(check_name(words[0]));
	if (words[0][0] != '/')
		return error_new(ERROR_CORRUPT, "%s is not an absolute path", words[0]);
	free(recipe->init);
	recipe->init = xstrdup(words[0]);
	recipe->alone = recipe->console = recipe->ready = false;
	for (size_t i = 1; i < count; i++)
		TRY(take_init_word(recipe, words[i]));
	return NULL;
}

static struct error *take_dir(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	return add(recipe, RECIPE_DIRECTORY, words[0], S_IFDIR, words + 1, &item);
}

static struct error *take_slink(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	TRY(add(recipe, RECIPE_SYMLINK, words[0], S_IFLNK, words + 2, &item));
	item->source = xstrdup(words[1]);
	return NULL;
}

static struct error *take_nod(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;
	uint64_t major_number = 0, minor_number = 0;
	bool block = streq(words[4], "b");

	if (!block && !streq(words[4], "c"))
		return error_new(ERROR_CORRUPT, "\"%s\" is no kind of device: b, c",
				 words[4]);
	TRY(number(words[5], 10, "major number", MAJOR_MAX, &major_number));
	TRY(number(words[6], 10, "minor number", MINOR_MAX, &minor_number));
	TRY(add(recipe, RECIPE_NODE, words[0], block ? S_IFBLK : S_IFCHR, words + 1,
		&item));
	item->device = makedev((unsigned int)major_number, (unsigned int)minor_number);
	return NULL;
}

static struct error *take_pipe(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	return add(recipe, RECIPE_NODE, words[0], S_IFIFO, words + 1, &item);
}

static struct error *take_sock(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	return add(recipe, RECIPE_NODE, words[0], S_IFSOCK, words + 1, &item);
}

static struct error *take_file(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	TRY(add(recipe, RECIPE_FILE, words[0], S_IFREG, words + 2, &item));
	item->source = xstrdup(words[1]);
	for (size_t i = 5; i < count; i++) {
		TRY(check_name(words[i]));
		strv_push(&item->more, words[i]);
	}
	return NULL;
}

static struct error *take_text(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	return add(recipe, RECIPE_TEXT, words[0], S_IFREG, words + 1, &item);
}

static struct error *take_program(struct recipe *recipe, char *const *words, size_t count)
{
	struct recipe_item *item;

	TRY(add(recipe, RECIPE_PROGRAM, words[0], S_IFREG, words + 2, &item));
	item->source = xstrdup(words[1]);
	for (size_t i = 5; i < count; i++)
		strv_push(&item->more, words[i]);
	return NULL;
}

/* One whose mode is not the recipe's to choose. */
static struct error *add_plain(struct recipe *recipe, enum recipe_kind kind,
			       const char *name)
{
	static char mode[] = "0755", root[] = "0";
	char *const owner[] = { mode, root, root };
	struct recipe_item *item;

	return add(recipe, kind, name, S_IFREG, owner, &item);
}

static struct error *take_busybox(struct recipe *recipe, char *const *words, size_t count)
{
	if (count > 1 && !streq(words[1], "applets"))
		return error_new(ERROR_CORRUPT, "\"%s\" is not applets", words[1]);
	TRY(add_plain(recipe, RECIPE_BUSYBOX, words[0]));
	recipe->items[recipe->count - 1].applets = count > 1;
	return NULL;
}

/* As Debian's policy has names; they become words of a command line. */
static struct error *check_plain(const char *word, const char *what)
{
	if (!word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] &&
	    (islower((unsigned char)*word) || isdigit((unsigned char)*word)))
		return NULL;
	return error_new(ERROR_CORRUPT, "\"%s\" is no %s", word, what);
}

static struct error *take_suite(struct recipe *recipe, char *const *words, size_t count)
{
	TRY(check_plain(words[0], "suite"));
	free(recipe->suite);
	recipe->suite = xstrdup(words[0]);
	return NULL;
}

/* Where they come first, all of them are unpacked. */
static struct error *take_packages(struct recipe *recipe, char *const *words,
				   size_t count)
{
	bool first = !recipe->packages.count;

	for (size_t i = 0; i < count; i++) {
		TRY(check_plain(words[i], "package"));
		strv_push(&recipe->packages, words[i]);
	}
	return first ? add_plain(recipe, RECIPE_PACKAGES, "/") : NULL;
}

static struct error *take_setup(struct recipe *recipe, char *const *words, size_t count)
{
	TRY(check_name(words[0]));
	if (words[0][0] != '/')
		return error_new(ERROR_CORRUPT, "%s is not an absolute path", words[0]);
	free(recipe->setup);
	recipe->setup = xstrdup(words[0]);
	return NULL;
}

static const struct {
	const char *word;
	const char *form;
	size_t min, max;
	struct error *(*take)(struct recipe *recipe, char *const *words, size_t count);
} rows[] = {
	{ "about", "TEXT", 1, SIZE_MAX, take_about },
	{ "format", "initramfs|ext4", 1, 1, take_format },
	{ "init", "PROGRAM [alone|console|ready]...", 1, 4, take_init },
	{ "dir", "NAME MODE UID GID", 4, 4, take_dir },
	{ "slink", "NAME TARGET MODE UID GID", 5, 5, take_slink },
	{ "nod", "NAME MODE UID GID b|c MAJOR MINOR", 7, 7, take_nod },
	{ "pipe", "NAME MODE UID GID", 4, 4, take_pipe },
	{ "sock", "NAME MODE UID GID", 4, 4, take_sock },
	{ "file", "NAME SOURCE MODE UID GID [NAME...]", 5, SIZE_MAX, take_file },
	{ "text", "NAME MODE UID GID", 4, 4, take_text },
	{ "program", "NAME SOURCE MODE UID GID [OPTION...]", 5, SIZE_MAX, take_program },
	{ "busybox", "NAME [applets]", 1, 2, take_busybox },
	{ "suite", "SUITE", 1, 1, take_suite },
	{ "packages", "NAME...", 1, SIZE_MAX, take_packages },
	{ "setup", "PROGRAM", 1, 1, take_setup },
};

static struct error *unknown_word(const char *word)
{
	_cleanup_text_ struct text words = { 0 }, harmless = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		text_appendf(&words, "%s%s", i ? ", " : "", rows[i].word);
	text_append_harmless(&harmless, word, strlen(word));
	return error_hint(error_new(ERROR_CORRUPT, "\"%.40s\" is no word of recipes",
				    text_str(&harmless)),
			  "they are %s", text_str(&words));
}

struct error *recipe_take_words(struct recipe *recipe, const struct strv *words)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t count = words->count - 1;

		if (!streq(rows[i].word, words->items[0]))
			continue;
		if (count < rows[i].min || count > rows[i].max)
			return error_new(ERROR_CORRUPT, "%s takes %s", rows[i].word,
					 rows[i].form);
		return rows[i].take(recipe, words->items + 1, count);
	}
	return unknown_word(words->items[0]);
}
