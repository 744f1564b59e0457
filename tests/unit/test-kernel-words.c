// SPDX-License-Identifier: GPL-2.0-or-later
/* format/kernel-words: the tables in images of each kind (those of the fuzz corpus). */
#include "format/kernel-words.h"

#include <stdlib.h>

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

static void check_image(const char *name)
{
	_cleanup_kernel_words_ struct kernel_words words = { 0 };
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *early = NULL, *setups = NULL, *parameters = NULL;
	_cleanup_free_ char *path =
		xasprintf("%s/fuzz/corpus/kernel-words/%s", getenv("KLAB_TESTS"), name);

	assert_ok(file_read(path, 1 << 20, &bytes));
	assert_true(kernel_words_find(bytes.data, bytes.size, &words));
	early = strv_join(&words.early, " ");
	setups = strv_join(&words.setups, " ");
	parameters = strv_join(&words.parameters, " ");
	assert_string_equal(early, "rodata quiet loglevel");
	assert_string_equal(setups, "rdinit= init= noinitrd console=");
	assert_string_equal(parameters, "initcall_debug printk.time module.sig_enforce "
					"ipv6.disable syscall.x32 tcp_cubic.beta");
}

static void test_images(void **state)
{
	check_image("vmlinux");	  /* addresses as they are, segments */
	check_image("in-place");  /* a flat image with addresses in it */
	check_image("relocated"); /* or only in its relocations */
}

static void test_not_found(void **state)
{
	struct kernel_words words;
	_cleanup_text_ struct text many = { 0 };

	assert_false(kernel_words_find(NULL, 0, &words));
	assert_false(kernel_words_find((const uint8_t *)"\0rdinit=", 9, &words));
	assert_false(kernel_words_find((const uint8_t *)"\177ELF\2\1\1", 7, &words));
	/* A table without end, of rows that overlap. */
	text_append_bytes(&many, "\0rdinit=", 9);
	while (many.length < 1 << 20)
		text_append_bytes(&many, "\1\0\0\200\377\377\377\377", 8);
	assert_false(kernel_words_find((uint8_t *)many.data, many.length, &words));
}

static void test_know(void **state)
{
	static const struct {
		const char *word;
		bool known;
	} cases[] = {
		{ "quiet", true },	     { "quiet=1", true },
		{ "quieter", false }, /* early ones are whole words */
		{ "init=/x", true },	     { "init", false },
		{ "noinitrdx", true }, /* others are what words begin with */
		{ "printk.time=1", true },   { "printk.time", true },
		{ "printk.times=1", false }, { "no-such", false },
		{ "log-level=7", true },     { "log_level", true },
	};
	struct kernel_words words = { 0 };

	strv_push(&words.early, "quiet");
	strv_push(&words.early, "log_level");
	strv_push(&words.setups, "init=");
	strv_push(&words.setups, "noinitrd");
	strv_push(&words.parameters, "printk.time");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(kernel_words_know(&words, cases[i].word),
				 cases[i].known);
	kernel_words_deinit(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
