// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting the steps of builds. */
#include "lab/build-steps.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

#define STEPS_MAX 256 /* bytes of the file */

bool build_is_step(const char *line)
{
	return line[0] == ' ' && line[1] == ' ' && isupper((unsigned char)line[2]);
}

bool build_is_whole(const char *output)
{
	_cleanup_free_ char *path = path_join(output, "vmlinux");

	return !path_exists(path);
}

uint64_t build_steps_estimate(const struct build_steps *steps, bool whole)
{
	if (!whole)
		return steps->again;
	return steps->whole > steps->partial ? steps->whole - steps->partial : 0;
}

void build_steps_count(struct build_steps *steps, bool whole, bool done, uint64_t count)
{
	if (!whole) {
		if (done)
			steps->again = count;
	} else if (done) {
		steps->whole = steps->partial + count;
		steps->partial = 0;
	} else {
		steps->partial += count;
	}
}

void build_steps_load(const char *directory, struct build_steps *ret)
{
	_cleanup_free_ char *path = path_join(directory, "steps");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct build_steps steps = { 0 };

	error_ignore(file_read(path, STEPS_MAX, &bytes)); /* then nothing is known */
	if (bytes.data &&
	    sscanf((const char *)bytes.data, "%" SCNu64 " %" SCNu64 " %" SCNu64,
		   &steps.whole, &steps.partial, &steps.again) == 3)
		*ret = steps;
}

void build_steps_save(const char *directory, const struct build_steps *steps)
{
	_cleanup_free_ char *path = path_join(directory, "steps");
	_cleanup_free_ char *line = xasprintf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
					      steps->whole, steps->partial, steps->again);

	/* The next build has no estimate then. */
	error_ignore(file_write(path, line, strlen(line), 0666));
}
