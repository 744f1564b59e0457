// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/cmdline: what start_kernel() does with words. */
#include "lab/cmdline.h"

#include "base/mem.h"
#include "unit.h"

static void explain_line(const char *line, struct cmdline *ret)
{
	_cleanup_kernel_words_ struct kernel_words words = { 0 };

	strv_push(&words.early, "quiet");
	strv_push(&words.early, "console");
	strv_push(&words.setups, "init=");
	strv_push(&words.setups, "rdinit=");
	strv_push(&words.parameters, "printk.time");
	cmdline_explain(line, &words, ret);
}

/* "word:use|word:use", then arguments and environment, joined by "|". */
static void check(const char *line, const char *uses, const char *arguments,
		  const char *environment)
{
	_cleanup_cmdline_ struct cmdline cmdline = { 0 };
	_cleanup_strv_ struct strv found = { 0 };
	_cleanup_free_ char *got_uses = NULL, *got_arguments = NULL, *got = NULL;

	explain_line(line, &cmdline);
	for (size_t i = 0; i < cmdline.count; i++)
		strv_pushf(&found, "%s:%s", cmdline.words[i].text,
			   cmdline_use_name(cmdline.words[i].use));
	got_uses = strv_join(&found, "|");
	got_arguments = strv_join(&cmdline.arguments, "|");
	got = strv_join(&cmdline.environment, "|");
	assert_string_equal(got_uses, uses);
	assert_string_equal(got_arguments, arguments);
	assert_string_equal(got, environment);
}

static void test_words(void **state)
{
	check("quiet a=b  c.d=e word",
	      "quiet:kernel|a=b:environment|c.d=e:module|word:argument", "word",
	      "HOME=/|TERM=linux|a=b");
	check(" printk.time=1 -- quiet x=y c.d\n",
	      "printk.time=1:kernel|--:end|quiet:argument|x=y:argument|c.d:argument",
	      "quiet|x=y|c.d", "HOME=/|TERM=linux");
	check("TERM=vt100 a=1 a=2 ab=3",
	      "TERM=vt100:environment|a=1:environment|"
	      "a=2:environment|ab=3:environment",
	      "", "HOME=/|TERM=vt100|a=2|ab=3");
	check("hung_task_panic=1 =x", "hung_task_panic=1:kernel|=x:argument", "=x",
	      "HOME=/|TERM=linux");
	check("", "", "", "HOME=/|TERM=linux");
}

static void test_init_forgets(void **state)
{
	check("one init=/x two", "one:forgotten|init=/x:kernel|two:argument", "two",
	      "HOME=/|TERM=linux");
	check("a=b one rdinit=/x", "a=b:environment|one:forgotten|rdinit=/x:kernel", "",
	      "HOME=/|TERM=linux|a=b");
}

static void test_quotes(void **state)
{
	check("a=\"b c\" \"d=e f\" \"g h\"",
	      "a=\"b c\":environment|\"d=e f\":environment|\"g h\":argument", "g h",
	      "HOME=/|TERM=linux|a=b c|d=e f");
	/* Those in the middle stay. */
	check("x\"y z\" a=b\"c d\"", "x\"y z\":argument|a=b\"c d\":environment",
	      "x\"y z\"", "HOME=/|TERM=linux|a=b\"c d\"");
	check("-- \"a b\"=c \"", "--:end|\"a b\"=c:argument|\":argument", "a b\"=c|",
	      "HOME=/|TERM=linux");
	check("a=\"", "a=\":environment", "", "HOME=/|TERM=linux|a=");
}

static void test_limits(void **state)
{
	_cleanup_cmdline_ struct cmdline cmdline = { 0 };
	_cleanup_text_ struct text line = { 0 };

	for (int i = 0; i < 32; i++)
		text_appendf(&line, "w%d ", i);
	explain_line(text_str(&line), &cmdline);
	assert_null(cmdline.panic);
	assert_int_equal(cmdline.arguments.count, 32);
	cmdline_deinit(&cmdline);
	text_append(&line, "last");
	explain_line(text_str(&line), &cmdline);
	assert_string_equal(cmdline.panic, "last");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_init_forgets),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
