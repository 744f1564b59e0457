// SPDX-License-Identifier: GPL-2.0-or-later
/* An uncompressed kernel, in whose tables words are looked for. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "format/kernel-words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_words words;

	if (kernel_words_find(data, size, &words)) {
		assert(words.setups.count + words.early.count > 0);
		for (size_t i = 0; i < words.parameters.count; i++)
			assert(kernel_words_know(&words, words.parameters.items[i]));
	}
	kernel_words_deinit(&words);
	return 0;
}
