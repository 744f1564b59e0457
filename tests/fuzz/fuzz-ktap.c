// SPDX-License-Identifier: GPL-2.0-or-later
/* Test results, in one piece and byte by byte: both must come to the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "format/ktap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct ktap *a, const struct ktap *b)
{
	return a->passed == b->passed && a->failed == b->failed &&
	       a->skipped == b->skipped && a->xfailed == b->xfailed &&
	       a->failures.count == b->failures.count &&
	       streq(a->problem ? a->problem : "", b->problem ? b->problem : "") &&
	       ktap_result(a) == ktap_result(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int anywhere = 0; anywhere < 2; anywhere++) {
		struct ktap whole = { .anywhere = anywhere },
			    bytes = { .anywhere = anywhere };

		ktap_feed(&whole, data, size);
		for (size_t i = 0; i < size; i++)
			ktap_feed(&bytes, data + i, 1);
		ktap_finish(&whole);
		ktap_finish(&bytes);
		assert(same(&whole, &bytes));
		assert(whole.failures.count <= KTAP_FAILURES_MAX);
		assert(whole.failures.count <= whole.failed);
		ktap_deinit(&whole);
		ktap_deinit(&bytes);
	}
	return 0;
}
