/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside recipe.c: one line. */
#ifndef KLAB_IMAGE_RECIPE_WORDS_H
#define KLAB_IMAGE_RECIPE_WORDS_H

#include "image/recipe.h"

/* There is at least one word.  Errors are ERROR_CORRUPT, without the line's number. */
struct error *recipe_take_words(struct recipe *recipe,
				const struct strv *words) _must_check_;

#endif
