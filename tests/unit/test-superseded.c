// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/superseded: the newest of each line stays. */
#include "lab/superseded.h"

#include "unit.h"

static void test_lines(void **state)
{
	static const struct {
		const char *arch, *release;
		bool superseded;
	} cases[] = {
		{ "x86_64", "6.1.0-9-amd64", true },
		{ "x86_64", "6.1.0-49-amd64", false },
		{ "x86_64", "6.1.0-48-rt-amd64", false },
		{ "x86_64", "6.1.0-40-cloud-amd64", false },
		{ "x86_64", "6.12.41+deb13-amd64", true },
		{ "x86_64", "6.12.43+deb13-amd64", false },
		{ "x86_64", "6.10.1-amd64", false },
		{ "aarch64", "6.1.0-47-arm64", true },
		{ "aarch64", "6.1.0-49-arm64", false },
		{ "x86_64", NULL, false },
	};
	struct kernel kernels[ARRAY_SIZE(cases)] = {};
	struct kernel *pointers[ARRAY_SIZE(cases)];
	bool superseded[ARRAY_SIZE(cases)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		kernels[i].arch = arch_find(cases[i].arch);
		kernels[i].release = (char *)cases[i].release;
		pointers[i] = &kernels[i];
	}
	kernels_superseded(pointers, ARRAY_SIZE(cases), superseded);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (superseded[i] != cases[i].superseded)
			fail_msg("%s: superseded is %d", cases[i].release, superseded[i]);
	}
}

/* Two entries of one release: neither goes, and certainly not both. */
static void test_twins(void **state)
{
	struct kernel a = { .arch = arch_find("x86_64"),
			    .release = (char *)"6.1.0-9-amd64" };
	struct kernel b = a;
	struct kernel *const pointers[] = { &a, &b };
	bool superseded[2];

	kernels_superseded(pointers, 2, superseded);
	assert_false(superseded[0]);
	assert_false(superseded[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
