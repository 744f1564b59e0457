// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/explain and lab/verdict. */
#include "lab/explain.h"

#include <json-c/json.h>

#include "agent/proto.h"
#include "lab/verdict.h"
#include "unit.h"

static void check(const struct explain_facts *facts, const char *wanted)
{
	_cleanup_free_ char *sentence = NULL, *hint = NULL;
	bool found = explain(facts, &sentence, &hint);

	assert_int_equal(found, wanted != NULL);
	if (!wanted)
		return;
	assert_non_null(strstr(sentence, wanted));
	assert_true(strlen(hint) > 0);
}

static void test_rules(void **state)
{
	struct explain_facts facts = { .qemu_stderr = "", .ended = ENDED_PANIC };

	facts.console = "VFS: Unable to mount root fs on unknown-block(0,0)";
	check(&facts, "no root file system");
	facts.console = "Failed to execute /init (error -8)\nKernel panic - not syncing: "
			"No working init found.";
	check(&facts, "another architecture");
	facts.console = "Attempted to kill init! exitcode=0x00000004";
	check(&facts, "illegal instruction");
	facts.console = "Attempted to kill init! exitcode=0x00000700";
	check(&facts, "init ended");
	facts.console = "nothing that is known";
	check(&facts, NULL);
	facts.qemu_stderr = "qemu: cannot set up guest memory 'pc.ram'";
	check(&facts, "too little free memory");
}

static void test_silence(void **state)
{
	struct explain_facts facts = { .qemu_stderr = "",
				       .console = "",
				       .console_silent = true,
				       .ended = ENDED_HANG };

	check(&facts, "said nothing");
	facts.agent_was_ready = true;
	check(&facts, NULL);
	facts = (struct explain_facts){ .qemu_stderr = "",
					.console = "Linux version",
					.ended = ENDED_HANG };
	check(&facts, "the guest did not come up in time");
	facts.console = "Linux version\nklab-agent: init has not said yet that";
	check(&facts, "init's services");
	facts.console = "Linux version\nklab-agent: --eval-late has not ended yet";
	check(&facts, "--eval-late did not end");
	facts.agent_was_ready = true;
	facts.console = "Linux version\n[    5.442475] reboot: System halted";
	check(&facts, "has halted");
}

static void test_user_option(void **state)
{
	char option[] = "-device", name[] = "nosuch";
	char *words[] = { option, name, NULL };
	struct strv options = { .items = words, .count = 2 };
	struct explain_facts facts = {
		.console = "",
		.qemu_stderr =
			"-device virtio-foo: 'virtio-foo' is not a valid device model "
			"name",
		.ended = ENDED_ERROR,
	};

	check(&facts, "built without a device");
	facts.qemu_options = &options;
	check(&facts, "built without a device");
	facts.qemu_stderr = "-device nosuch: 'nosuch' is not a valid device model name";
	check(&facts, "--qemu-opts");
	facts.qemu_stderr = "qemu: -device: invalid option";
	check(&facts, "--qemu-opts");
}

/* A missing module explains why nothing came, not why klab failed. */
static void test_missing_module(void **state)
{
	_cleanup_strv_ struct strv missing = { 0 };
	struct explain_facts facts = { .qemu_stderr = "",
				       .console = "Linux version",
				       .missing_modules = &missing,
				       .ended = ENDED_HANG };

	strv_push(&missing, "virtio_console");
	check(&facts, "no driver for klab's channel");
	facts.ended = ENDED_ERROR;
	check(&facts, NULL);
}

/* The words are the agent's own, and may come in pieces. */
static void test_hopeless(void **state)
{
	static const char said[] =
		"booting\nklab-agent: no channel: the kernel shows no /sys/class";

	assert_true(console_is_hopeless(said, sizeof(said) - 1));
	assert_true(console_is_hopeless(said, strlen("/sys/class") + 1));
	assert_false(console_is_hopeless(said, strlen("/sys/class")));
	assert_true(
		console_is_hopeless("klab-agent: cannot serve: this kernel has no epoll",
				    3000));
	assert_false(console_is_hopeless("", 0));
	assert_false(console_is_hopeless("klab-agent: cannot mount /tmp", 10));
}

static void test_tail(void **state)
{
	static const char console[] = "one\r\ntwo\r\nthree \033[2J\r\n\r\n";
	_cleanup_free_ char *two = console_tail(console, sizeof(console) - 1, 2);
	_cleanup_free_ char *all = console_tail(console, sizeof(console) - 1, 100);
	_cleanup_free_ char *none = console_tail("", 0, 5);

	assert_string_equal(two, "two\nthree \\x1b[2J");
	assert_string_equal(all, "one\ntwo\nthree \\x1b[2J");
	assert_string_equal(none, "");
}

static void test_statuses(void **state)
{
	static const struct {
		enum proto_exit how;
		unsigned int value;
		enum ended ended;
		int status;
	} cases[] = {
		{ PROTO_EXIT_STATUS, 0, ENDED_EXITED, 0 },
		{ PROTO_EXIT_STATUS, 255, ENDED_EXITED, 255 },
		{ PROTO_EXIT_SIGNAL, 9, ENDED_SIGNALED, 137 },
		{ PROTO_EXIT_NOT_FOUND, 2, ENDED_NOT_FOUND, 127 },
		{ PROTO_EXIT_NOT_STARTED, 13, ENDED_NOT_FOUND, 126 },
		{ PROTO_EXIT_REFUSED, 0, ENDED_ERROR, 125 },
		/* Of a hostile agent. */
		{ (enum proto_exit)77, 3, ENDED_ERROR, 125 },
		{ PROTO_EXIT_STATUS, 0x1234, ENDED_EXITED, 0x34 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_verdict_ struct verdict verdict = { 0 };

		verdict_set_exit(&verdict, cases[i].how, cases[i].value, "m");
		assert_int_equal(verdict.ended, cases[i].ended);
		assert_int_equal(verdict.status, cases[i].status);
	}
}

static void test_json(void **state)
{
	_cleanup_verdict_ struct verdict verdict = { .crash = CRASH_OOPS };
	struct json_object *json, *crash, *value;
	const char *text;

	verdict_set(&verdict, ENDED_PANIC, STATUS_PANIC);
	verdict.crash_title = strdup("BUG: x");
	verdict.crash_text = strdup("a\033[31m\n\xff");
	verdict.phase_us[PHASE_BOOT] = 1234567;
	json = verdict_json(&verdict);
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	assert_null(strchr(text, '\n')); /* one line */
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "\"boot\":1.234567"));
	assert_true(json_object_object_get_ex(json, "crash", &crash));
	assert_true(json_object_object_get_ex(crash, "kind", &value));
	assert_string_equal(json_object_get_string(value), "oops");
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	    cmocka_unit_test(test_silence),
		cmocka_unit_test(test_user_option), cmocka_unit_test(test_missing_module),
		cmocka_unit_test(test_hopeless),    cmocka_unit_test(test_tail),
		cmocka_unit_test(test_statuses),    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
