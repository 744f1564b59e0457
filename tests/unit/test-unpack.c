// SPDX-License-Identifier: GPL-2.0-or-later
/* Packages that want to write where they should not, and packages that are none. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/unpack.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	char *deb;
	char *target;
};

static const struct unpack_rule rules[] = {
	{ "boot/", "boot/" },
	{ "usr/lib/modules/", "lib/modules/" },
	{ "bin/one", "one" },
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-unpack", &f->root));
	f->deb = path_join(f->root, "x.deb");
	f->target = path_join(f->root, "target");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	temp_dir_free(f->root);
	free(f->deb);
	free(f->target);
	free(f);
	return 0;
}

struct member {
	const char *name;
	const char *data;
	const char *link; /* a symbolic link to this */
	const char *hard; /* a hard link to this */
};

/* data.tar of the members, compressed as the filter says. */
static size_t make_tar(const struct member *members, int filter, void *buffer,
		       size_t capacity)
{
	struct archive *tar = archive_write_new();
	size_t used = 0;

	archive_write_set_format_gnutar(tar);
	archive_write_add_filter(tar, filter);
	assert_int_equal(archive_write_open_memory(tar, buffer, capacity, &used), 0);
	for (; members->name; members++) {
		struct archive_entry *entry = archive_entry_new();
		size_t size = members->data ? strlen(members->data) : 0;

		archive_entry_set_pathname(entry, members->name);
		archive_entry_set_filetype(entry, members->link ? AE_IFLNK : AE_IFREG);
		archive_entry_set_perm(entry, 06755);
		archive_entry_set_size(entry, (la_int64_t)size);
		if (members->link)
			archive_entry_set_symlink(entry, members->link);
		if (members->hard)
			archive_entry_set_hardlink(entry, members->hard);
		assert_int_equal(archive_write_header(tar, entry), 0);
		if (size)
			assert_int_equal(archive_write_data(tar, members->data, size),
					 size);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(tar), 0);
	archive_write_free(tar);
	return used;
}

static void make_deb(const char *path, const char *name, const void *data, size_t size)
{
	struct archive *ar = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_ar_svr4(ar);
	assert_int_equal(archive_write_open_filename(ar, path), 0);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	assert_int_equal(archive_write_header(ar, entry), 0);
	assert_int_equal(archive_write_data(ar, data, size), size);
	archive_entry_free(entry);
	assert_int_equal(archive_write_close(ar), 0);
	archive_write_free(ar);
}

static struct error *unpack(struct fixture *f, const struct member *members, int filter,
			    const char *name)
{
	static uint8_t buffer[1 << 20];
	size_t size = make_tar(members, filter, buffer, sizeof(buffer));

	make_deb(f->deb, name, buffer, size);
	assert_ok(tree_remove(f->target));
	return package_unpack(f->deb, rules, ARRAY_SIZE(rules), f->target, NULL);
}

static bool has_target(const struct fixture *f, const char *name)
{
	_cleanup_free_ char *path = path_join(f->target, name);

	return path_exists(path);
}

static void test_takes_what_the_rules_say(void **state)
{
	static const struct {
		int filter;
		const char *name;
	} packings[] = {
		{ ARCHIVE_FILTER_XZ, "data.tar.xz" },
		{ ARCHIVE_FILTER_ZSTD, "data.tar.zst" },
		{ ARCHIVE_FILTER_GZIP, "data.tar.gz" },
		{ ARCHIVE_FILTER_NONE, "data.tar" },
	};
	const struct member members[] = {
		{ .name = "./boot/vmlinuz", .data = "kernel" },
		{ .name = "./usr/lib/modules/1/a.ko", .data = "module" },
		{ .name = "./usr/lib/modules/1/build", .link = "/usr/src/x" },
		{ .name = "./bin/one", .data = "program" },
		{ .name = "./bin/one-more", .data = "program" },
		{ .name = "./usr/share/doc/x", .data = "text" },
		{ 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		_cleanup_free_ char *path = path_join(f->target, "one");
		_cleanup_free_ char *line = NULL;
		struct stat st;

		assert_ok(unpack(f, members, packings[i].filter, packings[i].name));
		assert_true(has_target(f, "boot/vmlinuz"));
		assert_true(has_target(f, "lib/modules/1/a.ko"));
		assert_false(has_target(f, "lib/modules/1/build"));
		assert_false(has_target(f, "usr"));
		assert_false(has_target(f, "bin"));
		assert_ok(file_read_line(path, &line));
		assert_string_equal(line, "program");
		/* Executable as the package says, but never set-uid. */
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 06111, 0111);
	}
}

static void test_names_that_lead_outside(void **state)
{
	static const char *const names[] = { "./boot/../../evil", "/../boot/evil",
					     "boot/x/../../../evil", ".//boot/.." };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct member members[] = { { .name = names[i], .data = "x" },
						  { 0 } };

		assert_error(unpack(f, members, ARCHIVE_FILTER_GZIP, "data.tar.gz"),
			     ERROR_CORRUPT, "leads out of the archive");
	}
}

/* First a link out of the directory, then a file through it. */
static void test_links_are_not_followed(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *outside = path_join(f->root, "outside");
	_cleanup_free_ char *evil = path_join(outside, "evil");
	const struct member members[] = {
		{ .name = "boot/link", .link = outside },
		{ .name = "boot/link/evil", .data = "x" },
		{ .name = "boot/hard", .hard = "/etc/passwd" },
		{ 0 },
	};

	assert_ok(dir_make(outside, 0755));
	assert_ok(unpack(f, members, ARCHIVE_FILTER_GZIP, "data.tar.gz"));
	assert_false(path_exists(evil));
	assert_false(has_target(f, "boot/hard"));
	assert_true(has_target(f, "boot/link/evil"));
}

static void test_no_package(void **state)
{
	const struct member none[] = { { 0 } };
	const struct member one[] = { { .name = "boot/x", .data = "x" }, { 0 } };
	struct fixture *f = *state;

	assert_error(unpack(f, none, ARCHIVE_FILTER_GZIP, "control.tar.gz"),
		     ERROR_CORRUPT, "no data.tar");
	assert_ok(unpack(f, one, ARCHIVE_FILTER_GZIP, "data.tar.gz"));
	/* Cut off in the middle. */
	assert_int_equal(truncate(f->deb, 120), 0);
	assert_error(package_unpack(f->deb, rules, ARRAY_SIZE(rules), f->target, NULL),
		     ERROR_CORRUPT, "x.deb");
	assert_ok(file_write(f->deb, "hello", 5, 0644));
	assert_error(package_unpack(f->deb, rules, ARRAY_SIZE(rules), f->target, NULL),
		     ERROR_CORRUPT, "x.deb");
	assert_error(package_unpack("/nonexistent.deb", rules, 1, f->target, NULL),
		     ERROR_OS, "No such file");
}

static struct error *refuse(const char *stage, uint64_t done, uint64_t total,
			    void *argument)
{
	return error_new(ERROR_INTERRUPTED, "stopped");
}

static void test_can_be_stopped(void **state)
{
	const struct member one[] = { { .name = "boot/x", .data = "x" }, { 0 } };
	const struct fetch_progress progress = { refuse, NULL };
	struct fixture *f = *state;

	assert_ok(unpack(f, one, ARCHIVE_FILTER_GZIP, "data.tar.gz"));
	assert_error(package_unpack(f->deb, rules, ARRAY_SIZE(rules), f->target,
				    &progress),
		     ERROR_INTERRUPTED, "stopped");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_takes_what_the_rules_say), TEST(test_names_that_lead_outside),
		TEST(test_links_are_not_followed),   TEST(test_no_package),
		TEST(test_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
