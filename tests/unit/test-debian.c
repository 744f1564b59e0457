// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packages of a recipe, from an archive that this test makes and signs itself: which
 * they are, that they are checked, and what is unpacked.
 */
#include "image/debian.h"

#include <stdio.h>
#include <unistd.h>

#include "archive-fixture.h"

struct fixture {
	struct archive_fixture archive;
	struct recipe recipe;
	struct fetch_options fetch;
};

static int set_up(void **state)
{
	static const char text[] = "format ext4\nslink /bin usr/bin 0777 0 0\n"
				   "packages tool\ntext /etc/x 0644 0 0\n";
	struct fixture *f = xnew(struct fixture);
	struct archive_fixture *archive = &f->archive;

	archive_fixture_init(archive);
	MAKE(archive, "plain", "amd64", "base", "1:2.0-1", "libbase", "Essential: yes");
	MAKE(archive, "plain", "amd64", "libbase", "3");
	MAKE(archive, "plain", "amd64", "tool", "4", "libtool (>= 1) | other");
	MAKE(archive, "plain", "amd64", "libtool", "5");
	MAKE(archive, "plain", "amd64", "nobody-wants-it", "6");
	sign(archive);
	f->fetch = (struct fetch_options){ .mirror = archive->uri,
					   .keyring = archive->keyring };
	assert_ok(recipe_parse("x.recipe", text, strlen(text), &f->recipe));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	recipe_deinit(&f->recipe);
	archive_fixture_deinit(&f->archive);
	free(f);
	return 0;
}

static struct error *open_it(const struct fixture *f, struct debian **ret)
{
	return debian_open(f->archive.store, &f->recipe, "test", arch_find("x86_64"),
			   &f->fetch, ret);
}

static bool is_downloaded(const struct debian *debian, const char *file)
{
	_cleanup_free_ char *path = path_join(debian_directory(debian), file);

	return path_exists(path);
}

static void test_what_is_needed_comes(void **state)
{
	struct fixture *f = *state;
	_cleanup_(debian_freep) struct debian *debian = NULL;
	uint64_t bytes;

	assert_ok(open_it(f, &debian));
	assert_int_equal(debian_count(debian, &bytes), 4);
	assert_true(bytes > 1000);
	assert_true(is_downloaded(debian, "base_1%3a2.0-1_amd64.deb"));
	assert_true(is_downloaded(debian, "libbase_3_amd64.deb"));
	assert_true(is_downloaded(debian, "tool_4_amd64.deb"));
	assert_true(is_downloaded(debian, "libtool_5_amd64.deb"));
	assert_false(is_downloaded(debian, "nobody-wants-it_6_amd64.deb"));
	debian_forget(debian);
	assert_false(is_downloaded(debian, "tool_4_amd64.deb"));
}

static void test_the_essential_ones_are_unpacked(void **state)
{
	struct fixture *f = *state;
	_cleanup_(debian_freep) struct debian *debian = NULL;
	_cleanup_(plan_freep) struct plan *plan = plan_new();

	assert_ok(open_it(f, &debian));
	assert_ok(debian_unpack(debian, plan, f->archive.root));
	assert_non_null(plan_find(plan, "/usr/share/base/content"));
	assert_non_null(plan_find(plan, "/usr/share/libbase/content"));
	assert_null(plan_find(plan, "/usr/share/tool/content"));
}

/* What lies there from an interrupted or a wrong download. */
static void test_a_file_that_is_not_the_archives(void **state)
{
	struct fixture *f = *state;
	_cleanup_(debian_freep) struct debian *first = NULL, *second = NULL,
					      *third = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ uint8_t *broken = NULL;

	assert_ok(open_it(f, &first));
	path = path_join(debian_directory(first), "tool_4_amd64.deb");
	assert_ok(file_read(path, 1 << 20, &bytes));
	broken = xmemdup(bytes.data, bytes.size);
	broken[bytes.size / 2] ^= 1;
	assert_ok(file_write(path, broken, bytes.size, 0644));
	debian_free(take_ptr(first));
	assert_error(open_it(f, &second), ERROR_CORRUPT, "tool_4_amd64.deb is not what");
	assert_ok(open_it(f, &third));
}

static void test_what_the_archive_lacks(void **state)
{
	struct fixture *f = *state;
	struct debian *debian;

	strv_push(&f->recipe.packages, "no-such-package");
	assert_error(open_it(f, &debian), ERROR_NOT_FOUND, "no-such-package");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_needed_comes),
		TEST(test_the_essential_ones_are_unpacked),
		TEST(test_a_file_that_is_not_the_archives),
		TEST(test_what_the_archive_lacks),
	};

	if (!archive_fixture_is_possible())
		return 77; /* meson: skipped; tests/skips has to list it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
