// SPDX-License-Identifier: GPL-2.0-or-later
/* Kconfig files as kernels have them, and expressions of theirs. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/kconfig-symbols.h"
#include "unit.h"

static const char top[] = "mainmenu \"Linux\"\n"
			  "source \"scripts/Kconfig.include\"\n"
			  "source \"arch/$(SRCARCH)/Kconfig\"\n"
			  "source \"nowhere/Kconfig\"\n"
			  "config LAST\n\tbool \"the last\"\n";
static const char arch[] = "config X86\n"
			   "\tdef_bool y\n"
			   "\tselect ACPI_CORE if ACPI && \\\n"
			   "\t\tPCI\n"
			   "\n"
			   "menu \"Bus # options\"\n"
			   "\tdepends on HAS_BUS # said of all in it\n"
			   "\n"
			   "config PCI\n"
			   "\tbool \"PCI support\"\n"
			   "\tdepends on MMU\n"
			   "\thelp\n"
			   "\t  Say y.\n"
			   "\n"
			   "\t  config NOT_THIS\n"
			   "\t  depends on HELP\n"
			   "if PCI\n"
			   "comment \"only a remark\"\n"
			   "\tdepends on REMARK\n"
			   "config PCI_MSI\n"
			   "\ttristate \"Interrupts\" if EXPERT\n"
			   "\tdefault y if depends\n"
			   "endif\n"
			   "endmenu\n"
			   "choice\n"
			   "\tprompt \"Compression\"\n"
			   "\tdepends on KERNEL\n"
			   "config GZIP\n"
			   "\tbool \"gzip\"\n"
			   "config XZ\n"
			   "\tbool \"xz\"\n"
			   "endchoice\n"
			   "config NAME\n"
			   "\tstring \"a # name\"\n"
			   "config PCI\n"
			   "\tbool\n";

struct sources {
	const char *arch;
	unsigned int opened;
};

static struct error *open_source(const char *path, const char **ret_text,
				 size_t *ret_size, void *argument)
{
	struct sources *sources = argument;

	sources->opened++;
	if (streq(path, "Kconfig"))
		*ret_text = top;
	else if (streq(path, "arch/$(SRCARCH)/Kconfig"))
		*ret_text = sources->arch;
	else
		return NULL;
	*ret_size = strlen(*ret_text);
	return NULL;
}

static struct kconfig_symbols read_symbols(const char *text)
{
	struct sources sources = { .arch = text };
	const struct kconfig_source source = { .open = open_source,
					       .argument = &sources };
	struct kconfig_symbols symbols = { 0 };

	assert_ok(kconfig_symbols_read("Kconfig", &source, &symbols));
	assert_int_equal(sources.opened, 4);
	return symbols;
}

static void assert_conditions(const struct kconfig_definition *definition,
			      const char *wanted)
{
	_cleanup_free_ char *all = strv_join(&definition->conditions, "; ");

	assert_string_equal(all, wanted);
}

static void test_what_an_option_depends_on(void **state)
{
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = read_symbols(arch);
	const struct kconfig_definition *pci = kconfig_find(&symbols, "PCI");
	const struct kconfig_definition *msi = kconfig_find(&symbols, "PCI_MSI");

	assert_conditions(pci, "HAS_BUS; MMU");
	assert_true(pci->has_prompt);
	assert_conditions(msi, "HAS_BUS; PCI; EXPERT");
	assert_int_equal(msi->type, KCONFIG_TRISTATE);
	assert_conditions(kconfig_find(&symbols, "LAST"), "");
	assert_false(kconfig_find(&symbols, "X86")->has_prompt);
	assert_int_equal(kconfig_find(&symbols, "NAME")->type, KCONFIG_STRING);
}

static void test_help_is_no_definition(void **state)
{
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = read_symbols(arch);

	assert_null(kconfig_find(&symbols, "NOT_THIS"));
	assert_non_null(kconfig_find(&symbols, "PCI_MSI"));
}

static void test_choice(void **state)
{
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = read_symbols(arch);
	const struct kconfig_definition *gzip = kconfig_find(&symbols, "GZIP");

	assert_true(gzip->choice);
	assert_int_equal(gzip->choice, kconfig_find(&symbols, "XZ")->choice);
	assert_false(kconfig_find(&symbols, "NAME")->choice);
	assert_conditions(gzip, "KERNEL");
}

static void test_select_over_two_lines(void **state)
{
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = read_symbols(arch);

	assert_int_equal(symbols.select_count, 1);
	assert_string_equal(symbols.selects[0].target, "ACPI_CORE");
	assert_string_equal(symbols.selects[0].by, "X86");
	assert_non_null(strstr(symbols.selects[0].condition, "ACPI &&"));
	assert_non_null(strstr(symbols.selects[0].condition, "PCI"));
}

static void test_files_that_source_each_other(void **state)
{
	struct sources sources = { .arch = "source \"Kconfig\"\n" };
	const struct kconfig_source source = { .open = open_source,
					       .argument = &sources };
	struct kconfig_symbols symbols = { 0 };

	assert_error(kconfig_symbols_read("Kconfig", &source, &symbols), ERROR_CORRUPT,
		     "source each other");
}

/* More ends than beginnings, and what is cut off. */
static void test_broken_files(void **state)
{
	static const char *const broken[] = {
		"endif\nendmenu\nendchoice\n",
		"config",
		"config A\n\tbool \"no end",
		"config A\n\tselect",
		"if",
		"help\n",
		"source \"\n",
		"\\",
	};

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct sources sources = { .arch = broken[i] };
		const struct kconfig_source source = { .open = open_source,
						       .argument = &sources };
		_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = { 0 };

		assert_ok(kconfig_symbols_read("Kconfig", &source, &symbols));
		assert_non_null(kconfig_find(&symbols, "LAST"));
	}
}

static const char *value_of(const char *name, void *argument)
{
	static const char *const values[][2] = {
		{ "Y", "y" },	   { "M", "m" },      { "N", "n" },
		{ "GCC", "1201" }, { "TEXT", "abc" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (streq(values[i][0], name))
			return values[i][1];
	}
	return NULL;
}

static void assert_value(const char *expression, char wanted)
{
	char value = kconfig_evaluate(expression, value_of, NULL);

	if (value != wanted)
		fail_msg("\"%s\" is %c, wanted %c", expression, value, wanted);
}

static void test_expressions(void **state)
{
	assert_value("Y", 'y');
	assert_value("Y && M", 'm');
	assert_value("Y&&M||Y", 'y');
	assert_value("N || M && Y", 'm');
	assert_value("!M", 'm');
	assert_value("!(Y && N)", 'y');
	assert_value("!Y || UNHEARD_OF", 'n');
	assert_value("M != y", 'y');
	assert_value("M = n || TEXT = \"abc\"", 'y');
	assert_value("GCC >= 90100", 'n');
	assert_value("GCC<1300", 'y');
	assert_value("$(cc-option,-fsan=(x)) && M", 'm');
	assert_value("", 'n');
	assert_value("((((", 'n');
}

/* As deep as it may be, and much deeper. */
static void test_deep_expression(void **state)
{
	_cleanup_text_ struct text text = { 0 };

	for (size_t i = 0; i < 200000; i++)
		text_append(&text, "!(");
	(void)kconfig_evaluate(text_str(&text), value_of, NULL);
	text_truncate(&text, 0);
	for (size_t i = 0; i < 300; i++)
		text_append(&text, "N && ");
	text_append(&text, "Y");
	assert_value(text_str(&text), 'n');
}

static void assert_unmet(const char *expression, char wanted, const char *names)
{
	_cleanup_strv_ struct strv unmet = { 0 };
	_cleanup_free_ char *all = NULL;

	kconfig_unmet(expression, wanted, value_of, NULL, &unmet);
	all = strv_join(&unmet, "; ");
	assert_string_equal(all, names);
}

static void test_what_is_not_met(void **state)
{
	assert_unmet("Y && Y", 'y', "");
	assert_unmet("N && Y && !Y", 'y', "N; !Y");
	assert_unmet("M", 'y', "M");
	assert_unmet("M", 'm', "");
	assert_unmet("Y && (N || UNHEARD_OF)", 'y', "N || UNHEARD_OF");
	assert_unmet("(N && (Y && N2))", 'm', "N; N2");
	assert_unmet("N && N", 'y', "N");
	assert_unmet("GCC > 90000 && TEXT != \"a&&b\"", 'y', "GCC > 90000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_an_option_depends_on),
		cmocka_unit_test(test_help_is_no_definition),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_select_over_two_lines),
		cmocka_unit_test(test_files_that_source_each_other),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_deep_expression),
		cmocka_unit_test(test_what_is_not_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
