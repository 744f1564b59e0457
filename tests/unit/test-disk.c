// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans as ext4 file systems, judged by e2fsck and debugfs.  How a kernel finds them is
 * seen by tests/vm/root.sh.
 */
#include "image/disk.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/collect.h"
#include "os/file.h"
#include "os/spawn.h"
#include "unit.h"

struct fixture {
	char *root;
	char *path;
	struct store *store;
	struct error *(*fill)(struct fixture *f, struct plan *plan);
	struct disk_recipe recipe;
	const char *key;
};

static struct error *give_key(struct digest *digest, void *argument)
{
	const struct fixture *f = argument;

	digest_add_string(digest, f->key);
	return NULL;
}

static struct error *give_plan(struct plan *plan, const char *spool, void *argument)
{
	struct fixture *f = argument;

	return f->fill(f, plan);
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-disk", &f->root));
	f->path = path_join(f->root, "disk");
	store = path_join(f->root, "store");
	assert_ok(store_open(store, &f->store));
	f->key = "1";
	f->recipe = (struct disk_recipe){
		.key = give_key,
		.fill = give_plan,
		.argument = f,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	temp_dir_free(f->root);
	free(f->path);
	free(f);
	return 0;
}

/* What sh says in the fixture's directory. */
static char *shell(const struct fixture *f, const char *script)
{
	_cleanup_bytes_ struct bytes output = { 0 };
	_cleanup_bytes_ struct bytes messages = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	int status;

	strv_push(&argv, "/bin/sh");
	strv_push(&argv, "-c");
	strv_pushf(&argv, "PATH=/usr/sbin:/sbin:/usr/bin:/bin; cd %s && %s", f->root,
		   script);
	assert_ok(process_capture(strv_argv(&argv), 60000, 4 << 20, &output, &messages,
				  &status));
	if (status)
		fail_msg("%s: %.*s%.*s", script, (int)output.size,
			 (const char *)output.data, (int)messages.size,
			 (const char *)messages.data);
	return output.size ? xstrndup((const char *)output.data, output.size)
			   : xstrdup("");
}

static void assert_shell(const struct fixture *f, const char *script,
			 const char *expected)
{
	_cleanup_free_ char *output = shell(f, script);

	assert_string_equal(output, expected);
}

/* Once because it is marked clean, once because it is. */
#define FSCK \
	"e2fsck -n disk >log 2>&1 && e2fsck -fn disk >log 2>&1 || { cat log; exit 1; }"

static void make(struct fixture *f,
		 struct error *(*fill)(struct fixture *f, struct plan *plan))
{
	_cleanup_disk_ struct disk disk = { 0 };

	f->fill = fill;
	assert_ok(disk_write(&f->recipe, f->path, &disk));
	assert_shell(f, FSCK, "");
}

static struct error *fill_nothing(struct fixture *f, struct plan *plan)
{
	return NULL;
}

static void test_an_empty_one(void **state)
{
	struct fixture *f = *state;

	make(f, fill_nothing);
	assert_shell(f,
		     "debugfs -R 'ls -p /' disk 2>/dev/null | grep . |"
		     "awk -F/ '{ print $3, $6 }'",
		     "040755 .\n040755 ..\n040700 lost+found\n");
}

static struct error *fill_kinds(struct fixture *f, struct plan *plan)
{
	struct plan_xattr xattrs[] = {
		{ .name = (char *)"user.long", .value = f->root, .size = 9 },
		{ .name = (char *)"security.capability",
		  .value = (char *)"\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		  .size = 20 },
	};
	const struct plan_attributes attributes = {
		.uid = 70000, .gid = 131072, .mtime = INT64_C(4999999999), .mtime_ns = 5
	};
	const struct plan_attributes old = { .mtime = -86400 };
	const struct plan_attributes with_xattrs = { .xattrs = xattrs, .xattr_count = 2 };

	TRY(plan_add_bytes(plan, "/etc/owned", 04640, "some\n", 5));
	plan_set_attributes(plan, &attributes);
	TRY(plan_add_bytes(plan, "/etc/empty", 0600, NULL, 0));
	plan_set_attributes(plan, &old);
	TRY(plan_add_link(plan, "/bin/linked", "/etc/owned"));
	TRY(plan_add_symlink(plan, "/etc/short", "owned"));
	TRY(plan_add_symlink(
		plan, "/etc/59",
		"12345678901234567890123456789012345678901234567890123456789"));
	TRY(plan_add_symlink(
		plan, "/etc/60",
		"123456789012345678901234567890123456789012345678901234567890"));
	TRY(plan_add_node(plan, "/dev/small", S_IFCHR | 0620, makedev(5, 1)));
	TRY(plan_add_node(plan, "/dev/large", S_IFBLK | 0660, makedev(259, 70000)));
	TRY(plan_add_node(plan, "/dev/fifo", S_IFIFO | 0600, 0));
	TRY(plan_add_directory(plan, "/tmp", 01777));
	TRY(plan_add_bytes(plan, "/bin/ping", 0755, "x", 1));
	plan_set_attributes(plan, &with_xattrs);
	return NULL;
}

static void test_every_kind(void **state)
{
	struct fixture *f = *state;

	make(f, fill_kinds);
	assert_shell(
		f,
		"for p in etc/owned bin/linked etc/empty etc/short etc/59 etc/60"
		"	dev/small dev/large dev/fifo tmp; do"
		"	debugfs -R \"stat $p\" disk 2>/dev/null |"
		"	grep -oE 'Type: .*Flags|User:.*Size|Links: [0-9]+|mtime:.*--.*|"
		"Fast link dest: .*|Device .*' |"
		"	sed -E 's/ +/ /g; s/ Flags//; s/Project: *0 //; s/ Size//;"
		"	s/ -- .*//' | tr '\\n' ';'; echo; done",
		"Type: regular Mode: 04640;User: 70000 Group: 131072;Links: 2;"
		"mtime: 0x2a05f1ff:00000015;\n"
		"Type: regular Mode: 04640;User: 70000 Group: 131072;Links: 2;"
		"mtime: 0x2a05f1ff:00000015;\n"
		"Type: regular Mode: 0600;User: 0 Group: 0;Links: 1;"
		"mtime: 0xfffeae80:00000000;\n"
		"Type: symlink Mode: 0777;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;Fast link dest: \"owned\";\n"
		"Type: symlink Mode: 0777;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;Fast link dest: "
		"\"12345678901234567890123456789012345678901234567890123456789\";\n"
		"Type: symlink Mode: 0777;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;\n"
		"Type: character special Mode: 0620;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;Device major/minor number: 05:01 (hex "
		"05:01);\n"
		"Type: block special Mode: 0660;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;Device major/minor number: 259:70000 (hex "
		"103:11170);\n"
		"Type: FIFO Mode: 0600;User: 0 Group: 0;Links: 1;"
		"mtime: 0x00000000:00000000;\n"
		"Type: directory Mode: 01777;User: 0 Group: 0;Links: 2;"
		"mtime: 0x00000000:00000000;\n");
	assert_shell(f, "debugfs -R 'cat etc/owned' disk 2>/dev/null", "some\n");
	assert_shell(f, "debugfs -R 'ea_list bin/ping' disk 2>/dev/null | cut -c 1-44",
		     "Extended attributes:\n"
		     "  security.capability (20) = 01 00 00 02 00 \n"
		     "  user.long (9) = \"/tmp/klab\"\n");
}

static struct error *fill_large_attributes(struct fixture *f, struct plan *plan)
{
	_cleanup_free_ char *value = xcalloc(1, 70000);
	struct plan_xattr xattr = { .name = (char *)"user.x", .value = value };
	const struct plan_attributes attributes = { .xattrs = &xattr, .xattr_count = 1 };

	xattr.size = streq(f->key, "too large") ? 5000 : 3000;
	TRY(plan_add_directory(plan, "/d", 0755));
	plan_set_attributes(plan, &attributes);
	return NULL;
}

static void test_attributes_beyond_the_inode(void **state)
{
	struct fixture *f = *state;
	_cleanup_disk_ struct disk disk = { 0 };

	make(f, fill_large_attributes);
	assert_shell(f, "debugfs -R 'ea_list d' disk 2>/dev/null | grep -o '.*)'",
		     "  user.x (3000)\n");
	f->key = "too large";
	assert_error(disk_write(&f->recipe, f->path, &disk), ERROR_UNSUPPORTED,
		     "/d: writing attributes: its extended attributes are too large");
}

static struct error *fill_directories(struct fixture *f, struct plan *plan)
{
	char name[64];

	for (int i = 0; i < 90000; i++) {
		snprintf(name, sizeof(name), "/many/a-file-with-some-name-%08d", i);
		TRY(plan_add_bytes(plan, name, 0644, NULL, 0));
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "/some/%d", i);
		TRY(plan_add_directory(plan, name, 0755));
	}
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "/few/%d", i);
		TRY(plan_add_symlink(plan, name, "x"));
	}
	return NULL;
}

/* One block, a tree, and one with two levels. */
static void test_directories_of_any_size(void **state)
{
	struct fixture *f = *state;

	make(f, fill_directories);
	assert_shell(
		f,
		"for d in some few many; do"
		"	debugfs -R \"htree $d\" disk 2>&1 | grep -cE 'Indirect levels';"
		"	debugfs -R \"ls -p $d\" disk 2>/dev/null | grep -vc '^/0/' ; done;"
		"debugfs -R 'htree many' disk 2>&1 | grep -o 'Indirect levels.*'",
		"0\n203\n1\n403\n1\n90003\nIndirect levels: 1\n");
	assert_shell(f,
		     "debugfs -R 'stat many/a-file-with-some-name-00077777' disk |"
		     "grep -c 'Type: regular'",
		     "1\n");
	assert_shell(f, "debugfs -R 'stat some' disk | grep -o 'Links: [0-9]*'",
		     "Links: 202\n");
}

static struct error *fill_more_directories_than_links(struct fixture *f,
						      struct plan *plan)
{
	char name[64];

	for (int i = 0; i < 65010; i++) {
		snprintf(name, sizeof(name), "/d/%d", i);
		TRY(plan_add_directory(plan, name, 0755));
	}
	return NULL;
}

static void test_more_directories_than_can_be_counted(void **state)
{
	struct fixture *f = *state;

	make(f, fill_more_directories_than_links);
	assert_shell(f, "debugfs -R 'stat d' disk | grep -o 'Links: [0-9]*'",
		     "Links: 1\n");
}

static struct error *fill_tree(struct fixture *f, struct plan *plan)
{
	_cleanup_free_ char *tree = path_join(f->root, "tree");
	const struct keep_options keep = { .uid = geteuid(), .gid = getegid() };

	return collect_tree(plan, tree, &keep);
}

#define MAKE_TREE                                                                    \
	"mkdir -p tree/sub/deep && cd tree && echo 1 >plain && ln plain sub/hard &&" \
	"head -c 3000000 /dev/urandom >big && truncate -s 9G sparse &&"              \
	"printf x | dd of=sparse bs=1 seek=5000000000 conv=notrunc 2>/dev/null &&"   \
	"ln -s nowhere broken && echo 2 >'new\nline' && mkfifo pipe &&"              \
	"chmod 4750 plain && chmod 1777 sub &&"                                      \
	"touch -d '2001-02-03 04:05:06.789Z' sub/deep . && cd .."

static void test_a_directory_of_the_host(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	free(shell(f, MAKE_TREE));
	make(f, fill_tree);
	assert_shell(f,
		     "mkdir out && debugfs -R 'rdump big sub plain out' disk 2>/dev/null;"
		     "cmp out/big tree/big && cmp out/sub/hard tree/plain",
		     "");
	assert_shell(f,
		     "debugfs -R 'stat plain' disk 2>/dev/null |"
		     "grep -oE 'Mode: +[0-9]+|User: +0|Links: 2'",
		     "Mode:  04750\nUser:     0\nLinks: 2\n");
	assert_shell(f,
		     "debugfs -R 'stat sub/deep' disk 2>/dev/null |"
		     "grep -o 'mtime: .* --'",
		     "mtime: 0x3a7b8372:bc1cbd00 --\n");
	/* One block, in the place where it was. */
	assert_shell(f,
		     "debugfs -R 'stat sparse' disk 2>/dev/null |"
		     "grep -oE 'Size: [0-9]{4,}|Blockcount: [0-9]+|[(][0-9]+[)]'",
		     "Size: 9663676416\nBlockcount: 8\n(1220703)\n");
	assert_int_equal(stat(f->path, &st), 0);
	assert_true(st.st_size > (off_t)1 << 30);
	assert_true(st.st_blocks * 512 < (off_t)16 << 20);
}

/* Two directories, two times: nothing of place or time is in it. */
static void test_same_input_same_bytes(void **state)
{
	struct fixture *f = *state;

	free(shell(f, MAKE_TREE));
	make(f, fill_tree);
	free(shell(f, "mv disk first && sleep 1.1"));
	setenv("TZ", "Asia/Kolkata", 1);
	make(f, fill_tree);
	assert_shell(f, "cmp disk first", "");
	f->key = "another";
	make(f, fill_tree);
	assert_shell(f, "cmp -s disk first || echo differs", "differs\n");
}

static struct error *fill_large(struct fixture *f, struct plan *plan)
{
	_cleanup_free_ char *large = path_join(f->root, "large");
	struct stat st;

	if (stat(large, &st) < 0)
		return error_new(ERROR_FAILED, "no %s", large);
	return plan_add_file(plan, "/large", 0644, large, &st);
}

/* Over several groups, with the copies of the superblock in between; and in pieces, so
 * that the tree of extents gets deep. */
static void test_large_files(void **state)
{
	struct fixture *f = *state;

	free(shell(f, "yes klab | head -c 300M >large"));
	make(f, fill_large);
	assert_shell(f, "debugfs -R 'dump large out' disk 2>/dev/null && cmp out large",
		     "");
	free(shell(f, "rm large; for i in $(seq 0 999); do printf $i |"
		      "dd of=large bs=1 seek=$((i * 8192)) conv=notrunc 2>/dev/null;"
		      "done"));
	make(f, fill_large);
	assert_shell(f,
		     "rm out; debugfs -R 'dump large out' disk 2>/dev/null;"
		     "cmp out large; debugfs -R 'ex large' disk 2>/dev/null |"
		     "grep -c ' 1/ 1 '",
		     "1000\n");
}

static void test_a_size_of_ones_own(void **state)
{
	struct fixture *f = *state;
	_cleanup_disk_ struct disk disk = { 0 };

	f->recipe.size = 32 << 20;
	make(f, fill_kinds);
	assert_shell(f, "stat -c %s disk", "33554432\n");
	free(shell(f, "head -c 40M /dev/zero | tr '\\0' x >large; rm disk"));
	f->fill = fill_large;
	assert_error(disk_write(&f->recipe, f->path, &disk), ERROR_REFUSED,
		     "the file system is full");
	f->recipe.size = 1 << 20;
	assert_error(disk_write(&f->recipe, f->path, &disk), ERROR_REFUSED, "too small");
	assert_shell(f, "ls", "large\nlog\nstore\n");
}

static void test_the_store_keeps_it(void **state)
{
	struct fixture *f = *state;
	_cleanup_disk_ struct disk first = { 0 };
	_cleanup_disk_ struct disk second = { 0 };
	_cleanup_disk_ struct disk other = { 0 };

	f->fill = fill_kinds;
	assert_ok(disk_build(f->store, &f->recipe, &first));
	f->fill = NULL; /* it must not be asked */
	assert_ok(disk_build(f->store, &f->recipe, &second));
	assert_string_equal(first.path, second.path);
	f->key = "2";
	f->fill = fill_nothing;
	assert_ok(disk_build(f->store, &f->recipe, &other));
	assert_string_not_equal(first.path, other.path);
}

static struct error *fill_with_what_is_gone(struct fixture *f, struct plan *plan)
{
	TRY(fill_large(f, plan));
	free(shell(f, "rm large"));
	return NULL;
}

static void test_failure_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	_cleanup_disk_ struct disk disk = { 0 };

	free(shell(f, "echo x >large && echo before >disk"));
	f->fill = fill_with_what_is_gone;
	assert_error(disk_write(&f->recipe, f->path, &disk), ERROR_OS, "No such file");
	free(shell(f, "echo x >large"));
	assert_error(disk_build(f->store, &f->recipe, &disk), ERROR_OS, "No such file");
	assert_shell(f, "cat disk; ls -A; ls store/tmp store/entries",
		     "before\ndisk\nstore\nstore/entries:\n\nstore/tmp:\n");
	assert_error(disk_write(&f->recipe, "/dev/null", &disk), ERROR_USAGE,
		     "no file that could become a disk");
}

/* In a child with a limit, since a test cannot fill a disk. */
static void test_a_full_disk(void **state)
{
	const struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
	struct fixture *f = *state;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct disk disk = { 0 };
		struct error *err;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		f->fill = fill_kinds;
		err = disk_write(&f->recipe, f->path, &disk);
		_exit(err && error_hint_text(err) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_shell(f, "ls -A", "store\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_an_empty_one),
		TEST(test_every_kind),
		TEST(test_attributes_beyond_the_inode),
		TEST(test_directories_of_any_size),
		TEST(test_more_directories_than_can_be_counted),
		TEST(test_a_directory_of_the_host),
		TEST(test_same_input_same_bytes),
		TEST(test_large_files),
		TEST(test_a_size_of_ones_own),
		TEST(test_the_store_keeps_it),
		TEST(test_failure_leaves_nothing),
		TEST(test_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
