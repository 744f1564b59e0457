// SPDX-License-Identifier: GPL-2.0-or-later
/* Which virtiofsd is used; programs of a few lines stand in for it and for QEMU. */
#include "vm/virtiofsd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

#define GOOD "echo --fd --readonly --sandbox --no-announce-submounts\n"

struct fixture {
	char *directory;
	char *path; /* PATH as it was */
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL, *path = NULL;

	assert_ok(temp_dir_make("klab-virtiofsd", &f->directory));
	store = path_join(f->directory, "store");
	assert_ok(store_open(store, &f->store));
	f->path = xstrdup(getenv("PATH"));
	path = xasprintf("%s:%s", f->directory, f->path);
	setenv("PATH", path, 1);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	setenv("PATH", f->path, 1);
	free(f->path);
	store_free(f->store);
	temp_dir_free(f->directory);
	free(f);
	return 0;
}

static void put_program(const struct fixture *f, const char *name, const char *script)
{
	_cleanup_free_ char *path = path_join(f->directory, name);
	_cleanup_free_ char *text = xasprintf("#!/bin/sh\n%s", script);

	assert_ok(file_write(path, text, strlen(text), 0755));
}

static struct error *find(const struct fixture *f, char **ret)
{
	_cleanup_free_ char *qemu = path_join(f->directory, "qemu");

	return virtiofsd_find(f->store, arch_find("x86_64"), qemu, ret);
}

static void test_one_that_works(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *wanted = path_join(f->directory, "virtiofsd");
	_cleanup_free_ char *first = NULL, *second = NULL;

	put_program(f, "virtiofsd", GOOD);
	put_program(f, "qemu", "echo \"$*\" >\"$0.words\"\n");
	assert_ok(find(f, &first));
	assert_string_equal(first, wanted);
}

/* It would be started each time. */
static void test_it_is_tried_once(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *count = path_join(f->directory, "qemu.count");
	_cleanup_bytes_ struct bytes bytes = { 0 };

	put_program(f, "virtiofsd", GOOD);
	put_program(f, "qemu", "echo x >>\"$0.count\"\n");
	for (int i = 0; i < 3; i++) {
		_cleanup_free_ char *found = NULL;

		assert_ok(find(f, &found));
	}
	assert_ok(file_read(count, 100, &bytes));
	assert_int_equal(bytes.size, 2);
}

/* As QEMU's own of old, to which a guest could write. */
static void test_one_that_cannot_refuse_writes(void **state)
{
	struct fixture *f = *state;
	char *found;

	put_program(f, "virtiofsd", "echo --fd --sandbox --no-announce-submounts\n");
	put_program(f, "qemu", "exit 0\n");
	assert_error(find(f, &found), ERROR_FAILED, "has no option --readonly");
}

static void test_one_that_does_not_work_with_qemu(void **state)
{
	struct fixture *f = *state;
	char *found;

	put_program(f, "virtiofsd", GOOD);
	put_program(f, "qemu", "exit 1\n");
	assert_error(find(f, &found), ERROR_FAILED, "fails with status 1");
}

static void test_what_it_is_told(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *program = path_join(f->directory, "virtiofsd");
	_cleanup_free_ char *said = path_join(f->directory, "said");
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_close_ int fd = -1;
	int status, output;

	put_program(f, "virtiofsd", "echo \"$*\" >\"${0%/*}/said\"; test -S /dev/fd/3\n");
	output = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_ok(virtiofsd_start(program, "/", f->directory, output, &process, &fd));
	close(output);
	assert_ok(process_wait(&process, 0, &status));
	assert_int_equal(status, 0);
	assert_ok(file_read(said, 1000, &bytes));
	assert_true(has_prefix((const char *)bytes.data, "--shared-dir / --readonly "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_one_that_works),
		TEST(test_it_is_tried_once),
		TEST(test_one_that_cannot_refuse_writes),
		TEST(test_one_that_does_not_work_with_qemu),
		TEST(test_what_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
