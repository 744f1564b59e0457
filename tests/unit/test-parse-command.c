// SPDX-License-Identifier: GPL-2.0-or-later
/* cli/parse and cli/mistake: words in, a filled call or a helpful error out. */
#include "cli/parse.h"

#include "unit.h"

struct own_options {
	bool follow;
	char *ex;
};

static const struct option_row own_rows[] = {
	{ .name = "follow",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, follow),
	  .help = "Follow" },
	{ .name = "ex",
	  .argument = "COMMAND",
	  .kind = OPTION_STRING,
	  .traits = OPTION_ONE_DASH,
	  .offset = offsetof(struct own_options, ex),
	  .help = "Say" },
	OPTION_ROWS_END,
};

static const struct command guest_command = {
	.name = "try",
	.summary = "try",
	.arguments = "[-- CMD...]",
	.traits = COMMAND_TAKES_CMD | COMMAND_NO_SETTINGS,
	.shared = OPTIONS_GUEST,
	.options = own_rows,
	.options_size = sizeof(struct own_options),
};

static const char *const verbs[] = { "list", "prune", NULL };

static const struct command verb_command = {
	.name = "things",
	.summary = "things",
	.arguments = "list|prune [THING]",
	.words_min = 1,
	.words_max = 2,
	.verbs = verbs,
};

struct attempt {
	struct call call;
	struct own_options own;
	struct parse parse;
};

static void attempt_init(struct attempt *a, const struct command *command)
{
	*a = (struct attempt){ .call.command = command };
	settings_init(&a->call.settings);
	a->call.guest = &a->call.settings.guest;
	a->call.options = &a->own;
	parse_init(&a->parse, &a->call);
}

static void attempt_deinit(struct attempt *a)
{
	parse_deinit(&a->parse);
	strv_deinit(&a->call.words);
	option_rows_deinit(own_rows, &a->own);
	settings_deinit(&a->call.settings);
}

static struct error *attempt(struct attempt *a, const char *const *words)
{
	struct strv argv = {};
	struct error *err;

	strv_push(&argv, "klab");
	strv_push_all(&argv, words);
	err = parse_words(&a->parse, (int)argv.count, argv.items);
	strv_deinit(&argv);
	return err ? err : parse_apply(&a->parse);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_shared(void **state)
{
	_cleanup_(attempt_deinit) struct attempt a;

	attempt_init(&a, &guest_command);
	assert_ok(attempt(&a, WORDS("-k", "/src", "-m2G", "--cpus=2", "--kas", "-vvf",
				    "-a", "x", "--append", "y")));
	assert_string_equal(a.call.guest->kernel, "/src");
	assert_int_equal(a.call.guest->memory, 2ULL << 30);
	assert_int_equal(a.call.guest->cpus, 2);
	assert_true(a.call.guest->kaslr);
	assert_true(a.own.follow);
	assert_int_equal(a.call.guest->verbosity, 2);
	assert_int_equal(a.call.guest->append.count, 2);
	assert_string_equal(settings_source(&a.call.settings, "cpus"),
			    "the command line");
}

static void test_command_behind_dashes(void **state)
{
	_cleanup_(attempt_deinit) struct attempt a;

	attempt_init(&a, &guest_command);
	assert_ok(attempt(&a, WORDS("ARCH=arm64", "O=/b", "--no-kaslr", "--", "ls", "-l",
				    "--", "ARCH=x")));
	assert_string_equal(a.call.guest->arch, "arm64");
	assert_string_equal(a.call.guest->output, "/b");
	assert_int_equal(a.call.guest->command.count, 4);
	assert_string_equal(a.call.guest->command.items[1], "-l");
	assert_string_equal(a.call.guest->command.items[3], "ARCH=x");
}

static void test_one_dash(void **state)
{
	_cleanup_(attempt_deinit) struct attempt a;

	attempt_init(&a, &guest_command);
	assert_ok(attempt(&a, WORDS("-ex", "bt", "--", "-ex")));
	assert_string_equal(a.own.ex, "bt");
	assert_string_equal(a.call.guest->command.items[0], "-ex");
}

static void test_optional_value(void **state)
{
	_cleanup_(attempt_deinit) struct attempt a, b;

	attempt_init(&a, &guest_command);
	assert_ok(attempt(&a, WORDS("--json")));
	assert_string_equal(a.call.guest->json, "");
	attempt_init(&b, &guest_command);
	assert_ok(attempt(&b, WORDS("--json=fd:3")));
	assert_string_equal(b.call.guest->json, "fd:3");
	assert_string_equal(parse_json(&b.parse), "fd:3");
}

/* Help is asked for when something is wrong: then the wrong must not hide it. */
static void test_help_first(void **state)
{
	_cleanup_(attempt_deinit) struct attempt a;

	attempt_init(&a, &verb_command);
	assert_ok(attempt(&a, WORDS("--help", "--bogus")));
	assert_true(a.call.common.help);
}

static void test_mistakes(void **state)
{
	static const struct {
		const struct command *command;
		const char *words[5];
		const char *message, *hint;
	} cases[] = {
		{ &guest_command,
		  { "ls" },
		  "does not take the word \"ls\"",
		  "klab try -- ls" },
		{ &guest_command,
		  { "-m", "1G", "ls", "-l" },
		  "the word \"ls\"",
		  "klab try -m 1G -- ls -l" },
		{ &guest_command,
		  { "--memroy", "1G" },
		  "has no option --memroy",
		  "--memory" },
		{ &guest_command,
		  { "--frob" },
		  "has no option --frob",
		  "klab try --help" },
		{ &guest_command, { "-fZv" }, "has no option -Z", "klab try --help" },
		{ &guest_command, { "-v", "-Z" }, "has no option -Z", "klab try --help" },
		{ &guest_command, { "-m" }, "-m needs a value", "-m SIZE" },
		{ &guest_command,
		  { "--memory" },
		  "--memory needs a value",
		  "--memory SIZE" },
		{ &guest_command, { "--kaslr=yes" }, "--kaslr takes no value", NULL },
		{ &guest_command,
		  { "--boo", "x" },
		  "--boo may mean several options",
		  "one of --boot, --boot-timeout" },
		{ &guest_command, { "--" }, "no command follows", NULL },
		{ &guest_command,
		  { "-m", "much" },
		  "--memory: \"much\" is not a size",
		  "write it as 512M or 2G" },
		{ &guest_command, { "ARCH=pdp11" }, "ARCH=: \"pdp11\"", NULL },
		{ &verb_command,
		  { "lits" },
		  "klab things cannot lits",
		  "klab things list" },
		{ &verb_command,
		  { "frobnicate" },
		  "cannot frobnicate",
		  "klab things, followed by one of list, prune" },
		{ &verb_command,
		  { NULL },
		  "something is missing",
		  "klab things list|prune [THING]" },
		{ &verb_command,
		  { "list", "a", "b" },
		  "the word \"b\"",
		  "klab things --help" },
		{ &verb_command, { "list", "--", "x" }, "runs no command behind", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(attempt_deinit) struct attempt a;
		_cleanup_error_ struct error *err = NULL;

		attempt_init(&a, cases[i].command);
		err = attempt(&a, cases[i].words);
		if (!err)
			fail_msg("%s: no error", cases[i].message);
		assert_int_equal(error_get_code(err), ERROR_USAGE);
		if (!strstr(error_sentence(err), cases[i].message))
			fail_msg("\"%s\" lacks \"%s\"", error_sentence(err),
				 cases[i].message);
		if (cases[i].hint)
			assert_string_equal(error_hint_text(err), cases[i].hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_command_behind_dashes),
		cmocka_unit_test(test_one_dash),
		cmocka_unit_test(test_optional_value),
		cmocka_unit_test(test_help_first),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
