// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding Debian's archive in the apt sources of many kinds of hosts. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/sources.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *apt;
	struct repository found;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-sources", &f->apt));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	repository_deinit(&f->found);
	temp_dir_free(f->apt);
	free(f);
	return 0;
}

static void write_sources(struct fixture *f, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(f->apt, name);
	_cleanup_free_ char *parent = path_parent(path);

	assert_ok(dir_make(parent, 0755));
	assert_ok(file_write(path, text, strlen(text), 0644));
}

static struct error *find(struct fixture *f, const char *suite)
{
	repository_deinit(&f->found);
	f->found = (struct repository){ 0 };
	return repository_find(&(struct repository_options){ .apt = f->apt,
							     .suite = suite },
			       &f->found);
}

static void test_deb822(void **state)
{
	struct fixture *f = *state;

	write_sources(f, "sources.list.d/debian.sources",
		      "# a comment\n"
		      "Types: deb deb-src\n"
		      "URIs: http://mirror.example/debian\n"
		      "# in between\n"
		      "Suites: bookworm bookworm-updates\n"
		      "Components: main contrib\n"
		      "Signed-By: /keys/debian.gpg\n"
		      "\n"
		      "types: deb\n"
		      "URIs: http://mirror.example/debian-security/\n"
		      "Suites: bookworm-security\n"
		      "Components: main\n"
		      "Signed-By: /keys/security.gpg\n");
	assert_ok(find(f, NULL));
	assert_string_equal(f->found.uri, "http://mirror.example/debian");
	assert_string_equal(f->found.suite, "bookworm");
	assert_string_equal(f->found.signed_by, "/keys/debian.gpg");
	/* A suite that has an entry of its own. */
	assert_ok(find(f, "bookworm-security"));
	assert_string_equal(f->found.uri, "http://mirror.example/debian-security/");
	assert_string_equal(f->found.signed_by, "/keys/security.gpg");
	/* One that the host does not use. */
	assert_ok(find(f, "sid"));
	assert_string_equal(f->found.uri, "http://mirror.example/debian");
	assert_string_equal(f->found.suite, "sid");
}

static void test_one_line(void **state)
{
	struct fixture *f = *state;

	write_sources(
		f, "sources.list",
		"#deb http://old.example/debian buster main\n"
		"deb cdrom:[Debian 12]/ bookworm main\n"
		"deb-src http://mirror.example/debian bookworm main\n"
		"deb\t[arch=amd64 signed-by=/keys/d.gpg]  http://mirror.example/debian "
		"bookworm main # it\n");
	assert_ok(find(f, NULL));
	assert_string_equal(f->found.uri, "http://mirror.example/debian");
	assert_string_equal(f->found.suite, "bookworm");
	assert_string_equal(f->found.signed_by, "/keys/d.gpg");
}

static void test_no_signed_by(void **state)
{
	struct fixture *f = *state;

	write_sources(f, "sources.list", "deb http://mirror.example/debian/ trixie main");
	assert_ok(find(f, NULL));
	assert_null(f->found.signed_by);
}

static void test_inline_key(void **state)
{
	struct fixture *f = *state;

	write_sources(
		f, "sources.list.d/x.sources",
		"Types: deb\nURIs: https://mirror.example/debian\nSuites: sid\n"
		"Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
		" .\n mDMEY\n -----END PGP PUBLIC KEY BLOCK-----\n");
	assert_ok(find(f, NULL));
	assert_non_null(strstr(f->found.signed_by, "\n .\n mDMEY\n"));
}

static void test_foreign_entries_do_not_count(void **state)
{
	struct fixture *f = *state;

	write_sources(f, "sources.list.d/a.list",
		      "deb [signed-by=/keys/x.gpg] https://x.example/apt stable main\n"
		      "deb https://y.example/ubuntu jammy main\n"
		      "deb https://z.example/debian bookworm contrib\n");
	write_sources(f, "sources.list.d/b.sources",
		      "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\n"
		      "Suites: sid\nComponents: main\n");
	write_sources(f, "sources.list.d/c.sources.save",
		      "Types: deb\nURIs: http://save.example/debian\n"
		      "Suites: sid\nComponents: main\n");
	assert_error(find(f, NULL), ERROR_MISSING, "no Debian archive");
}

/* The archive under another name is known by its keys; a mirror list by its file. */
static void test_unusual_addresses(void **state)
{
	struct fixture *f = *state;

	write_sources(f, "sources.list",
		      "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
		      "http://cache.example:3142/deb bookworm main\n");
	assert_ok(find(f, NULL));
	assert_string_equal(f->found.uri, "http://cache.example:3142/deb");
	write_sources(f, "sources.list",
		      "deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\n");
	assert_ok(find(f, NULL));
	assert_string_equal(f->found.uri, "mirror+file:/etc/apt/mirrors/debian.list");
}

static void test_mirror_of_the_user(void **state)
{
	struct fixture *f = *state;
	struct repository_options options = { .apt = f->apt,
					      .mirror = "http://my.example/d",
					      .keyring = "/keys/mine.gpg" };

	assert_ok(repository_find(&options, &f->found));
	assert_string_equal(f->found.uri, "http://my.example/d");
	assert_string_equal(f->found.suite, "stable");
	assert_string_equal(f->found.signed_by, "/keys/mine.gpg");
	repository_deinit(&f->found);

	write_sources(f, "sources.list",
		      "deb [signed-by=/keys/host.gpg] http://mirror.example/debian "
		      "bookworm main\n");
	options.keyring = NULL;
	assert_ok(repository_find(&options, &f->found));
	assert_string_equal(f->found.uri, "http://my.example/d");
	assert_string_equal(f->found.suite, "bookworm");
	assert_string_equal(f->found.signed_by, "/keys/host.gpg");
}

static void test_nonsense(void **state)
{
	struct fixture *f = *state;

	write_sources(f, "sources.list",
		      "deb\ndeb [\ndeb [x\n]\n \n\ndeb a\n[] deb\n\xff\n");
	write_sources(f, "sources.list.d/x.sources", ":\n x\nURIs\n\n\nURIs:\nSuites:\n");
	assert_error(find(f, NULL), ERROR_MISSING, "no Debian archive");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_deb822),
		TEST(test_one_line),
		TEST(test_no_signed_by),
		TEST(test_inline_key),
		TEST(test_foreign_entries_do_not_count),
		TEST(test_unusual_addresses),
		TEST(test_mirror_of_the_user),
		TEST(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
