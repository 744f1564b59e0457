// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel of a run would do with its command line: a table, or JSON. */
#include "cli/explain-cmdline.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/guest-ui.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "format/json.h"
#include "lab/cmdline.h"

static const char *const sentences[] = {
	[CMDLINE_KERNEL] = "the kernel",
	[CMDLINE_MODULE] = "the module, when modprobe loads it",
	[CMDLINE_NOBODY] = "nobody: there is no such module, and no such parameter",
	[CMDLINE_ARGUMENT] = "init's arguments",
	[CMDLINE_ENVIRONMENT] = "init's environment",
	[CMDLINE_FORGOTTEN] =
		"nobody: the init= or rdinit= behind it clears init's arguments",
	[CMDLINE_END] = "ends the kernel's words: the rest are init's arguments",
};

static struct error *print_table(const struct cmdline *cmdline, const char *init)
{
	static const struct table_column columns[] = {
		{ .title = "WORD", .key = "word" },
		{ .title = "GOES TO", .key = "goes_to" },
	};
	_cleanup_(table_freep) struct table *table =
		listing_new("words", columns, ARRAY_SIZE(columns), false);
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *called = NULL, *environment = NULL;

	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_word *word = &cmdline->words[i];
		struct table_row *row = table_add(table, NULL);

		table_set_text(table, row, 0, word->text);
		table_set_textf(table, row, 1, "%s%s",
				word->read_early ? "the kernel's first code, then " : "",
				sentences[word->use]);
	}
	TRY(table_print(table, stdout));
	strv_push(&words, init);
	strv_push_all(&words, (const char *const *)cmdline->arguments.items);
	called = strv_shell(&words);
	environment = strv_shell(&cmdline->environment);
	printf("\ninit is called:   %s\nits environment:  %s\n", called, environment);
	if (cmdline->panic)
		printf("the kernel panics: \"%s\" is one too many for init\n",
		       cmdline->panic);
	return NULL;
}

/* What was asked for goes to stdout, unless it was to go elsewhere. */
static struct error *print_json(const struct cmdline *cmdline, const char *line,
				const char *init, const char *where)
{
	_cleanup_json_ struct json_object *json = json_new_object();
	_cleanup_free_ char *text = NULL;
	struct json_object *words;

	json_add_string(json, "cmdline", line);
	words = json_add_array(json, "words");
	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_word *word = &cmdline->words[i];
		struct json_object *item = json_append_object(words);

		json_add_string(item, "word", word->text);
		json_add_string(item, "goes_to", cmdline_use_name(word->use));
	}
	json_add_string(json, "init", init);
	json_add_strings(json, "arguments",
			 (const char *const *)cmdline->arguments.items);
	json_add_strings(json, "environment",
			 (const char *const *)cmdline->environment.items);
	json_add_string(json, "panic", cmdline->panic);
	text = json_line(json);
	if (*where)
		return print_json_line(text, where);
	puts(text);
	return NULL;
}

struct error *explain_cmdline(struct call *call)
{
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	_cleanup_plan_ struct plan plan = { 0 };
	_cleanup_kernel_words_ struct kernel_words words = { 0 };
	_cleanup_cmdline_ struct cmdline cmdline = { 0 };
	_cleanup_free_ char *line = NULL;
	enum plan_purpose purpose = call->guest->command.count ? PLAN_COMMAND : PLAN_STAY;
	const char *init;

	guest_ui_init(&ui, call);
	TRY(plan_make(call->guest, purpose, &ui.run.plan, &plan));
	TRY(cmdline_known_words(&plan, &words));
	line = cmdline_of_plan(&plan);
	cmdline_explain(line, &words, &cmdline);
	TRY(cmdline_look_for_modules(&cmdline, plan.kernel));
	init = cmdline_init(&cmdline, &plan);
	if (!call->guest->json && plan.machine.agent &&
	    streq(init, cmdline.initramfs_init))
		print_note(
			"init is klab's agent, to which they mean nothing; see --init");
	return call->guest->json ? print_json(&cmdline, line, init, call->guest->json)
				 : print_table(&cmdline, init);
}
