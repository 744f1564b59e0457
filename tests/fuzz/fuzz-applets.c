// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of applets in any bytes: what is found is sorted, and lies within them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/applets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error *err = NULL;
	_cleanup_strv_ struct strv names = { 0 };

	err = applets_find(data, size, &names);
	if (err && names.count)
		abort();
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];

		if (!memmem(data, size, name, strlen(name) + 1) ||
		    (i && strcmp(names.items[i - 1], name) >= 0))
			abort();
	}
	return 0;
}
