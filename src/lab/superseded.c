// SPDX-License-Identifier: GPL-2.0-or-later
/* A Debian release is VERSION-ABI-FLAVOUR, "6.1.0-49-amd64", or VERSION-FLAVOUR, as in
 * "6.12.41+deb13-cloud-amd64". */
#include "lab/superseded.h"

#include <ctype.h>

/* The length of "6.1" in "6.1.0-49-amd64". */
static size_t series_length(const char *release)
{
	size_t major = strcspn(release, ".");

	return release[major] ? major + 1 + strcspn(release + major + 1, ".-+") : major;
}

/* "-cloud-amd64": from the first part that begins with a letter. */
static const char *flavour_of(const char *release)
{
	const char *dash = strchr(release, '-');

	while (dash && !isalpha((unsigned char)dash[1]))
		dash = strchr(dash + 1, '-');
	return dash ? dash : "";
}

static bool same_line(const struct kernel *a, const struct kernel *b)
{
	size_t length = series_length(a->release);

	return a->arch == b->arch && length == series_length(b->release) &&
	       strncmp(a->release, b->release, length) == 0 &&
	       streq(flavour_of(a->release), flavour_of(b->release));
}

void kernels_superseded(struct kernel *const *kernels, size_t count, bool *ret)
{
	for (size_t i = 0; i < count; i++) {
		ret[i] = false;
		for (size_t j = 0; j < count && !ret[i]; j++)
			ret[i] = kernels[i]->release && kernels[j]->release &&
				 same_line(kernels[i], kernels[j]) &&
				 version_compare(kernels[i]->release,
						 kernels[j]->release) < 0;
	}
}
