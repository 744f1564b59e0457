/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test results as text: KTAP (Linux Documentation/dev-tools/ktap.rst), which KUnit and
 * kselftests print, and TAP, where it comes from.  Read as it streams by.
 *
 * Nested results are indented, or stand behind "# " (as the kselftests' runner has them,
 * from a version line on).  What counts are the innermost tests; the result of a test that
 * has others inside counts only if it failed and none of them did.
 */
#ifndef KLAB_FORMAT_KTAP_H
#define KLAB_FORMAT_KTAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define KTAP_DEPTH_MAX 8
#define KTAP_PREFIX_MAX 40
#define KTAP_FAILURES_MAX 100

enum ktap_result {
	KTAP_NOTHING, /* no results were there */
	KTAP_PASSED,
	KTAP_FAILED,
	KTAP_SKIPPED, /* none failed, none passed */
};

/* The tests inside of the one whose own result comes next. */
struct ktap_inside {
	size_t prefix; /* the length of theirs; 0: there are none */
	bool failed;   /* one of them */
	size_t first_failure;
};

struct ktap_level {
	char prefix[KTAP_PREFIX_MAX + 1]; /* what its lines begin with */
	bool declared;			  /* a version or plan was there */
	bool planned;
	uint64_t plan, seen;
	/* The counts below as they were when it began. */
	uint64_t results_before, failed_before;
	size_t failures_before;
	struct ktap_inside inside;
};

struct ktap {
	/* Results count wherever they are, also behind the time stamps of the kernel's
	 * log.  Otherwise only what begins with a version line is read. */
	bool anywhere;

	uint64_t passed, failed, skipped;
	uint64_t xfailed;     /* failed as expected: TODO, XFAIL */
	struct strv failures; /* harmless names, "suite.test"; no more than the limit */
	char *problem; /* why this is not a whole report, a harmless sentence; NULL: it is */

	/* Inner state. */
	bool begun, refused, bailed;
	bool skipped_all; /* 1..0 # SKIP */
	struct text line;
	struct ktap_level levels[KTAP_DEPTH_MAX];
	size_t depth;
	struct ktap_inside orphans; /* of a level that has not begun */
};

void ktap_deinit(struct ktap *ktap);
void ktap_feed(struct ktap *ktap, const void *data, size_t size);
/* There is no more; what stands without a newline counts too. */
void ktap_finish(struct ktap *ktap);
enum ktap_result ktap_result(const struct ktap *ktap);
const char *ktap_result_name(enum ktap_result result); /* "passed" */

#endif
