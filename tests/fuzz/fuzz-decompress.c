// SPDX-License-Identifier: GPL-2.0-or-later
/* Each decoder, on what an image claims to be its payload. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "format/decompress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text whole = { 0 };
	_cleanup_text_ struct text head = { 0 };
	_cleanup_error_ struct error *err = NULL;

	err = decompress_to_memory(data, size, LIMIT, &whole);
	if (!err && whole.length > LIMIT)
		abort();
	if (err)
		return 0;
	/* What can be unpacked can be peeked into, and gives the same. */
	err = decompress_peek(data, size, 1000, &head);
	if (err || head.length != MIN(whole.length, 1000) ||
	    (head.length && memcmp(head.data, whole.data, head.length) != 0))
		abort();
	return 0;
}
