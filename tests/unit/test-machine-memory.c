// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel and initramfs against the guest's memory. */
#include "unit.h"

#include <elf.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "vm/machine.h"

#define MIB (UINT64_C(1) << 20)

struct fixture {
	char *directory;
	struct machine machine;
};

/* A vmlinux of one segment of 32 MiB at 16 MiB, with only its headers. */
static void write_kernel(const char *path, uint64_t memory_size)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segment;
		uint8_t bytes[64];
	} file = {
		.head = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = 16 * MIB,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.p_filesz = 64,
			.p_memsz = memory_size,
			.p_vaddr = 0xffffffff81000000,
			.p_paddr = 16 * MIB,
			.p_align = 4096,
		},
	};

	assert_ok(file_write(path, &file, sizeof(file), 0600));
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .machine = { .arch = arch_find("x86_64") } };
	assert_ok(temp_dir_make("klab-memory", &f.directory));
	f.machine.kernel = path_join(f.directory, "vmlinux");
	f.machine.initrd = path_join(f.directory, "initrd");
	write_kernel(f.machine.kernel, 32 * MIB);
	assert_ok(file_write(f.machine.initrd, "", 0, 0600));
	assert_int_equal(truncate(f.machine.initrd, 10 * MIB), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	machine_deinit(&f->machine);
	temp_dir_free(f->directory);
	return 0;
}

/* 16 + 32 MiB of kernel, twice 10 of initramfs, 48 to run: 116. */
static void test_the_edge(void **state)
{
	struct machine *m = &((struct fixture *)*state)->machine;

	m->memory = 116 * MIB;
	assert_ok(machine_check_memory(m));
	m->memory--;
	assert_error(machine_check_memory(m), ERROR_UNSUPPORTED,
		     "its kernel reaches up to 48 MiB");
}

static void test_the_hint_is_true(void **state)
{
	struct machine *m = &((struct fixture *)*state)->machine;
	_cleanup_error_ struct error *err = NULL;

	m->memory = 64 * MIB;
	err = machine_check_memory(m);
	assert_non_null(err);
	assert_string_equal(error_hint_text(err), "-m 128M would do.");
	m->memory = 128 * MIB;
	assert_ok(machine_check_memory(m));
}

static void test_hostile_sizes(void **state)
{
	struct machine *m = &((struct fixture *)*state)->machine;
	_cleanup_error_ struct error *err = NULL;

	m->memory = 512 * MIB;
	write_kernel(m->kernel, UINT64_MAX - 17 * MIB);
	err = machine_check_memory(m);
	assert_non_null(err);
}

static void test_more_than_the_host(void **state)
{
	struct machine *m = &((struct fixture *)*state)->machine;

	m->memory = UINT64_C(1) << 50;
	assert_error(machine_check_memory(m), ERROR_UNSUPPORTED, "more than the ");
}

static void test_no_kernel_file(void **state)
{
	struct machine *m = &((struct fixture *)*state)->machine;

	m->memory = 512 * MIB;
	assert_int_equal(unlink(m->initrd), 0);
	assert_error(machine_check_memory(m), ERROR_OS, "initrd: No such file");
	assert_ok(file_write(m->kernel, "nonsense", 8, 0600));
	assert_error(machine_check_memory(m), ERROR_UNSUPPORTED, "vmlinux: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_hint_is_true, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_kernel_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
