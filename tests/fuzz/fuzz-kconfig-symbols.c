// SPDX-License-Identifier: GPL-2.0-or-later
/* A Kconfig file that may source itself, and the conditions in it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/kconfig-symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	unsigned int left; /* how often it may be opened yet: it could be 2^64 times */
};

static struct error *open_input(const char *path, const char **ret_text, size_t *ret_size,
				void *argument)
{
	struct input *input = argument;

	if (!input->left)
		return NULL;
	input->left--;
	*ret_text = (const char *)input->data;
	*ret_size = input->size;
	return NULL;
}

static const char *value_of(const char *name, void *argument)
{
	static const char *const values[] = { "n", "m", "y", "12", NULL };

	return values[strlen(name) % 5];
}

/* What is not met is a part of an expression that is not met as a whole. */
static void check(const char *condition)
{
	_cleanup_strv_ struct strv unmet = { 0 };
	char value = kconfig_evaluate(condition, value_of, NULL);

	kconfig_unmet(condition, 'y', value_of, NULL, &unmet);
	if (value != 'y' && value != 'm' && value != 'n')
		abort();
	for (size_t i = 0; i < unmet.count; i++) {
		if (strlen(unmet.items[i]) > strlen(condition))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { .data = data, .size = size, .left = 70 };
	const struct kconfig_source source = { .open = open_input, .argument = &input };
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = { 0 };
	struct error *err;

	if (size > 4096)
		return 0;
	err = kconfig_symbols_read("Kconfig", &source, &symbols);
	error_ignore(err); /* that it sources itself is one of the answers */
	for (size_t i = 0; i < symbols.count; i++) {
		if (kconfig_find(&symbols, symbols.definitions[i].name)->name == NULL)
			abort();
		for (size_t j = 0; j < symbols.definitions[i].conditions.count; j++)
			check(symbols.definitions[i].conditions.items[j]);
	}
	return 0;
}
