// SPDX-License-Identifier: GPL-2.0-or-later
/* Archives into a plan: everything that a tar can say, and those that mean harm. */
#include "image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/source.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	char *path; /* of the archive */
	struct plan *plan;
	struct unpack_options options;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-archive", &f->root));
	f->path = path_join(f->root, "x.tar");
	f->plan = plan_new();
	f->options.spool = f->root;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	plan_free(f->plan);
	temp_dir_free(f->root);
	free(f->path);
	free(f);
	return 0;
}

struct member {
	const char *name;
	const char *data;
	mode_t type; /* 0: a file */
	const char *link;
	const char *hard;
	dev_t device;
	uint32_t uid, gid;
	int64_t mtime;
	const char *xattr;	   /* "name=value" */
	const struct acl_row *acl; /* of several, the last has a tag of 0 */
};

struct acl_row {
	int type, permissions, tag, id;
	const char *name;
};

static void put_member(struct archive *tar, const struct member *member)
{
	struct archive_entry *entry = archive_entry_new();
	size_t size = member->data ? strlen(member->data) : 0;

	archive_entry_set_pathname(entry, member->name);
	archive_entry_set_filetype(entry, member->type ? member->type : AE_IFREG);
	archive_entry_set_perm(entry, 04751);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_uid(entry, member->uid);
	archive_entry_set_gid(entry, member->gid);
	archive_entry_set_mtime(entry, member->mtime, 0);
	archive_entry_set_rdev(entry, member->device);
	if (member->link)
		archive_entry_set_symlink(entry, member->link);
	if (member->hard)
		archive_entry_set_hardlink(entry, member->hard);
	if (member->xattr) {
		const char *value = strchr(member->xattr, '=') + 1;
		_cleanup_free_ char *name =
			xstrndup(member->xattr, (size_t)(value - member->xattr - 1));

		archive_entry_xattr_add_entry(entry, name, value, strlen(value));
	}
	for (const struct acl_row *row = member->acl; row && row->tag; row++)
		assert_int_equal(archive_entry_acl_add_entry(entry, row->type,
							     row->permissions, row->tag,
							     row->id, row->name),
				 0);
	/* A warning, in the C locale, for a name beyond ASCII. */
	assert_true(archive_write_header(tar, entry) >= ARCHIVE_WARN);
	if (size)
		assert_int_equal(archive_write_data(tar, member->data, size), size);
	archive_entry_free(entry);
}

static void make_tar(const struct fixture *f, const struct member *members, int filter)
{
	struct archive *tar = archive_write_new();

	archive_write_set_format_pax(tar);
	archive_write_add_filter(tar, filter);
	assert_int_equal(archive_write_open_filename(tar, f->path), 0);
	for (; members->name; members++)
		put_member(tar, members);
	assert_int_equal(archive_write_close(tar), 0);
	archive_write_free(tar);
}

static struct error *add(struct fixture *f, const struct member *members)
{
	make_tar(f, members, ARCHIVE_FILTER_NONE);
	return plan_add_archive(f->plan, f->path, &f->options);
}

static const struct plan_inode *inode_of(const struct fixture *f, const char *path)
{
	const struct plan_entry *entry = plan_find(f->plan, path);

	if (!entry)
		fail_msg("no %s in the plan", path);
	return entry->inode;
}

static void assert_content(const struct fixture *f, const char *path, const char *wanted)
{
	_cleanup_source_ struct source source = SOURCE_NONE;
	char data[64] = "";

	assert_ok(source_open(f->plan, inode_of(f, path), &source));
	assert_int_equal(source.size, strlen(wanted));
	assert_int_equal(pread(source.fd, data, source.size, (off_t)source.offset),
			 source.size);
	assert_string_equal(data, wanted);
}

static struct error *find_root_uid(const char *path, const struct plan_entry *entry,
				   void *argument)
{
	if (!entry->parent)
		*(uint32_t *)argument = entry->inode->attributes.uid;
	return NULL;
}

static void test_all_that_a_tar_can_say(void **state)
{
	const struct member members[] = {
		{ .name = "./", .type = AE_IFDIR, .uid = 3 },
		{ .name = "./etc/", .type = AE_IFDIR, .mtime = 5 },
		{ .name = "./etc/shadow", .data = "secret", .gid = 42, .mtime = 77 },
		{ .name = "./etc/link", .type = AE_IFLNK, .link = "/etc/shadow" },
		{ .name = "./etc/again", .hard = "./etc/shadow" },
		{ .name = "./dev/sda", .type = AE_IFBLK, .device = makedev(8, 300) },
		{ .name = "./dev/tty", .type = AE_IFCHR, .device = makedev(5, 0) },
		{ .name = "./run/fifo", .type = AE_IFIFO, .uid = 70000 },
		{ .name = "./bin/ping", .data = "p", .xattr = "security.capability=cap" },
		{ .name = "./na\xc3\xafve", .data = "utf" },
		{ 0 },
	};
	struct fixture *f = *state;
	uint32_t uid = 0;

	assert_ok(add(f, members));
	assert_ok(plan_visit(f->plan, find_root_uid, &uid));
	assert_int_equal(uid, 3);
	assert_int_equal(inode_of(f, "/etc")->attributes.mtime, 5);
	assert_content(f, "/etc/shadow", "secret");
	assert_int_equal(inode_of(f, "/etc/shadow")->mode, S_IFREG | 04751);
	assert_int_equal(inode_of(f, "/etc/shadow")->attributes.gid, 42);
	assert_int_equal(inode_of(f, "/etc/shadow")->attributes.mtime, 77);
	assert_string_equal(inode_of(f, "/etc/link")->text, "/etc/shadow");
	assert_ptr_equal(inode_of(f, "/etc/again"), inode_of(f, "/etc/shadow"));
	assert_int_equal(inode_of(f, "/etc/again")->links, 2);
	assert_int_equal(inode_of(f, "/dev/sda")->device, makedev(8, 300));
	assert_true(S_ISBLK(inode_of(f, "/dev/sda")->mode));
	assert_true(S_ISCHR(inode_of(f, "/dev/tty")->mode));
	assert_true(S_ISFIFO(inode_of(f, "/run/fifo")->mode));
	assert_int_equal(inode_of(f, "/run/fifo")->attributes.uid, 70000);
	assert_int_equal(inode_of(f, "/bin/ping")->attributes.xattr_count, 1);
	assert_string_equal(inode_of(f, "/bin/ping")->attributes.xattrs[0].name,
			    "security.capability");
	assert_memory_equal(inode_of(f, "/bin/ping")->attributes.xattrs[0].value, "cap",
			    3);
	assert_content(f, "/na\xc3\xafve", "utf");
}

#define ACCESS ARCHIVE_ENTRY_ACL_TYPE_ACCESS
#define DEFAULT ARCHIVE_ENTRY_ACL_TYPE_DEFAULT
#define TAG(name) ARCHIVE_ENTRY_ACL_##name

/* clang-format off */
/* As the kernel gives them to getfattr -e hex: version; tag, permissions, id. */
static const uint8_t access_acl[] = {
	2, 0, 0, 0,
	0x01, 0, 6, 0, 255, 255, 255, 255,
	0x02, 0, 4, 0, 5, 0, 0, 0,
	0x02, 0, 7, 0, 0xd2, 4, 0, 0,
	0x04, 0, 0, 0, 255, 255, 255, 255,
	0x10, 0, 5, 0, 255, 255, 255, 255,
	0x20, 0, 1, 0, 255, 255, 255, 255,
};
static const uint8_t default_acl[] = {
	2, 0, 0, 0,
	0x01, 0, 7, 0, 255, 255, 255, 255,
	0x04, 0, 5, 0, 255, 255, 255, 255,
	0x20, 0, 0, 0, 255, 255, 255, 255,
};
/* clang-format on */

static void assert_xattr(const struct plan_attributes *attributes, size_t i,
			 const char *name, const uint8_t *value, size_t size)
{
	assert_string_equal(attributes->xattrs[i].name, name);
	assert_int_equal(attributes->xattrs[i].size, size);
	assert_memory_equal(attributes->xattrs[i].value, value, size);
}

/* The kernel takes the value, and then shows the mode of the plan. */
static void assert_kernel_agrees(const struct fixture *f, const struct plan_inode *inode)
{
	_cleanup_free_ char *path = path_join(f->root, "file");
	const struct plan_xattr *acl = &inode->attributes.xattrs[0];
	struct stat st;

	assert_ok(file_write(path, "x", 1, 0600));
	if (setxattr(path, acl->name, acl->value, acl->size, 0) != 0) {
		assert_int_equal(errno, EOPNOTSUPP); /* what $TMPDIR is on has no ACLs */
		return;
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, inode->mode & 0777);
}

static void test_acls(void **state)
{
	static const struct acl_row access[] = {
		{ ACCESS, 7, TAG(USER), 1234, "bob" },
		{ ACCESS, 4, TAG(USER), 5, NULL },
		{ ACCESS, 6, TAG(USER_OBJ), -1, NULL },
		{ ACCESS, 5, TAG(MASK), -1, NULL },
		{ ACCESS, 0, TAG(GROUP_OBJ), -1, NULL },
		{ ACCESS, 1, TAG(OTHER), -1, NULL },
		{ 0 },
	};
	static const struct acl_row defaults[] = {
		{ DEFAULT, 7, TAG(USER_OBJ), -1, NULL },
		{ DEFAULT, 5, TAG(GROUP_OBJ), -1, NULL },
		{ DEFAULT, 0, TAG(OTHER), -1, NULL },
		{ 0 },
	};
	static const struct member members[] = {
		{ .name = "file", .data = "1", .acl = access },
		{ .name = "dir", .type = AE_IFDIR, .acl = defaults },
		{ .name = "plain", .data = "1" },
		{ 0 },
	};
	struct fixture *f = *state;
	const struct plan_inode *file;

	assert_ok(add(f, members));
	file = inode_of(f, "/file");
	assert_int_equal(file->mode, S_IFREG | 04651);
	assert_int_equal(file->attributes.xattr_count, 1);
	assert_xattr(&file->attributes, 0, "system.posix_acl_access", access_acl,
		     sizeof(access_acl));
	assert_kernel_agrees(f, file);
	assert_int_equal(inode_of(f, "/dir")->mode, S_IFDIR | 04751);
	assert_int_equal(inode_of(f, "/dir")->attributes.xattr_count, 1);
	assert_xattr(&inode_of(f, "/dir")->attributes, 0, "system.posix_acl_default",
		     default_acl, sizeof(default_acl));
	assert_int_equal(inode_of(f, "/plain")->attributes.xattr_count, 0);
}

static void test_acls_that_cannot_be(void **state)
{
	static const struct acl_row name[] = {
		{ ACCESS, 7, TAG(USER), -1, "bob" },
		{ ACCESS, 5, TAG(MASK), -1, NULL },
		{ 0 },
	};
	static const struct acl_row no_mask[] = { { ACCESS, 7, TAG(USER), 5, NULL },
						  { 0 } };
	static const struct acl_row no_other[] = {
		{ DEFAULT, 7, TAG(USER_OBJ), -1, NULL },
		{ 0 },
	};
	static const struct {
		const struct acl_row *acl;
		const char *words;
	} rows[] = {
		{ name, "\"bob\" and no number" },
		{ no_mask, "not whole" },
		{ no_other, "not whole" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct member members[] = {
			{ .name = "x", .type = AE_IFDIR, .acl = rows[i].acl },
			{ 0 },
		};

		assert_error(add(f, members), ERROR_CORRUPT, rows[i].words);
	}
}

static void test_any_compression(void **state)
{
	static const int filters[] = { ARCHIVE_FILTER_NONE,  ARCHIVE_FILTER_GZIP,
				       ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
				       ARCHIVE_FILTER_ZSTD,  ARCHIVE_FILTER_LZ4,
				       ARCHIVE_FILTER_LZMA,  ARCHIVE_FILTER_COMPRESS };
	static const struct member members[] = { { .name = "a", .data = "1" }, { 0 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		make_tar(f, members, filters[i]);
		assert_ok(plan_add_archive(f->plan, f->path, &f->options));
		assert_content(f, "/a", "1");
	}
}

static void test_a_debian_package(void **state)
{
	static const struct member members[] = { { .name = "./usr/x", .data = "in it" },
						 { 0 } };
	struct fixture *f = *state;
	_cleanup_free_ char *deb = path_join(f->root, "x.deb");
	_cleanup_bytes_ struct bytes data = { 0 };
	struct archive *ar = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	make_tar(f, members, ARCHIVE_FILTER_XZ);
	assert_ok(file_read(f->path, 1 << 20, &data));
	archive_write_set_format_ar_svr4(ar);
	assert_int_equal(archive_write_open_filename(ar, deb), 0);
	archive_entry_set_pathname(entry, "data.tar.xz");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)data.size);
	assert_int_equal(archive_write_header(ar, entry), 0);
	assert_int_equal(archive_write_data(ar, data.data, data.size), data.size);
	archive_entry_free(entry);
	archive_write_free(ar);
	assert_ok(plan_add_archive(f->plan, deb, &f->options));
	assert_content(f, "/usr/x", "in it");
}

static void test_later_wins_also_over_a_hard_link(void **state)
{
	static const struct member members[] = {
		{ .name = "a", .data = "old" },
		{ .name = "b", .hard = "a" },
		{ .name = "a", .data = "new" },
		{ .name = "d", .type = AE_IFLNK, .link = "a" },
		{ .name = "d", .data = "file" },
		{ .name = "c", .data = "c" },
		{ .name = "c", .hard = "c" },
		{ 0 },
	};
	struct fixture *f = *state;

	assert_ok(add(f, members));
	assert_content(f, "/a", "new");
	assert_content(f, "/b", "old");
	assert_content(f, "/c", "c");
	assert_content(f, "/d", "file");
	assert_int_equal(inode_of(f, "/b")->links, 1);
}

/* What lies behind a link of the archive lies in the image, wherever the link leads. */
static void test_links_lead_nowhere_else(void **state)
{
	static const struct member members[] = {
		{ .name = "out", .type = AE_IFLNK, .link = "/../../../tmp" },
		{ .name = "out/evil", .data = "x" },
		{ .name = "/absolute", .data = "y" },
		{ .name = "up", .type = AE_IFLNK, .link = ".." },
		{ .name = "up/up/there", .data = "z" },
		{ 0 },
	};
	struct fixture *f = *state;

	assert_ok(add(f, members));
	assert_content(f, "/tmp/evil", "x");
	assert_content(f, "/absolute", "y");
	assert_content(f, "/there", "z");
}

static void assert_refused(struct fixture *f, const struct member *member,
			   const char *text)
{
	const struct member members[] = { *member, { 0 } };

	assert_error(add(f, members), ERROR_CORRUPT, text);
}

static void test_archives_that_mean_harm(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, &(struct member){ .name = "../evil", .data = "x" },
		       "the path ../evil leads out of the archive");
	assert_refused(f, &(struct member){ .name = "a/../../evil", .data = "x" },
		       "leads out of the archive");
	assert_refused(f, &(struct member){ .name = "\x1b[31m/..", .data = "x" },
		       "the path \\x1b[31m/..");
	assert_refused(f, &(struct member){ .name = "a", .hard = "../../etc/passwd" },
		       "../../etc/passwd leads out of the archive");
	assert_refused(f, &(struct member){ .name = "a", .hard = "nothing" },
		       "a is a hard link to nothing, which is not in the image");
	assert_refused(f, &(struct member){ .name = ".", .type = AE_IFIFO },
		       "the root is no directory");
}

static void test_names_that_cannot_be(void **state)
{
	static const struct member below[] = { { .name = "f", .data = "x" },
					       { .name = "f/g", .data = "x" },
					       { 0 } };
	static const struct member over[] = { { .name = "d/f", .data = "x" },
					      { .name = "d", .data = "x" },
					      { 0 } };
	static const struct member loop[] = {
		{ .name = "l", .type = AE_IFLNK, .link = "l" },
		{ .name = "l/x", .data = "x" },
		{ 0 },
	};
	static const struct member directory[] = {
		{ .name = "d", .type = AE_IFDIR },
		{ .name = "e", .hard = "d" },
		{ 0 },
	};
	struct fixture *f = *state;

	assert_error(add(f, below), ERROR_CORRUPT, "nothing can be under it");
	assert_error(add(f, over), ERROR_CORRUPT, "not empty");
	assert_error(add(f, loop), ERROR_CORRUPT, "too many symlinks");
	assert_error(add(f, directory), ERROR_CORRUPT, "hard link to the directory");
}

/* 8 EiB by its header, and nothing behind it. */
static void test_a_size_that_cannot_be(void **state)
{
	static const struct member members[] = { { .name = "a", .data = "1" }, { 0 } };
	struct fixture *f = *state;
	char size[12] = { (char)0x80, 0, 0, 0, 0x10 };
	_cleanup_bytes_ struct bytes bytes = { 0 };
	unsigned int sum = 8 * ' ';
	char *header;

	make_tar(f, members, ARCHIVE_FILTER_NONE);
	assert_ok(file_read(f->path, 1 << 20, &bytes));
	header = (char *)bytes.data;
	memcpy(header + 124, size, sizeof(size)); /* tar(5): size, checksum */
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : (uint8_t)header[i];
	snprintf(header + 148, 8, "%06o", sum);
	assert_ok(file_write(f->path, header, bytes.size, 0644));
	assert_error(plan_add_archive(f->plan, f->path, &f->options), ERROR_CORRUPT,
		     "more than klab believes");
}

static void test_broken_archives(void **state)
{
	static const struct member members[] = {
		{ .name = "a", .data = "some text that is not very long" }, { 0 }
	};
	struct fixture *f = *state;

	make_tar(f, members, ARCHIVE_FILTER_GZIP);
	assert_int_equal(truncate(f->path, 60), 0);
	assert_error(plan_add_archive(f->plan, f->path, &f->options), ERROR_CORRUPT,
		     "x.tar");
	make_tar(f, members, ARCHIVE_FILTER_NONE);
	assert_int_equal(truncate(f->path, 520), 0);
	assert_error(plan_add_archive(f->plan, f->path, &f->options), ERROR_CORRUPT,
		     "x.tar");
	assert_ok(file_write(f->path, "no tar", 6, 0644));
	assert_error(plan_add_archive(f->plan, f->path, &f->options), ERROR_CORRUPT,
		     "x.tar");
	assert_ok(file_write(f->path, "", 0, 0644));
	assert_error(plan_add_archive(f->plan, f->path, &f->options), ERROR_CORRUPT,
		     "x.tar");
	assert_error(plan_add_archive(f->plan, f->root, &f->options), ERROR_USAGE,
		     "is not a file");
	assert_error(plan_add_archive(f->plan, "/nonexistent.tar", &f->options), ERROR_OS,
		     "No such file");
}

static struct error *refuse(uint64_t done, uint64_t total, void *argument)
{
	return error_new(ERROR_INTERRUPTED, "stopped");
}

static void test_can_be_stopped(void **state)
{
	struct member members[65] = { 0 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 64; i++)
		members[i] = (struct member){ .name = "a", .data = "x" };
	f->options.progress = refuse;
	assert_error(add(f, members), ERROR_INTERRUPTED, "stopped");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_all_that_a_tar_can_say),
		TEST(test_acls),
		TEST(test_acls_that_cannot_be),
		TEST(test_any_compression),
		TEST(test_a_debian_package),
		TEST(test_later_wins_also_over_a_hard_link),
		TEST(test_links_lead_nowhere_else),
		TEST(test_archives_that_mean_harm),
		TEST(test_names_that_cannot_be),
		TEST(test_a_size_that_cannot_be),
		TEST(test_broken_archives),
		TEST(test_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
