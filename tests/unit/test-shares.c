// SPDX-License-Identifier: GPL-2.0-or-later
/* What --rodir and --rwdir become: the machine's devices and the agent's orders. */
#include "lab/shares.h"

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

struct fixture {
	char *root;
	struct guest_options options;
};

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);

	assert_ok(temp_dir_make("klab-shares", &f->root));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	guest_options_deinit(&f->options);
	temp_dir_free(f->root);
	free(f);
	return 0;
}

static void say(struct strv *words, const char *guest, const char *host)
{
	strv_pushf(words, "%s=%s", guest, host);
}

static void assert_refused(struct fixture *f, enum error_code code, const char *why)
{
	struct shares shares;

	assert_error(shares_parse(&f->options, true, &shares), code, why);
	guest_options_deinit(&f->options);
}

static void test_orders_come_parents_first(void **state)
{
	struct fixture *f = *state;
	_cleanup_shares_ struct shares shares = { 0 };
	_cleanup_text_ struct text setup = { 0 };
	struct machine machine = { 0 };

	say(&f->options.read_only_dirs, "/a//b c/./d/", f->root);
	say(&f->options.writable_dirs, "/a", f->root);
	assert_ok(shares_parse(&f->options, true, &shares));
	shares_add(&shares, &machine, &setup);
	assert_string_equal(text_str(&setup),
			    "share klab0 rw /a\nshare klab1 ro /a/b c/d\n");
	assert_int_equal(machine.share_count, 2);
	assert_string_equal(machine.shares[1].path, f->root);
	assert_true(machine.shares[1].read_only);
	assert_false(machine.shares[0].read_only);
	machine_deinit(&machine);
}

static void test_the_first_equals_sign_divides(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *host = path_join(f->root, "x=y,z");
	_cleanup_shares_ struct shares shares = { 0 };

	assert_ok(dir_make(host, 0755));
	say(&f->options.writable_dirs, "/w", host);
	assert_ok(shares_parse(&f->options, true, &shares));
	assert_string_equal(shares.items[0].guest, "/w");
	assert_string_equal(shares.items[0].host, host);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *file = path_join(f->root, "file");
	struct shares shares;

	assert_ok(file_write(file, "", 0, 0644));
	say(&f->options.writable_dirs, "/", f->root);
	assert_refused(f, ERROR_USAGE, "--rwdir: a share cannot be the guest's /");
	say(&f->options.writable_dirs, "/.//", f->root);
	assert_refused(f, ERROR_USAGE, "a share cannot be the guest's /");
	say(&f->options.read_only_dirs, "/a/../b", f->root);
	assert_refused(f, ERROR_USAGE, "--rodir: \"..\" in the guest's path");
	say(&f->options.read_only_dirs, "/a\nshare klab0 rw /b", f->root);
	assert_refused(f, ERROR_USAGE, "not an absolute path");
	say(&f->options.read_only_dirs, "/a", file);
	assert_refused(f, ERROR_USAGE, "is not a directory");
	say(&f->options.read_only_dirs, "/a", "/nonexistent");
	assert_refused(f, ERROR_OS, "the directory /nonexistent: No such file");
	say(&f->options.read_only_dirs, "/a/b", f->root);
	say(&f->options.writable_dirs, "/a//b/", "/");
	assert_refused(f, ERROR_USAGE, "two shares at /a/b");
	say(&f->options.read_only_dirs, "/a", f->root);
	assert_error(shares_parse(&f->options, false, &shares), ERROR_USAGE,
		     "need klab's initramfs");
}

static void test_kernel_without_9p(void **state)
{
	struct fixture *f = *state;
	_cleanup_shares_ struct shares shares = { 0 }, none = { 0 };
	char name[] = "/linux";
	const struct kernel kernel = { .name = name, .arch = arch_find("aarch64") };
	struct image image = { 0 };

	say(&f->options.writable_dirs, "/w", f->root);
	assert_ok(shares_parse(&f->options, true, &shares));
	assert_ok(shares_check_kernel(&shares, &kernel, &image));
	strv_push(&image.missing_modules, "virtio_net");
	assert_ok(shares_check_kernel(&shares, &kernel, &image));
	strv_push(&image.missing_modules, "9p");
	assert_error(shares_check_kernel(&shares, &kernel, &image), ERROR_MISSING,
		     "the kernel /linux cannot mount a share: it has no module 9p");
	assert_ok(shares_check_kernel(&none, &kernel, &image));
	strv_deinit(&image.missing_modules);
}

#define shares_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		shares_test(test_orders_come_parents_first),
		shares_test(test_the_first_equals_sign_divides),
		shares_test(test_refused),
		shares_test(test_kernel_without_9p),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
