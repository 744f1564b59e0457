// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of entries: order, parents, links on the way, what replaces what. */
#include "image/plan.h"

#include <limits.h>
#include <stdio.h>

#include "base/text.h"
#include "unit.h"

static const struct stat file_st = { .st_ino = 7, .st_size = 3 };

static int plan_setup(void **state)
{
	*state = plan_new();
	return 0;
}

static int plan_teardown(void **state)
{
	plan_free(*state);
	return 0;
}

static struct error *list_entry(const char *path, const struct plan_entry *entry,
				void *argument)
{
	static const char letters[] = {
		[PLAN_DIRECTORY] = 'd', [PLAN_SYMLINK] = 'l', [PLAN_NODE] = 'n',
		[PLAN_BYTES] = 'b',	[PLAN_FILE] = 'f',    [PLAN_MODULE] = 'm',
		[PLAN_SPOOLED] = 's'
	};

	text_appendf(argument, "%c %s\n", letters[entry->inode->kind], path);
	return NULL;
}

static void assert_listing(const struct plan *plan, const char *wanted)
{
	_cleanup_text_ struct text listing = { 0 };

	assert_ok(plan_visit(plan, list_entry, &listing));
	assert_non_null(after_prefix(text_str(&listing), "d .\n"));
	assert_string_equal(after_prefix(text_str(&listing), "d .\n"), wanted);
}

static struct error *add_text(struct plan *plan, const char *path, const char *text)
{
	return plan_add_bytes(plan, path, 0644, text, strlen(text));
}

static void test_entries_are_sorted_and_parents_come_first(void **state)
{
	assert_ok(add_text(*state, "/b/2", "x"));
	assert_ok(add_text(*state, "/b/10", "x"));
	assert_ok(add_text(*state, "a", "x"));
	assert_ok(add_text(*state, "//b//1/../0", "x"));
	assert_ok(add_text(*state, "/b.c", "x"));
	assert_listing(*state, "b a\nd b\nb b/0\nd b/1\nb b/10\nb b/2\nb b.c\n");
}

static void test_made_parents_can_be_entered_by_anyone(void **state)
{
	assert_ok(add_text(*state, "/x/y/z", "x"));
	assert_int_equal(plan_find(*state, "/x/y")->inode->mode, S_IFDIR | 0755);
}

static void test_later_wins(void **state)
{
	assert_ok(add_text(*state, "/init", "old"));
	assert_ok(plan_add_file(*state, "/init", 0755, "/host/init", &file_st));
	assert_int_equal(plan_find(*state, "/init")->inode->kind, PLAN_FILE);
	assert_ok(plan_add_directory(*state, "/etc", 0755));
	assert_ok(plan_add_directory(*state, "/etc", 0700));
	assert_int_equal(plan_find(*state, "/etc")->inode->mode, S_IFDIR | 0700);
	assert_listing(*state, "d etc\nf init\n");
}

static void test_parents_follow_links_of_the_plan(void **state)
{
	assert_ok(plan_add_symlink(*state, "/bin", "usr/bin"));
	assert_ok(plan_add_symlink(*state, "/usr/sbin", "../bin"));
	assert_ok(plan_add_symlink(*state, "/abs", "/usr/sbin/.."));
	assert_ok(add_text(*state, "/bin/a", "x"));
	assert_ok(add_text(*state, "/usr/sbin/b", "x"));
	assert_ok(add_text(*state, "/abs/c", "x"));
	assert_listing(*state, "l abs\nl bin\nd usr\nd usr/bin\nb usr/bin/a\n"
			       "b usr/bin/b\nb usr/c\nl usr/sbin\n");
	assert_non_null(plan_find(*state, "/usr/sbin/a"));
}

/* A file laid over the link of an applet must not go through it into busybox. */
static void test_a_file_replaces_a_link(void **state)
{
	assert_ok(add_text(*state, "/bin/busybox", "b"));
	assert_ok(plan_add_symlink(*state, "/bin/ls", "busybox"));
	assert_ok(add_text(*state, "/bin/ls", "mine"));
	assert_listing(*state, "d bin\nb bin/busybox\nb bin/ls\n");
	assert_int_equal(plan_find(*state, "/bin/busybox")->inode->length, 1);
}

static void test_a_directory_goes_into_a_link_to_a_directory(void **state)
{
	assert_ok(plan_add_symlink(*state, "/lib", "usr/lib"));
	assert_ok(plan_add_directory(*state, "/lib", 0750));
	assert_ok(add_text(*state, "/lib/x", "x"));
	assert_listing(*state, "l lib\nd usr\nd usr/lib\nb usr/lib/x\n");
	assert_int_equal(plan_find(*state, "/usr/lib")->inode->mode, S_IFDIR | 0750);
}

static void test_a_directory_replaces_a_file(void **state)
{
	assert_ok(add_text(*state, "/x", "x"));
	assert_ok(plan_add_directory(*state, "/x", 0755));
	assert_ok(add_text(*state, "/x/y", "x"));
	assert_listing(*state, "d x\nb x/y\n");
}

static void test_nothing_replaces_a_full_directory(void **state)
{
	assert_ok(add_text(*state, "/d/x", "x"));
	assert_error(add_text(*state, "/d", "x"), ERROR_USAGE, "/d is a directory");
	assert_error(plan_add_symlink(*state, "/d", "x"), ERROR_USAGE, "not empty");
	assert_ok(plan_add_directory(*state, "/empty", 0755));
	assert_ok(plan_add_symlink(*state, "/empty", "d"));
	assert_listing(*state, "d d\nb d/x\nl empty\n");
}

static void test_nothing_is_below_a_file(void **state)
{
	assert_ok(add_text(*state, "/a/f", "x"));
	assert_error(add_text(*state, "/a/f/g", "x"), ERROR_USAGE, "/a/f is a file");
}

static void test_a_loop_of_links_is_an_error(void **state)
{
	assert_ok(plan_add_symlink(*state, "/a", "b"));
	assert_ok(plan_add_symlink(*state, "/b", "a"));
	assert_error(add_text(*state, "/a/x", "x"), ERROR_USAGE, "too many symlinks");
	assert_null(plan_find(*state, "/a/x"));
	assert_ok(plan_add_symlink(*state, "/self", "self/self"));
	assert_error(plan_add_directory(*state, "/self", 0755), ERROR_USAGE, "symlinks");
}

static void test_no_path_leaves_the_root(void **state)
{
	assert_ok(add_text(*state, "/../../x", "x"));
	assert_ok(plan_add_symlink(*state, "/up", "../../.."));
	assert_ok(add_text(*state, "/up/y", "x"));
	assert_listing(*state, "l up\nb x\nb y\n");
}

static void test_paths_that_name_nothing(void **state)
{
	assert_error(add_text(*state, "", "x"), ERROR_USAGE, "names no file");
	assert_error(add_text(*state, "/", "x"), ERROR_USAGE, "names no file");
	assert_error(add_text(*state, "/a/..", "x"), ERROR_USAGE, "names no file");
	assert_error(add_text(*state, "/a/.", "x"), ERROR_USAGE, "names no file");
}

/* A file of this name at the root would end the archive for the kernel. */
static void test_the_trailer_is_no_name(void **state)
{
	assert_error(add_text(*state, "/TRAILER!!!", "x"), ERROR_USAGE,
		     "ends the archive");
	assert_error(add_text(*state, "/TRAILER!!!/x", "x"), ERROR_USAGE, "ends the");
	assert_ok(add_text(*state, "/d/TRAILER!!!", "x"));
}

static void test_too_long_names_and_paths(void **state)
{
	_cleanup_text_ struct text path = { 0 };

	for (int i = 0; i < NAME_MAX + 1; i++)
		text_append_char(&path, 'n');
	assert_error(add_text(*state, text_str(&path), "x"), ERROR_USAGE, "256 bytes");
	text_truncate(&path, 0);
	while (path.length < PATH_MAX)
		text_append(&path, "/0123456789");
	assert_error(add_text(*state, text_str(&path), "x"), ERROR_USAGE, "longer than");
}

static void test_a_hard_link_is_the_same_until_something_replaces_it(void **state)
{
	assert_ok(add_text(*state, "/a", "old"));
	assert_ok(plan_add_link(*state, "/d/b", "/a"));
	assert_ok(plan_add_link(*state, "/a", "a"));
	assert_ptr_equal(plan_find(*state, "/a")->inode,
			 plan_find(*state, "/d/b")->inode);
	assert_int_equal(plan_find(*state, "/a")->inode->links, 2);
	assert_ok(add_text(*state, "/a", "other"));
	assert_int_equal(plan_find(*state, "/d/b")->inode->length, 3);
	assert_int_equal(plan_find(*state, "/d/b")->inode->links, 1);
	assert_error(plan_add_link(*state, "/x", "/nothing"), ERROR_USAGE,
		     "/x is a hard link to /nothing");
	assert_error(plan_add_link(*state, "/x", "/d"), ERROR_USAGE,
		     "hard link to the directory");
}

/* Also those that are written at another place than where they were asked for. */
static void test_attributes_are_of_what_was_added_last(void **state)
{
	const struct plan_attributes attributes = { .uid = 7, .mtime = 9 };

	assert_ok(plan_add_symlink(*state, "/lib", "usr/lib"));
	assert_ok(plan_add_directory(*state, "/lib", 0755));
	plan_set_attributes(*state, &attributes);
	assert_int_equal(plan_find(*state, "/usr/lib")->inode->attributes.uid, 7);
	assert_int_equal(plan_find(*state, "/lib")->inode->attributes.uid, 0);
}

static void test_numbers_go_by_the_walk_and_links_have_one(void **state)
{
	assert_ok(add_text(*state, "/z", "x"));
	assert_ok(plan_add_link(*state, "/a", "/z"));
	assert_ok(add_text(*state, "/b", "x"));
	assert_int_equal(plan_number(*state, 2, 11), 13);
	assert_int_equal(plan_find(*state, "/z")->inode->number, 11);
	assert_int_equal(plan_find(*state, "/b")->inode->number, 12);
}

static void key_of(struct plan *plan, char ret[DIGEST_HEX_SIZE])
{
	struct digest *digest = digest_new();

	plan_digest(plan, digest);
	digest_hex(digest, ret);
	digest_free(digest);
}

/* Each of these alone makes another image, so another key. */
static void test_the_digest_sees_every_difference(void **state)
{
	struct stat other_size = file_st, other_time = file_st, other_inode = file_st;
	struct plan_xattr xattr = { .name = (char *)"user.a",
				    .value = (char *)"v",
				    .size = 1 };
	const struct plan_attributes owner = { .uid = 1 }, time = { .mtime = 1 };
	const struct plan_attributes xattrs = { .xattrs = &xattr, .xattr_count = 1 };
	struct plan *plans[18];
	char keys[ARRAY_SIZE(plans)][DIGEST_HEX_SIZE];
	size_t n = 0;

	other_size.st_size++;
	other_time.st_ctim.tv_nsec++;
	other_inode.st_ino++;
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++)
		plans[i] = plan_new();
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	assert_ok(plan_add_bytes(plans[++n], "/a", 0755, "x", 1));
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "y", 1));
	assert_ok(plan_add_bytes(plans[++n], "/b", 0644, "x", 1));
	assert_ok(plan_add_symlink(plans[++n], "/a", "x"));
	assert_ok(plan_add_directory(plans[++n], "/a", 0755));
	assert_ok(plan_add_node(plans[++n], "/a", S_IFCHR | 0600, 1));
	assert_ok(plan_add_node(plans[++n], "/a", S_IFCHR | 0600, 2));
	assert_ok(plan_add_file(plans[++n], "/a", 0644, "/h", &file_st));
	assert_ok(plan_add_file(plans[++n], "/a", 0644, "/h", &other_size));
	assert_ok(plan_add_file(plans[++n], "/a", 0644, "/h", &other_time));
	assert_ok(plan_add_file(plans[++n], "/a", 0644, "/h", &other_inode));
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	plan_set_attributes(plans[n], &owner);
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	plan_set_attributes(plans[n], &time);
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	plan_set_attributes(plans[n], &xattrs);
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	assert_ok(plan_add_bytes(plans[n], "/b", 0644, "x", 1));
	assert_ok(plan_add_bytes(plans[++n], "/a", 0644, "x", 1));
	assert_ok(plan_add_link(plans[n], "/b", "/a"));
	assert_int_equal(n + 1, ARRAY_SIZE(plans));
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		key_of(plans[i], keys[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i], keys[j]);
		plan_free(plans[i]);
	}
}

static void test_the_digest_does_not_see_the_order(void **state)
{
	struct plan *other = plan_new();
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE];

	assert_ok(add_text(*state, "/x", "1"));
	assert_ok(add_text(*state, "/y", "2"));
	assert_ok(add_text(other, "/y", "2"));
	assert_ok(add_text(other, "/x", "1"));
	key_of(*state, a);
	key_of(other, b);
	assert_string_equal(a, b);
	plan_free(other);
}

#define plan_test(f) cmocka_unit_test_setup_teardown(f, plan_setup, plan_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_entries_are_sorted_and_parents_come_first),
		plan_test(test_made_parents_can_be_entered_by_anyone),
		plan_test(test_later_wins),
		plan_test(test_parents_follow_links_of_the_plan),
		plan_test(test_a_file_replaces_a_link),
		plan_test(test_a_directory_goes_into_a_link_to_a_directory),
		plan_test(test_a_directory_replaces_a_file),
		plan_test(test_nothing_replaces_a_full_directory),
		plan_test(test_nothing_is_below_a_file),
		plan_test(test_a_loop_of_links_is_an_error),
		plan_test(test_no_path_leaves_the_root),
		plan_test(test_paths_that_name_nothing),
		plan_test(test_the_trailer_is_no_name),
		plan_test(test_too_long_names_and_paths),
		plan_test(test_a_hard_link_is_the_same_until_something_replaces_it),
		plan_test(test_attributes_are_of_what_was_added_last),
		plan_test(test_numbers_go_by_the_walk_and_links_have_one),
		plan_test(test_the_digest_sees_every_difference),
		plan_test(test_the_digest_does_not_see_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
