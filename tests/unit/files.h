/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests that read files of the source tree: inputs made by real tools. */
#ifndef KLAB_TESTS_FILES_H
#define KLAB_TESTS_FILES_H

#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"

/* The file tests/NAME. */
static inline _unused_ struct text tests_file(const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	struct text content = { 0 };
	char piece[4096];
	size_t n;

	assert_non_null(getenv("KLAB_TESTS"));
	path = path_join(getenv("KLAB_TESTS"), name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s cannot be read", path);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		text_append_bytes(&content, piece, n);
	return content;
}

#endif
