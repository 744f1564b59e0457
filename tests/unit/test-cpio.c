// SPDX-License-Identifier: GPL-2.0-or-later
/* The newc archive: the same bytes each time, which cpio(1) and the reader understand. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/cpio.h"
#include "os/file.h"
#include "os/spawn.h"

#define BIG_SIZE ((size_t)3 << 20)

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	return fd;
}

static uint8_t *big_bytes(void)
{
	uint8_t *bytes = xcalloc(1, BIG_SIZE);

	for (size_t i = 0; i < BIG_SIZE; i++)
		bytes[i] = (uint8_t)(i * i >> 7);
	return bytes;
}

/* One of each kind, sizes on both sides of each limit. */
static void write_archive(int fd)
{
	_cleanup_(cpio_writer_freep) struct cpio_writer *w = cpio_writer_new(fd);
	_cleanup_free_ uint8_t *bytes = big_bytes();
	_cleanup_close_ int big = memory_file(bytes, BIG_SIZE);

	assert_ok(cpio_add_directory(w, "bin", 0755));
	assert_ok(cpio_add_file(w, "/bin/big", 0755, bytes, BIG_SIZE - 1));
	assert_ok(cpio_add_file_from(w, "bin/copy", 0644, big, 0, BIG_SIZE));
	assert_ok(cpio_add_file_from(w, "bin/some", 0600, big, 0, 70001));
	assert_ok(cpio_add_symlink(w, "bin/sh", "busybox"));
	assert_ok(cpio_add_directory(w, "dev", 01777));
	assert_ok(cpio_add_device(w, "dev/console", S_IFCHR | 0600, 5, 1));
	assert_ok(cpio_add_file(w, "empty", 0444, NULL, 0));
	assert_ok(cpio_add_file(w, "init", 04755, "#!/bin/sh\n", 10));
	assert_ok(cpio_writer_finish(w));
	assert_int_equal(cpio_writer_size(w), lseek(fd, 0, SEEK_END));
}

static struct bytes read_back(int fd)
{
	struct bytes bytes;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_ok(fd_read_all(fd, 64 << 20, &bytes));
	return bytes;
}

static void test_same_bytes_each_time(void **state)
{
	_cleanup_close_ int first = memfd_create("1", MFD_CLOEXEC);
	_cleanup_close_ int second = memfd_create("2", MFD_CLOEXEC);
	_cleanup_bytes_ struct bytes a = { 0 };
	_cleanup_bytes_ struct bytes b = { 0 };

	write_archive(first);
	write_archive(second);
	a = read_back(first);
	b = read_back(second);
	assert_int_equal(a.size, b.size);
	assert_int_equal(a.size % 512, 0);
	assert_memory_equal(a.data, b.data, a.size);
}

static void test_reader_gives_back_what_was_written(void **state)
{
	_cleanup_close_ int fd = memfd_create("1", MFD_CLOEXEC);
	_cleanup_free_ uint8_t *big = big_bytes();
	_cleanup_bytes_ struct bytes bytes = { 0 };
	static const struct {
		const char *name;
		uint32_t mode;
		size_t size;
	} expected[] = {
		{ "bin", S_IFDIR | 0755, 0 },
		{ "bin/big", S_IFREG | 0755, BIG_SIZE - 1 },
		{ "bin/copy", S_IFREG | 0644, BIG_SIZE },
		{ "bin/some", S_IFREG | 0600, 70001 },
		{ "bin/sh", S_IFLNK | 0777, 7 },
		{ "dev", S_IFDIR | 01777, 0 },
		{ "dev/console", S_IFCHR | 0600, 0 },
		{ "empty", S_IFREG | 0444, 0 },
		{ "init", S_IFREG | 04755, 10 },
	};
	struct cpio_reader reader;
	struct cpio_item item;
	bool end;

	write_archive(fd);
	bytes = read_back(fd);
	reader = cpio_reader_of(bytes.data, bytes.size);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_ok(cpio_read(&reader, &item, &end));
		assert_false(end);
		assert_string_equal(item.name, expected[i].name);
		assert_int_equal(item.mode, expected[i].mode);
		assert_int_equal(item.size, expected[i].size);
		assert_int_equal(item.inode, i + 1);
		assert_int_equal(item.mtime | item.uid | item.gid, 0);
		if (S_ISREG(item.mode) && item.size > 10)
			assert_memory_equal(item.data, big, item.size);
		if (S_ISCHR(item.mode))
			assert_true(item.major == 5 && item.minor == 1);
		if (S_ISLNK(item.mode))
			assert_memory_equal(item.data, "busybox", 7);
	}
	assert_ok(cpio_read(&reader, &item, &end));
	assert_true(end);
}

static void test_owners_and_links(void **state)
{
	_cleanup_close_ int fd = memfd_create("1", MFD_CLOEXEC);
	_cleanup_(cpio_writer_freep) struct cpio_writer *w = cpio_writer_new(fd);
	const struct cpio_inode inode = {
		.number = 9, .links = 2, .uid = 3, .gid = 4, .mtime = 5
	};
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct cpio_reader reader;
	struct cpio_item item;
	bool end;

	cpio_next(w, &inode);
	assert_ok(cpio_add_file(w, "a", 0644, "x", 1));
	cpio_next(w, &inode);
	assert_ok(cpio_add_file(w, "b", 0644, NULL, 0));
	assert_ok(cpio_add_file(w, "c", 0644, NULL, 0));
	assert_ok(cpio_writer_finish(w));
	bytes = read_back(fd);
	reader = cpio_reader_of(bytes.data, bytes.size);
	for (int i = 0; i < 2; i++) {
		assert_ok(cpio_read(&reader, &item, &end));
		assert_true(item.inode == 9 && item.links == 2 && item.mtime == 5);
		assert_true(item.uid == 3 && item.gid == 4);
	}
	assert_ok(cpio_read(&reader, &item, &end));
	assert_true(item.inode == 1 && item.links == 1 && item.uid == 0);
}

/* cpio(1) is on every Debian: initramfs-tools needs it. */
static void test_cpio_lists_it(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	_cleanup_bytes_ struct bytes out = { 0 };
	_cleanup_free_ char *listed = NULL;
	int status;

	assert_ok(temp_dir_make("klab-test-cpio", &directory));
	path = path_join(directory, "archive");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	write_archive(fd);
	assert_ok(process_capture((char *const[]){ (char *)"cpio", (char *)"-t",
						   (char *)"--quiet", (char *)"-F", path,
						   NULL },
				  20000, 4096, &out, NULL, &status));
	assert_int_equal(status, 0);
	listed = xstrndup((const char *)out.data, out.size);
	assert_string_equal(listed, "bin\nbin/big\nbin/copy\nbin/some\nbin/sh\ndev\n"
				    "dev/console\nempty\ninit\n");
}

/* The kernel cannot copy into a pipe that way: it is done by hand. */
static void test_into_a_pipe(void **state)
{
	_cleanup_free_ uint8_t *bytes = big_bytes();
	_cleanup_close_ int big = memory_file(bytes, BIG_SIZE);
	_cleanup_close_ int out = memfd_create("out", MFD_CLOEXEC);
	_cleanup_bytes_ struct bytes back = { 0 };
	struct cpio_reader reader;
	struct cpio_item item;
	bool end;
	pid_t child;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		_cleanup_error_ struct error *err = NULL;

		close(fds[1]);
		err = fd_read_all(fds[0], 64 << 20, &back);
		if (!err)
			err = fd_write_all(out, back.data, back.size);
		_exit(err ? 1 : 0);
	}
	close(fds[0]);
	{
		_cleanup_(cpio_writer_freep) struct cpio_writer *w =
			cpio_writer_new(fds[1]);

		assert_ok(cpio_add_file_from(w, "big", 0644, big, 0, BIG_SIZE));
		assert_ok(cpio_writer_finish(w));
		close(fds[1]);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	back = read_back(out);
	reader = cpio_reader_of(back.data, back.size);
	assert_ok(cpio_read(&reader, &item, &end));
	assert_int_equal(item.size, BIG_SIZE);
	assert_memory_equal(item.data, bytes, BIG_SIZE);
}

static void test_what_cannot_be_written(void **state)
{
	_cleanup_close_ int fd = memfd_create("1", MFD_CLOEXEC);
	_cleanup_(cpio_writer_freep) struct cpio_writer *w = cpio_writer_new(fd);
	_cleanup_(cpio_writer_freep) struct cpio_writer *full = cpio_writer_new(-1);
	_cleanup_free_ char *name = xcalloc(1, 5000);

	assert_error(cpio_add_file_from(w, "huge", 0644, fd, 0, UINT64_C(1) << 32),
		     ERROR_UNSUPPORTED, "huge is too large for an initramfs");
	assert_error(cpio_add_file_from(w, "short", 0644, fd, 0, 10), ERROR_FAILED,
		     "got shorter");
	assert_error(cpio_add_file_from(w, "gone", 0644, -1, 0, 10), ERROR_OS,
		     "reading what becomes gone");
	memset(name, 'x', 4999);
	assert_error(cpio_add_directory(w, name, 0755), ERROR_UNSUPPORTED, "xxx");
	assert_error(cpio_add_directory(w, "/", 0755), ERROR_UNSUPPORTED, "\"/\"");
	assert_error(cpio_add_symlink(w, "link", ""), ERROR_UNSUPPORTED, "link");
	assert_error(cpio_writer_finish(full), ERROR_OS, "writing the archive");
}

#define HEADER(name_size, size)    \
	"070701"                   \
	"00000001"                 \
	"000081a4"                 \
	"00000000"                 \
	"00000000"                 \
	"00000001"                 \
	"00000000" size "00000000" \
	"00000000"                 \
	"00000000"                 \
	"00000000" name_size "00000000"

static void assert_broken(const char *archive, size_t size, const char *why)
{
	struct cpio_reader reader = cpio_reader_of(archive, size);
	struct cpio_item item;
	bool end;

	assert_error(cpio_read(&reader, &item, &end), ERROR_CORRUPT, why);
}

static void test_broken_archives(void **state)
{
	static const char no_end_of_name[] = HEADER("00000002", "00000000") "ab";
	static const char long_name[] = HEADER("ffffffff", "00000000") "a";
	static const char no_name[] = HEADER("00000000", "00000000");
	static const char no_digits[] = HEADER("0000000g", "00000000") "a";
	static const char short_data[] = HEADER("00000002", "ffffffff") "a\0dat";

	assert_broken("", 0, "not a cpio archive");
	assert_broken("070707", 6, "not a cpio archive");
	assert_broken(no_end_of_name, 20, "broken cpio header at byte 0");
	assert_broken(no_digits, sizeof(no_digits), "broken cpio header");
	assert_broken(no_end_of_name, sizeof(no_end_of_name) - 1, "broken name");
	assert_broken(long_name, sizeof(long_name), "broken name");
	assert_broken(no_name, sizeof(no_name), "broken name");
	assert_broken(short_data, sizeof(short_data), "ends in the middle of a");
}

/* As the initramfs of a distribution: microcode, zeros, then something compressed. */
static void test_archives_behind_each_other(void **state)
{
	_cleanup_close_ int fd = memfd_create("1", MFD_CLOEXEC);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct cpio_reader reader;
	struct cpio_item item;
	const uint8_t *rest;
	size_t rest_size;
	bool end;

	for (int i = 0; i < 2; i++) {
		_cleanup_(cpio_writer_freep) struct cpio_writer *w = cpio_writer_new(fd);

		assert_ok(cpio_add_file(w, i ? "two" : "one", 0644, "x", 1));
		assert_ok(cpio_writer_finish(w));
	}
	assert_ok(fd_write_all(fd, "\x1f\x8b\x08", 3));
	bytes = read_back(fd);
	reader = cpio_reader_of(bytes.data, bytes.size);
	assert_ok(cpio_read(&reader, &item, &end));
	assert_string_equal(item.name, "one");
	assert_ok(cpio_read(&reader, &item, &end));
	assert_string_equal(item.name, "two");
	assert_ok(cpio_read(&reader, &item, &end));
	assert_true(end);
	rest = cpio_reader_rest(&reader, &rest_size);
	assert_int_equal(rest_size, 3);
	assert_memory_equal(rest, "\x1f\x8b\x08", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes_each_time),
		cmocka_unit_test(test_reader_gives_back_what_was_written),
		cmocka_unit_test(test_owners_and_links),
		cmocka_unit_test(test_cpio_lists_it),
		cmocka_unit_test(test_into_a_pipe),
		cmocka_unit_test(test_what_cannot_be_written),
		cmocka_unit_test(test_broken_archives),
		cmocka_unit_test(test_archives_behind_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
