/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes: cmocka and asserts on struct error. */
#ifndef KLAB_TESTS_UNIT_H
#define KLAB_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

/* expr succeeds; otherwise its message is the failure's. */
#define assert_ok(expr)                                                  \
	do {                                                             \
		struct error *_err = (expr);                             \
		if (_err)                                                \
			fail_msg("%s: %s", #expr, error_sentence(_err)); \
	} while (0)

/* expr fails with this code, and its message contains the text. */
#define assert_error(expr, wanted_code, wanted_text)                                     \
	do {                                                                             \
		_cleanup_error_ struct error *_err = (expr);                             \
		if (!_err)                                                               \
			fail_msg("%s: succeeded, an error was expected", #expr);         \
		if (error_get_code(_err) != (wanted_code))                               \
			fail_msg("%s: code %d: %s", #expr, (int)error_get_code(_err),    \
				 error_sentence(_err));                                  \
		if (!strstr(error_sentence(_err), (wanted_text)))                        \
			fail_msg("%s: \"%s\" lacks \"%s\"", #expr, error_sentence(_err), \
				 (wanted_text));                                         \
	} while (0)

#endif
