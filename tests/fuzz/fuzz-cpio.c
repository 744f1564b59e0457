// SPDX-License-Identifier: GPL-2.0-or-later
/* The newc reader, over an initramfs that a user hands to `klab image show`. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpio_reader reader = cpio_reader_of(data, size);
	_cleanup_error_ struct error *err = NULL;
	struct cpio_item item;
	volatile size_t sum = 0;
	bool end = false;

	while (!err && !end) {
		err = cpio_read(&reader, &item, &end);
		if (err || end)
			break;
		/* Each byte that is promised is there. */
		sum += strlen(item.name);
		for (size_t i = 0; i < item.size; i++)
			sum += item.data[i];
	}
	if (end) {
		const uint8_t *rest = cpio_reader_rest(&reader, &size);

		for (size_t i = 0; i < size; i++)
			sum += rest[i];
	}
	return 0;
}
