// SPDX-License-Identifier: GPL-2.0-or-later
/* The ELF reader, on a made vmlinux, on this very program, and on damaged files. */
#include "files.h"

#include "format/elf.h"
#include "os/file.h"

static struct elf opened(const struct text *file)
{
	struct elf elf;

	assert_ok(elf_open((const uint8_t *)file->data, file->length, &elf));
	return elf;
}

static void test_vmlinux(void **state)
{
	_cleanup_text_ struct text file = tests_file("fuzz/corpus/kernel-image/vmlinux");
	struct elf elf = opened(&file);
	char id[ELF_BUILD_ID_SIZE];
	struct elf_section section;
	struct elf_segment segment;
	const uint8_t *bytes;
	size_t size;

	assert_true(elf.is_64);
	assert_int_equal(elf.machine, EM_X86_64);
	assert_int_equal(elf.segment_count, 4);
	assert_true(elf_segment(&elf, 0, &segment));
	assert_true(segment.virtual_address == UINT64_C(0xffffffff81000000));
	assert_int_equal(segment.physical_address, 0x1000000);
	assert_false(elf_segment(&elf, 4, &segment));
	assert_true(elf_section_find(&elf, ".BTF", &section));
	assert_memory_equal(elf_section_bytes(&elf, &section), "\x9f\xeb", 2);
	assert_false(elf_section_find(&elf, ".BT", NULL));
	assert_false(elf_section_find(&elf, ".debug_info", NULL));
	assert_true(elf_note_find(&elf, "Xen", 18, &bytes, &size));
	assert_int_equal(size, 8);
	assert_false(elf_note_find(&elf, "Xe", 18, &bytes, &size));
	assert_false(elf_note_find(&elf, "Xen", 19, &bytes, &size));
	assert_true(elf_build_id(&elf, id));
	assert_string_equal(id, "000102030405060708090a0b0c0d0e0f10111213");
	assert_int_equal(elf_file_size(&elf), file.length);
}

static void test_this_program(void **state)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct elf_section section;
	struct elf elf;

	assert_ok(file_map("/proc/self/exe", &bytes));
	assert_ok(elf_open(bytes.data, bytes.size, &elf));
	assert_true(elf.type == ET_DYN || elf.type == ET_EXEC);
	assert_true(elf_section_find(&elf, ".text", NULL));
	assert_true(elf_section_find(&elf, ".symtab", &section));
	assert_non_null(elf_section_bytes(&elf, &section));
	assert_true(elf_section_find(&elf, ".bss", &section));
	assert_null(elf_section_bytes(&elf, &section));
	assert_true(elf_file_size(&elf) <= bytes.size);
}

static void test_what_is_cut_off_is_not_there(void **state)
{
	_cleanup_text_ struct text file = tests_file("fuzz/corpus/kernel-image/vmlinux");
	struct elf_segment segment;
	const uint8_t *bytes;
	struct elf elf;
	size_t size;

	assert_error(elf_open((const uint8_t *)file.data, 63, &elf), ERROR_CORRUPT,
		     "ends in its header");
	assert_error(elf_open((const uint8_t *)file.data, 3, &elf), ERROR_UNSUPPORTED,
		     "not an ELF file");
	assert_ok(elf_open((const uint8_t *)file.data, 64 + 56, &elf));
	assert_true(elf_segment(&elf, 0, &segment));
	assert_false(elf_segment(&elf, 1, &segment));
	assert_false(elf_section_find(&elf, ".text", NULL));
	assert_false(elf_note_find(&elf, "Xen", 18, &bytes, &size));
	assert_true(elf_file_size(&elf) > 64 + 56);
}

static void test_other_kinds(void **state)
{
	_cleanup_text_ struct text file = tests_file("fuzz/corpus/kernel-image/vmlinux");
	struct elf elf;

	file.data[EI_DATA] = ELFDATA2MSB;
	assert_error(elf_open((const uint8_t *)file.data, file.length, &elf),
		     ERROR_UNSUPPORTED, "big-endian");
	file.data[EI_DATA] = ELFDATA2LSB;
	file.data[EI_CLASS] = ELFCLASS32;
	elf = opened(&file);
	assert_false(elf.is_64);
	assert_int_equal(elf.machine, EM_X86_64);
	assert_int_equal(elf.segment_count, 0);
}

/* More than 65,279 sections: the counts are in section 0 then. */
static void test_counts_in_section_0(void **state)
{
	_cleanup_text_ struct text file = tests_file("fuzz/corpus/kernel-image/vmlinux");
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)file.data;
	Elf64_Shdr *first = (Elf64_Shdr *)(void *)(file.data + header->e_shoff);
	struct elf elf;

	first->sh_size = header->e_shnum;
	first->sh_link = header->e_shstrndx;
	header->e_shnum = 0;
	header->e_shstrndx = SHN_XINDEX;
	elf = opened(&file);
	assert_int_equal(elf.section_count, 5);
	assert_true(elf_section_find(&elf, ".BTF", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vmlinux),
		cmocka_unit_test(test_this_program),
		cmocka_unit_test(test_what_is_cut_off_is_not_there),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_counts_in_section_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
