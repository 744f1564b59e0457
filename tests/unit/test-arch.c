// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of architectures: that each row is whole, and that no two answer to one name. */
#include "unit.h"

#include <elf.h>
#include <sys/utsname.h>

#include "arch/arch.h"
#include "base/text.h"

static void test_rows_are_whole(void **state)
{
	for (const struct arch *const *p = arch_all(); *p; p++) {
		const struct arch *arch = *p;
		const char *const strings[] = {
			arch->name,	  arch->debian,		arch->kernel,
			arch->qemu,	  arch->qemu_package,	arch->cross,
			arch->cpu_tcg,	  arch->cpu_kvm,	arch->console,
			arch->virtio_bus, arch->append_nokaslr, arch->debian_flavour,
		};

		for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
			assert_non_null(strings[i]);
			assert_string_not_equal(strings[i], "");
		}
		assert_non_null(arch->append_fast);
		assert_non_null(arch->aliases);
		assert_non_null(arch->channel_modules[0]);
		assert_non_null(arch->machines[0].name);
		assert_non_null(arch->machines[0].options);
		assert_true(has_prefix(arch->qemu, "qemu-system-"));
		assert_true(has_suffix(arch->cross, "-"));
		assert_true(arch->memory_default >= UINT64_C(256) << 20);
	}
}

static void test_each_name_finds_its_own_row(void **state)
{
	for (const struct arch *const *p = arch_all(); *p; p++) {
		assert_ptr_equal(arch_find((*p)->name), *p);
		assert_ptr_equal(arch_by_debian((*p)->debian), *p);
		assert_ptr_equal(arch_by_elf((*p)->elf_machine), *p);
		/* What people type for `--arch`, kbuild's ARCH= and Debian's word too. */
		assert_ptr_equal(arch_find((*p)->debian), *p);
		assert_ptr_equal(arch_find((*p)->kernel), *p);
		for (const char *const *alias = (*p)->aliases; *alias; alias++)
			assert_ptr_equal(arch_find(*alias), *p);
		assert_non_null(strstr(arch_names(), (*p)->name));
	}
}

static void test_unknown_is_null(void **state)
{
	assert_null(arch_find("vax"));
	assert_null(arch_find(""));
	assert_null(arch_find("x86_6"));
	assert_null(arch_by_debian("x86_64"));
	assert_null(arch_by_elf(EM_VAX));
}

static void test_machines(void **state)
{
	const struct arch *x86 = arch_find("x86_64");

	assert_string_equal(arch_machine_find(x86, NULL)->name, "q35");
	assert_string_equal(arch_machine_find(x86, "pc")->name, "pc");
	assert_null(arch_machine_find(x86, "virt"));
	assert_string_equal(arch_machine_find(arch_find("arm64"), NULL)->name, "virt");
}

static void test_host(void **state)
{
	struct utsname host;

	assert_int_equal(uname(&host), 0);
	assert_ptr_equal(arch_host(), arch_find(host.machine));
}

static void test_names_are_made_once(void **state)
{
	assert_ptr_equal(arch_names(), arch_names());
	assert_string_equal(arch_names(), "x86_64, aarch64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_each_name_finds_its_own_row),
		cmocka_unit_test(test_unknown_is_null),
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_names_are_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
