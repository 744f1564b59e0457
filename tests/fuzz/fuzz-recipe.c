// SPDX-License-Identifier: GPL-2.0-or-later
/* A recipe: it is refused with its line, or every name in it stays in the image. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "image/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
	_cleanup_strv_ struct strv parts = { 0 };

	strv_split(name, "/", &parts);
	assert(!strv_contains(&parts, ".."));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };
	_cleanup_error_ struct error *err =
		recipe_parse("x", (const char *)data, size, &recipe);

	if (err) {
		assert(error_is(err, ERROR_CORRUPT));
		assert(has_prefix(error_sentence(err), "x:"));
		assert(!recipe.items);
		return 0;
	}
	assert(recipe.count);
	assert(!recipe.init || *recipe.init == '/');
	for (size_t i = 0; i < recipe.count; i++) {
		check_name(recipe.items[i].name);
		assert(recipe.items[i].line);
	}
	return 0;
}
