// SPDX-License-Identifier: GPL-2.0-or-later
/* A recipe's text into lines.  Nothing is opened here. */
#include "image/recipe-words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLANKS " \t\r"

void recipe_deinit(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->count; i++) {
		struct recipe_item *item = &recipe->items[i];

		free(item->name);
		free(item->source);
		text_deinit(&item->content);
		strv_deinit(&item->more);
	}
	free(recipe->items);
	free(recipe->path);
	free(recipe->about);
	free(recipe->init);
	free(recipe->suite);
	free(recipe->setup);
	strv_deinit(&recipe->packages);
	*recipe = (struct recipe){ 0 };
}

/* A line of the text that the last item is. */
static struct error *take_content(struct recipe *recipe, const char *line)
{
	struct recipe_item *item =
		recipe->count ? &recipe->items[recipe->count - 1] : NULL;

	if (!item || item->kind != RECIPE_TEXT)
		return error_new(ERROR_CORRUPT, "a \"|\" without a text before it");
	text_appendf(&item->content, "%s\n", *line == ' ' ? line + 1 : line);
	return NULL;
}

static struct error *take_line(struct recipe *recipe, unsigned int number, char *line)
{
	_cleanup_strv_ struct strv words = { 0 };
	size_t before = recipe->count;
	const char *begin = line + strspn(line, BLANKS);

	if (*begin == '|')
		return take_content(recipe, begin + 1);
	if (*begin == '#')
		return NULL;
	strv_split(begin, BLANKS, &words);
	if (!words.count)
		return NULL;
	TRY(recipe_take_words(recipe, &words));
	if (recipe->count > before)
		recipe->items[before].line = number;
	return NULL;
}

struct error *recipe_parse(const char *path, const char *text, size_t size,
			   struct recipe *ret)
{
	_cleanup_recipe_ struct recipe recipe = { .path = xstrdup(path) };
	const char *start = text, *end = text + size;

	for (unsigned int number = 1; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		_cleanup_free_ char *line = xstrndup(text, length);

		if (strlen(line) != length)
			return error_new(ERROR_CORRUPT,
					 "%s:%u: a NUL byte: is this a "
					 "recipe?",
					 path, number);
		TRY_WRAP(take_line(&recipe, number, line), "%s:%u", path, number);
		text += length + (newline != NULL);
	}
	if (!recipe.count)
		return error_new(ERROR_CORRUPT, "%s:1: a recipe of nothing", path);
	if (recipe.format != RECIPE_EXT4 && (recipe.packages.count || recipe.setup))
		return error_new(ERROR_CORRUPT,
				 "%s:1: packages and setup need \"format ext4\"", path);
	digest_bytes(start, size, recipe.digest);
	*ret = recipe;
	recipe = (struct recipe){ 0 };
	return NULL;
}

char *recipe_init_line(const struct recipe *recipe)
{
	if (!recipe->init)
		return NULL;
	return xasprintf("init %s%s%s%s", recipe->init, recipe->alone ? " alone" : "",
			 recipe->console ? " console" : "",
			 recipe->ready ? " ready" : "");
}

struct error *recipe_parse_init(const char *path, const char *line, struct recipe *ret)
{
	_cleanup_recipe_ struct recipe recipe = { .path = xstrdup(path),
						  .format = RECIPE_EXT4 };
	_cleanup_free_ char *copy = xstrdup(line);

	TRY_WRAP(take_line(&recipe, 1, copy), "%s", path);
	*ret = recipe;
	recipe = (struct recipe){ 0 };
	return NULL;
}
