// SPDX-License-Identifier: GPL-2.0-or-later
/* Names in a thin archive. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "format/thin-archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t position = 0, before = 0, length;
	const char *name;

	while (thin_archive_next(data, size, &position, &name, &length)) {
		assert(position > before);
		assert((const uint8_t *)name >= data);
		assert((const uint8_t *)name + length <= data + size);
		before = position;
	}
	return 0;
}
