// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Module dependencies, over module files made here: the smallest ELF objects that have a
 * .modinfo section.
 */
#include <elf.h>
#include <lzma.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/kernel.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	struct kernel kernel;
	struct kernel_module *modules;
	size_t count;
	struct strv missing;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-modules", &f->root));
	f->kernel.modules = f->root;
	*state = f;
	return 0;
}

static void drop_result(struct fixture *f)
{
	kernel_modules_free(f->modules, f->count);
	f->modules = NULL;
	f->count = 0;
	strv_deinit(&f->missing);
	f->missing = (struct strv){ 0 };
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	drop_result(f);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static const char section_names[] = "\0.modinfo\0.shstrtab";

/* info: "key=value" strings, each with its NUL. */
static void make_object(struct text *object, const char *info, size_t info_size)
{
	const size_t info_at = sizeof(Elf64_Ehdr);
	const size_t names_at = info_at + info_size;
	const size_t headers_at = (names_at + sizeof(section_names) + 7) & ~(size_t)7;
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = headers_at,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
		.e_shstrndx = 2,
	};
	const Elf64_Shdr sections[3] = {
		{ .sh_type = SHT_NULL },
		{ .sh_name = 1,
		  .sh_type = SHT_PROGBITS,
		  .sh_offset = info_at,
		  .sh_size = info_size },
		{ .sh_name = 10,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = names_at,
		  .sh_size = sizeof(section_names) },
	};

	text_append_bytes(object, &header, sizeof(header));
	text_append_bytes(object, info, info_size);
	text_append_bytes(object, section_names, sizeof(section_names));
	while (object->length < headers_at)
		text_append_char(object, '\0');
	text_append_bytes(object, sections, sizeof(sections));
}

static void write_compressed(const char *path, const struct text *object)
{
	uint8_t out[8192];
	size_t size = 0;

	if (has_suffix(path, ".xz"))
		assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL,
							 (uint8_t *)object->data,
							 object->length, out, &size,
							 sizeof(out)),
				 LZMA_OK);
	else
		size = ZSTD_compress(out, sizeof(out), object->data, object->length, 3);
	assert_ok(file_write(path, out, size, 0644));
}

/* A module at kernel/NAME, and more of its .modinfo: "depends=a,b", "softdep=..." */
static void make_module(struct fixture *f, const char *name, const char *const *info)
{
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_free_ char *parent = path_parent(path);
	_cleanup_text_ struct text strings = { 0 };
	_cleanup_text_ struct text object = { 0 };

	text_append_bytes(&strings, "license=GPL", 12);
	for (size_t i = 0; info[i]; i++)
		text_append_bytes(&strings, info[i], strlen(info[i]) + 1);
	make_object(&object, strings.data, strings.length);
	assert_ok(dir_make(parent, 0755));
	if (has_suffix(path, ".ko"))
		assert_ok(file_write(path, object.data, object.length, 0644));
	else
		write_compressed(path, &object);
}

#define MODULE(f, name, ...) \
	make_module(f, name, (const char *const[]){ __VA_ARGS__, NULL })

static void write_list(struct fixture *f, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(f->root, name);

	assert_ok(file_write(path, text, strlen(text), 0644));
}

/* The names in load order, as one line. */
static char *closure(struct fixture *f, const char *const *wanted)
{
	struct text line = { 0 };

	drop_result(f);
	assert_ok(kernel_modules_closure(&f->kernel, wanted, &f->modules, &f->count,
					 &f->missing));
	for (size_t i = 0; i < f->count; i++)
		text_appendf(&line, "%s%s", i ? " " : "", f->modules[i].name);
	return text_take(&line);
}

#define assert_closure(f, expected, ...)                                        \
	do {                                                                    \
		_cleanup_free_ char *_line =                                    \
			closure(f, (const char *const[]){ __VA_ARGS__, NULL }); \
		assert_string_equal(_line, expected);                           \
	} while (0)

static void assert_missing(const struct fixture *f, const char *expected)
{
	_cleanup_free_ char *line = strv_join(&f->missing, " ");

	assert_string_equal(line, expected);
}

static void test_dependencies_come_first_and_once(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=b-x,c");
	MODULE(f, "kernel/b-x.ko", "depends=d");
	MODULE(f, "kernel/c.ko", "depends=d");
	MODULE(f, "kernel/d.ko", "depends=");
	assert_closure(f, "d b_x c a", "a", "c");
	assert_missing(f, "");
	assert_true(has_suffix(f->modules[1].path, "/kernel/b-x.ko"));
}

static void test_compressed(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko.xz", "depends=b");
	MODULE(f, "kernel/b.ko.zst", "depends=");
	write_list(f, "modules.order", "kernel/a.ko\nkernel/b.ko\n");
	assert_closure(f, "b a", "a");
	assert_true(has_suffix(f->modules[0].path, "/b.ko.zst"));
}

static void test_builtin_is_not_missing(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=");
	write_list(f, "modules.builtin", "kernel/drivers/virtio/virtio-ring.ko\n");
	assert_closure(f, "a", "virtio_ring", "virtio-ring", "a", "nosuch");
	assert_missing(f, "nosuch");
}

static void test_missing_dependency_is_said(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=gone");
	assert_closure(f, "a", "a");
	assert_missing(f, "gone");
}

static void test_soft_dependencies(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=b", "softdep=pre: c crypto-sum gone post: d");
	MODULE(f, "kernel/b.ko", "depends=");
	MODULE(f, "kernel/c.ko", "depends=");
	MODULE(f, "kernel/d.ko", "depends=");
	MODULE(f, "kernel/sum_generic.ko", "depends=");
	assert_closure(f, "c sum_generic b a d", "a");
	assert_missing(f, "");
}

static void test_cycle_ends(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=b");
	MODULE(f, "kernel/b.ko", "depends=a", "softdep=pre: b a post: a");
	assert_closure(f, "b a", "a");
}

static void test_aliases(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/net.ko", "depends=ring", "alias=virtio:d00000001v*");
	MODULE(f, "kernel/disk.ko", "depends=ring", "alias=virtio:d00000002v*");
	MODULE(f, "kernel/ring.ko", "depends=");
	MODULE(f, "kernel/tiny.ko", "depends=", "alias=fs-tiny");
	assert_closure(f, "ring disk tiny", "virtio:d00000002v00001AF4", "fs-tiny",
		       "fs-none");
	assert_missing(f, "fs-none");
}

/* Added later, as DKMS does: in no list. */
static void test_module_outside_of_the_list(void **state)
{
	struct fixture *f = *state;

	MODULE(f, "kernel/a.ko", "depends=");
	MODULE(f, "updates/dkms/b.ko", "depends=a");
	write_list(f, "modules.order", "kernel/a.ko\n");
	assert_closure(f, "a b", "b");
}

/* A tree lists objects since 6.x, modules before; a stray .ko that is not listed is an
 * old build's. */
static void test_build_tree(void **state)
{
	struct fixture *f = *state;

	f->kernel.modules_tree = true;
	MODULE(f, "fs/a.ko", "depends=b");
	MODULE(f, "lib/b.ko", "depends=");
	MODULE(f, "old/c.ko", "depends=");
	write_list(f, "modules.order", "fs/a.o\nlib/b.ko\nlib/not-built.o\n");
	assert_closure(f, "b a", "a", "c", "not_built");
	assert_missing(f, "c not_built");
}

static void test_hostile_list(void **state)
{
	struct fixture *f = *state;

	write_list(f, "modules.order", "/etc/a.ko\n../../b.ko\n\n\nko\n.ko\nx\n");
	assert_closure(f, "", "a", "b");
	assert_missing(f, "a b");
}

static void test_broken_module(void **state)
{
	struct fixture *f = *state;
	const char *const wanted[] = { "a", NULL };

	write_list(f, "a.ko",
		   "this is no ELF file, but long enough to be one: "
		   "0123456789012345678901234567890123456789");
	assert_error(kernel_modules_closure(&f->kernel, wanted, &f->modules, &f->count,
					    &f->missing),
		     ERROR_CORRUPT, "a.ko is no kernel module");
}

static void test_kernel_without_modules(void **state)
{
	struct fixture *f = *state;

	f->kernel.modules = NULL;
	assert_closure(f, "", "virtio_pci");
	assert_missing(f, "virtio_pci");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_dependencies_come_first_and_once),
		TEST(test_compressed),
		TEST(test_builtin_is_not_missing),
		TEST(test_missing_dependency_is_said),
		TEST(test_soft_dependencies),
		TEST(test_cycle_ends),
		TEST(test_aliases),
		TEST(test_module_outside_of_the_list),
		TEST(test_build_tree),
		TEST(test_hostile_list),
		TEST(test_broken_module),
		TEST(test_kernel_without_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
