// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of recipes, where recipes are found, and what they become in a plan. */
#include "image/recipe.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/recipe-fill.h"
#include "os/file.h"
#include "unit.h"

static struct error *parse(const char *text, struct recipe *ret)
{
	return recipe_parse("/r/x.recipe", text, strlen(text), ret);
}

static void test_header(void **state)
{
	_cleanup_recipe_ struct recipe plain = { 0 }, full = { 0 }, alone = { 0 };

	assert_ok(parse("dir /dev 0755 0 0", &plain));
	assert_null(plain.about);
	assert_null(plain.init);
	assert_int_equal(plain.format, RECIPE_INITRAMFS);
	assert_false(plain.alone || plain.console);

	assert_false(plain.ready);
	assert_ok(parse("# first\r\n\n about  a   root \nformat ext4\n"
			"init /sbin/init console ready\ndir / 0755 0 0\n",
			&full));
	assert_string_equal(full.about, "a root");
	assert_int_equal(full.format, RECIPE_EXT4);
	assert_string_equal(full.init, "/sbin/init");
	assert_true(full.console && full.ready);
	assert_false(full.alone);
	assert_int_equal(full.items[0].line, 6);

	assert_ok(parse("init /init alone\npipe /p 644 0 0\n", &alone));
	assert_true(alone.alone && alone.console);
}

/* As in Linux, usr/gen_init_cpio.c. */
static void test_lines_of_gen_init_cpio(void **state)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };
	const struct recipe_item *item;

	assert_ok(parse("dir\t/root 0700 1 2\n"
			"nod /dev/console 0600 0 0 c 5 1\n"
			"nod /dev/loop0 644 0 6 b 7 0\n"
			"slink /bin/sh busybox 0777 0 0\n"
			"pipe /pipe 0600 0 0\n"
			"sock /socket 0600 0 0\n"
			"file /bin/x /usr/src/x 04755 0 0 /bin/y\n",
			&recipe));
	assert_int_equal(recipe.count, 7);
	item = recipe.items;
	assert_int_equal(item->kind, RECIPE_DIRECTORY);
	assert_string_equal(item->name, "/root");
	assert_int_equal(item->mode, S_IFDIR | 0700);
	assert_int_equal(item->uid, 1);
	assert_int_equal(item->gid, 2);
	item++;
	assert_int_equal(item->mode, S_IFCHR | 0600);
	assert_int_equal(item->device, makedev(5, 1));
	item++;
	assert_int_equal(item->mode, S_IFBLK | 0644);
	assert_int_equal(item->gid, 6);
	item++;
	assert_int_equal(item->kind, RECIPE_SYMLINK);
	assert_string_equal(item->source, "busybox");
	item++;
	assert_int_equal(item->mode, S_IFIFO | 0600);
	item++;
	assert_int_equal(item->mode, S_IFSOCK | 0600);
	item++;
	assert_int_equal(item->mode, S_IFREG | 04755);
	assert_string_equal(item->source, "/usr/src/x");
	assert_string_equal(item->more.items[0], "/bin/y");
}

static void test_klabs_own_words(void **state)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };

	assert_ok(parse("busybox /bin/busybox applets\n"
			"program /init hello.c 0755 0 0 -nostdlib -g\n"
			"text /etc/x 0644 0 0\n"
			"  | first\n"
			"# not in it\n"
			"\n"
			"\t|   two more blanks\n"
			"\t|\n"
			"\t|last",
			&recipe));
	assert_true(recipe.items[0].applets);
	assert_string_equal(recipe.items[1].source, "hello.c");
	assert_int_equal(recipe.items[1].more.count, 2);
	assert_string_equal(recipe.items[1].more.items[1], "-g");
	assert_string_equal(text_str(&recipe.items[2].content),
			    "first\n  two more blanks\n\nlast\n");
}

static void test_words_of_disks(void **state)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };

	assert_ok(parse("format ext4\nsuite bookworm\nsetup /setup\n"
			"slink /bin usr/bin 0777 0 0\n"
			"packages udev libc6\npackages g++ 7zip\n",
			&recipe));
	assert_string_equal(recipe.suite, "bookworm");
	assert_string_equal(recipe.setup, "/setup");
	assert_int_equal(recipe.packages.count, 4);
	assert_int_equal(recipe.count, 2);
	assert_int_equal(recipe.items[1].kind, RECIPE_PACKAGES);
	assert_int_equal(strlen(recipe.digest), 64);
}

static void test_mistakes_name_the_line(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "/r/x.recipe:1: a recipe of nothing" },
		{ "about nothing\n", "a recipe of nothing" },
		{ "\ndri /dev 0755 0 0\n", "/r/x.recipe:2: \"dri\" is no word" },
		{ "dir /dev 0755 0\n", "/r/x.recipe:1: dir takes NAME MODE UID GID" },
		{ "dir /dev 0755 0 0 0\n", "dir takes" },
		{ "dir /dev 0999 0 0\n", "\"0999\" is no mode" },
		{ "dir /dev 10000 0 0\n", "no mode" },
		{ "dir /dev -1 0 0\n", "no mode" },
		{ "dir /dev 0755 root 0\n", "\"root\" is no user's number" },
		{ "dir /dev 0755 0 4294967295\n", "no group's number" },
		{ "dir /dev 0755 99999999999999999999999 0\n", "no user's number" },
		{ "dir /a/../../etc 0755 0 0\n", "/a/../../etc leads out of the image" },
		{ "file .. /etc/passwd 0644 0 0\n", ".. leads out of the image" },
		{ "file /a b 0644 0 0 /../c\n", "/../c leads out" },
		{ "nod /dev/x 0600 0 0 d 1 1\n", "\"d\" is no kind of device" },
		{ "nod /dev/x 0600 0 0 c 4096 1\n", "no major number" },
		{ "nod /dev/x 0600 0 0 c 1 1048576\n", "no minor number" },
		{ "format ext4\npackages -oDebug=1\n", "\"-oDebug=1\" is no package" },
		{ "format ext4\npackages Udev\n", "no package" },
		{ "suite ../x\n", "\"../x\" is no suite" },
		{ "setup x\n", "not an absolute path" },
		{ "packages udev\n", "need \"format ext4\"" },
		{ "dir /x 0755 0 0\nsetup /x\n", "need \"format ext4\"" },
		{ "format zip\n", "\"zip\" is no format" },
		{ "init sbin/init\n", "not an absolute path" },
		{ "init /sbin/init beside\n", "\"beside\" is no word for an init" },
		{ "init /init ready alone\n", "leave out alone or ready" },
		{ "init /../init\n", "leads out" },
		{ "busybox /bin/busybox all\n", "\"all\" is not applets" },
		{ "| text\n", "a \"|\" without a text" },
		{ "dir /dev 0755 0 0\n| text\n",
		  "/r/x.recipe:2: a \"|\" without a text" },
		{ "\x1b[31m\n", "\"\\x1b[31m\" is no word" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct recipe recipe;

		assert_error(parse(rows[i].text, &recipe), ERROR_CORRUPT, rows[i].why);
	}
}

static void test_bytes_that_are_no_text(void **state)
{
	static const char text[] = "dir /dev 0755 0 0\ndir /\0etc 0755 0 0\n";
	struct recipe recipe;

	assert_error(recipe_parse("x", text, sizeof(text) - 1, &recipe), ERROR_CORRUPT,
		     "x:2: a NUL byte");
}

/* ---- files ---- */

struct fixture {
	char *root;
	struct store *store;
	struct plan *plan;
	struct image_options options;
};

static int setup(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-recipe", &f->root));
	store = path_join(f->root, "store");
	assert_ok(store_open(store, &f->store));
	f->plan = plan_new();
	f->options.arch = arch_host();
	setenv("XDG_CONFIG_HOME", f->root, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	plan_free(f->plan);
	store_free(f->store);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void write_file(const struct fixture *f, const char *name, const char *content)
{
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_free_ char *directory = path_parent(path);

	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(path, content, strlen(content), 0644));
}

/* A recipe of the user's, and what lies beside it, become a plan. */
static struct error *fill(const struct fixture *f, const char *text)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };

	write_file(f, "klab/images/mine.recipe", text);
	TRY(recipe_find("mine", &recipe));
	return recipe_fill(&recipe, f->store, &f->options, f->plan);
}

static void test_found_by_name_and_by_path(void **state)
{
	struct fixture *f = *state;
	_cleanup_recipe_ struct recipe usual = { 0 }, own = { 0 }, path = { 0 };
	_cleanup_free_ char *file = path_join(f->root, "klab/images/busybox.recipe");
	_cleanup_strv_ struct strv names = { 0 };
	struct recipe none;

	assert_ok(recipe_find("busybox", &usual));
	assert_true(usual.count > 20);
	assert_null(usual.init);
	write_file(f, "klab/images/busybox.recipe", "about mine\ndir /dev 0755 0 0\n");
	write_file(f, "klab/images/mine.recipe", "dir /dev 0755 0 0\n");
	assert_ok(recipe_find("busybox", &own));
	assert_string_equal(own.about, "mine");
	assert_ok(recipe_find(file, &path));
	assert_string_equal(path.about, "mine");
	assert_true(recipe_exists("mine"));
	assert_false(recipe_exists("yours"));
	assert_false(recipe_exists(""));
	assert_false(recipe_exists("../images/mine"));
	recipe_names(&names);
	assert_true(strv_contains(&names, "mine"));
	assert_true(strv_contains(&names, "sysv"));
	assert_error(recipe_find("yours", &none), ERROR_NOT_FOUND,
		     "there is no recipe \"yours\"");
	assert_error(recipe_find("./yours.recipe", &none), ERROR_OS,
		     "./yours.recipe: No such file");
	assert_error(recipe_find("/etc/", &none), ERROR_OS, "Is a directory");
}

/* All of klab's own can be read. */
static void test_klabs_own_recipes(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };

	recipe_names(&names);
	assert_true(names.count >= 5);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_recipe_ struct recipe recipe = { 0 };

		assert_ok(recipe_find(names.items[i], &recipe));
		assert_non_null(recipe.about);
	}
}

static void test_lines_become_entries(void **state)
{
	struct fixture *f = *state;
	const struct plan_inode *inode;

	write_file(f, "klab/images/beside", "content");
	assert_ok(fill(f, "dir /a 0700 0 0\n"
			  "file /a/one beside 0640 0 0\n"
			  "text /a/two 0755 0 0\n| #!/bin/sh\n"
			  "text /a/none 0644 0 0\n"
			  "slink /b a 0777 0 0\n"
			  "nod /b/null 0666 0 0 c 1 3\n"
			  "text /a/two 0755 1000 100\n| later wins\n"
			  "file /x beside 0600 0 0 /x2 /a/x3\n"));
	inode = plan_find(f->plan, "/a/one")->inode;
	assert_int_equal(inode->kind, PLAN_FILE);
	assert_int_equal(inode->mode, S_IFREG | 0640);
	inode = plan_find(f->plan, "/a/two")->inode;
	assert_int_equal(inode->length, strlen("later wins\n"));
	assert_int_equal(inode->attributes.uid, 1000);
	assert_int_equal(inode->attributes.gid, 100);
	inode = plan_find(f->plan, "/x")->inode;
	assert_int_equal(inode->links, 3);
	assert_ptr_equal(inode, plan_find(f->plan, "/a/x3")->inode);
	inode = plan_find(f->plan, "/a/null")->inode;
	assert_int_equal(inode->device, makedev(1, 3));
}

static void test_what_cannot_be_filled_in(void **state)
{
	struct fixture *f = *state;

	assert_error(fill(f, "\nfile /a beside 0644 0 0\n"), ERROR_OS,
		     "mine.recipe:2: the file ");
	assert_error(fill(f, "file /a /etc 0644 0 0\n"), ERROR_CORRUPT,
		     "mine.recipe:1: /etc is not a file");
	assert_error(fill(f, "text /a 0644 0 0\ndir /a/b 0755 0 0\n"), ERROR_USAGE,
		     "mine.recipe:2: /a is a file in the image");
	assert_error(fill(f, "program /a none.c 0755 0 0\n"), ERROR_OS,
		     "mine.recipe:1: the source ");
}

static void test_programs_are_compiled_once(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *first = NULL, *second = NULL, *third = NULL;
	const char recipe[] = "program /init p.c 0755 0 0 -DX=1\n";

	write_file(f, "klab/images/p.h", "#define STATUS 0\n");
	write_file(f, "klab/images/p.c",
		   "#include \"p.h\"\nint main(void) { return STATUS; }\n");
	assert_ok(fill(f, recipe));
	first = xstrdup(plan_find(f->plan, "/init")->inode->text);
	assert_ok(fill(f, recipe));
	second = xstrdup(plan_find(f->plan, "/init")->inode->text);
	assert_string_equal(first, second);
	/* What it includes is a part of it. */
	write_file(f, "klab/images/p.h", "#define STATUS 1\n");
	assert_ok(fill(f, recipe));
	third = xstrdup(plan_find(f->plan, "/init")->inode->text);
	assert_string_not_equal(first, third);
}

static void test_a_source_that_does_not_compile(void **state)
{
	struct fixture *f = *state;
	struct store_entry *entries = NULL;
	size_t count = 0;

	write_file(f, "klab/images/p.c", "int main(void) { return nothing; }\n");
	assert_error(fill(f, "program /init p.c 0755 0 0\n"), ERROR_CORRUPT,
		     "p.c does not compile for ");
	assert_error(fill(f, "program /init p.c 0755 0 0\n"), ERROR_CORRUPT, "p.c:1:");
	assert_ok(store_list(f->store, "program", &entries, &count));
	assert_int_equal(count, 0);
	store_entries_free(entries, count);
}

static void test_no_compiler(void **state)
{
	struct fixture *f = *state;

	write_file(f, "klab/images/p.c", "int main(void) { return 0; }\n");
	f->options.cross_compile = "no-such-";
	assert_error(fill(f, "program /init p.c 0755 0 0\n"), ERROR_MISSING,
		     "there is no compiler no-such-gcc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_lines_of_gen_init_cpio),
		cmocka_unit_test(test_klabs_own_words),
		cmocka_unit_test(test_words_of_disks),
		cmocka_unit_test(test_mistakes_name_the_line),
		cmocka_unit_test(test_bytes_that_are_no_text),
		cmocka_unit_test_setup_teardown(test_found_by_name_and_by_path, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_klabs_own_recipes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_become_entries, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_filled_in, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_programs_are_compiled_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_source_that_does_not_compile,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_compiler, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
