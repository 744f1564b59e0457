/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests that start programs: an argument vector out of literals. */
#ifndef KLAB_TESTS_WORDS_H
#define KLAB_TESTS_WORDS_H

#include "base/text.h"

static inline _unused_ struct strv words_(const char *const *items)
{
	struct strv strv = { 0 };

	strv_push_all(&strv, items);
	return strv;
}
/* _cleanup_strv_ struct strv argv = words("sh", "-c", "exit 1"); */
#define words(...) words_((const char *const[]){ __VA_ARGS__, NULL })

#endif
