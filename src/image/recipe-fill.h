/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recipe into a plan. */
#ifndef KLAB_IMAGE_RECIPE_FILL_H
#define KLAB_IMAGE_RECIPE_FILL_H

#include "image/image.h"
#include "image/plan.h"
#include "image/recipe.h"

/* Line by line; programs are compiled on the way if the store has not got them.  Errors
 * begin with "PATH:LINE: ". */
struct error *recipe_fill(const struct recipe *recipe, struct store *store,
			  const struct image_options *options,
			  struct plan *plan) _must_check_;
/* The file of the host that a line names: beside the recipe unless absolute. */
char *recipe_source_path(const struct recipe *recipe, const struct recipe_item *item);

#endif
