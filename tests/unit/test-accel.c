// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice of the accelerator.  What KVM is worth differs from host to host; what may
 * not differ is that there is an answer with a reason, in bounded time, and the same again.
 */
#include "unit.h"

#include <stdio.h>

#include "base/text.h"
#include "os/file.h"
#include "os/spawn.h"
#include "vm/accel.h"
#include "vm/kvm-probe.h"

/* A program that is QEMU for all that the choice needs: it ends well. */
#define STAND_IN "/bin/true"

struct fixture {
	char *directory;
	struct store *store;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	assert_ok(temp_dir_make("klab-accel", &f.directory));
	assert_ok(store_open(f.directory, &f.store));
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	temp_dir_free(f->directory);
	return 0;
}

static const struct arch *foreign(void)
{
	for (const struct arch *const *arch = arch_all(); *arch; arch++)
		if (*arch != arch_host())
			return *arch;
	return NULL;
}

static void test_told(void **state)
{
	struct fixture *f = *state;
	struct accel_choice choice;

	assert_ok(accel_choose(f->store, arch_find("x86_64"), "/nonexistent", ACCEL_TCG,
			       &choice));
	assert_int_equal(choice.accel, ACCEL_TCG);
	assert_string_equal(choice.reason, "asked for");
	accel_choice_deinit(&choice);
}

static void test_foreign(void **state)
{
	struct fixture *f = *state;
	struct accel_choice choice;

	assert_ok(accel_choose(f->store, foreign(), STAND_IN, ACCEL_AUTO, &choice));
	assert_int_equal(choice.accel, ACCEL_TCG);
	assert_non_null(strstr(choice.reason, "the host's CPU is "));
	accel_choice_deinit(&choice);
	assert_error(accel_choose(f->store, foreign(), STAND_IN, ACCEL_KVM, &choice),
		     ERROR_UNSUPPORTED, "KVM cannot be used: the host's CPU is ");
}

static void test_measured_once(void **state)
{
	struct fixture *f = *state;
	struct accel_choice first, second;
	struct store_entry *entries;
	uint64_t began_ms = clock_ms(), took_ms;
	size_t count;

	if (!arch_host())
		skip();
	assert_ok(accel_choose(f->store, arch_host(), STAND_IN, ACCEL_AUTO, &first));
	took_ms = clock_ms() - began_ms;
	/* On a machine that has other things to do, too. */
	if (took_ms > KVM_PROBE_DEADLINE_MS + 3000)
		fail_msg("it took %u ms", (unsigned int)took_ms);
	assert_true(strlen(first.reason) > 0);
	assert_ok(accel_choose(f->store, arch_host(), STAND_IN, ACCEL_AUTO, &second));
	assert_int_equal(first.accel, second.accel);
	assert_string_equal(first.reason, second.reason);
	assert_ok(store_list(f->store, "probe", &entries, &count));
	/* Only what was measured is kept: permissions may change. */
	assert_int_equal(count, path_exists("/dev/kvm") && !strstr(first.reason, "open"));
	store_entries_free(entries, count);
	accel_choice_deinit(&first);
	accel_choice_deinit(&second);
}

static void test_dying_qemu_is_no_kvm(void **state)
{
	struct fixture *f = *state;
	struct accel_choice choice;

	if (!arch_host())
		skip();
	assert_ok(accel_choose(f->store, arch_host(), "/bin/false", ACCEL_AUTO, &choice));
	assert_int_equal(choice.accel, ACCEL_TCG);
	accel_choice_deinit(&choice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_measured_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dying_qemu_is_no_kvm, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
