// SPDX-License-Identifier: GPL-2.0-or-later
/* klab config: the options of a kernel. */
#include "lab/config.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/building.h"
#include "cli/command.h"
#include "cli/config-menu.h"
#include "cli/config-source.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "lab/check.h"
#include "lab/needs.h"
#include "os/file.h"

#define CONFIG_MAX (4 << 20)

struct own_options {
	bool json;
	struct strv fragments;
	char *from;
};

enum { COLUMN_OPTION, COLUMN_BEFORE, COLUMN_AFTER, COLUMN_COUNT };

static const struct table_column shown_columns[] = {
	{ .title = "OPTION", .key = "option" },
	{ .title = "VALUE", .key = "value" },
};
static const struct table_column compared_columns[COLUMN_COUNT] = {
	[COLUMN_OPTION] = { .title = "OPTION", .key = "option" },
	[COLUMN_BEFORE] = { .title = "THERE", .key = "there" },
	[COLUMN_AFTER] = { .title = "HERE", .key = "here" },
};

static struct error *show(struct call *call)
{
	const struct own_options *own = call->options;
	const char *pattern = call->words.count > 1 ? call->words.items[1] : NULL;
	_cleanup_config_source_ struct config_source source = { 0 };
	_cleanup_config_entries_ struct config_entries entries = { 0 };
	_cleanup_(table_freep) struct table *table =
		listing_new("options", shown_columns, ARRAY_SIZE(shown_columns),
			    own->json);

	TRY(config_source_find(call, &source));
	config_select(source.text, source.size, pattern, &entries);
	if (!entries.count && !own->json)
		return error_new(ERROR_NOT_FOUND, "%s has no option %s", source.name,
				 pattern ? pattern : "at all");
	for (size_t i = 0; i < entries.count; i++) {
		struct table_row *row = table_add(table, NULL);

		table_set_textf(table, row, 0, "CONFIG_%s", entries.items[i].name);
		table_set_text(table, row, 1, entries.items[i].after);
	}
	return table_print(table, stdout);
}

/* What to compare with: a file, or a target of make. */
static struct error *find_other(struct call *call, char **ret)
{
	const char *other = call->words.count > 1 ? call->words.items[1] : "defconfig";
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };
	_cleanup_bytes_ struct bytes bytes = { 0 };

	if (!path_exists(other) && has_suffix(other, "config") && !strchr(other, '/')) {
		TRY(building_open_tree(call, building_kernel(call), NULL, &kbuild));
		return config_generate(&kbuild, other, ret);
	}
	TRY(file_read(other, CONFIG_MAX, &bytes));
	*ret = xstrndup(bytes.data ? (const char *)bytes.data : "", bytes.size);
	return NULL;
}

static struct error *diff(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_config_source_ struct config_source source = { 0 };
	_cleanup_config_entries_ struct config_entries entries = { 0 };
	_cleanup_free_ char *other = NULL;
	_cleanup_(table_freep) struct table *table =
		listing_new("differences", compared_columns, COLUMN_COUNT, own->json);

	TRY(config_source_find(call, &source));
	TRY(find_other(call, &other));
	config_compare(other, strlen(other), source.text, source.size, &entries);
	for (size_t i = 0; i < entries.count; i++) {
		struct table_row *row = table_add(table, NULL);

		table_set_textf(table, row, COLUMN_OPTION, "CONFIG_%s",
				entries.items[i].name);
		table_set_text(table, row, COLUMN_BEFORE, entries.items[i].before);
		table_set_text(table, row, COLUMN_AFTER, entries.items[i].after);
	}
	return table_print(table, stdout);
}

static const struct table_column check_columns[] = {
	{ .title = "OPTION", .key = "option" },
	{ .title = "IS", .key = "value" },
	{ .title = "NEEDED", .key = "needed", .type = TABLE_BOOL },
	{ .title = "WITHOUT IT", .key = "lack" },
};

/* Status 1 if commands cannot be run. */
static struct error *check(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_config_source_ struct config_source source = { 0 };
	_cleanup_free_ struct need_lacking *lacking = NULL;
	_cleanup_(table_freep) struct table *table =
		listing_new("lacking", check_columns, ARRAY_SIZE(check_columns),
			    own->json);
	size_t count;

	TRY(config_source_find(call, &source));
	needs_lacking(source.arch, source.text, source.size, &lacking, &count);
	for (size_t i = 0; i < count; i++) {
		struct table_row *row = table_add(table, NULL);

		table_set_text(table, row, 0, lacking[i].option);
		table_set_textf(table, row, 1, "%c", lacking[i].value);
		table_set_bool(table, row, 2, !lacking[i].optional);
		table_set_text(table, row, 3, lacking[i].lack);
		if (!lacking[i].optional)
			call->status = STATUS_FAILED;
	}
	TRY(table_print(table, stdout));
	if (!count && !own->json)
		print_note("%s has all that klab uses", source.name);
	return NULL;
}

static struct error *make_request(const struct call *call, const struct kbuild *kbuild,
				  struct config_request *request)
{
	const struct own_options *own = call->options;

	for (size_t i = 0; i < own->fragments.count; i++)
		TRY(config_request_fragment(request, own->fragments.items[i],
					    kbuild->arch));
	for (size_t i = 1; i < call->words.count; i++)
		TRY(config_request_word(request, call->words.items[i]));
	if (!request->count && !own->from)
		return error_hint(error_new(ERROR_USAGE, "nothing to set"),
				  "klab config set NAME=y, or --fragment NAME");
	return NULL;
}

static const struct table_column lost_columns[] = {
	{ .key = "option" }, { .key = "wanted" },
	{ .key = "value" },  { .key = "why" },
	{ .key = "from" },   { .key = "unknown", .type = TABLE_BOOL },
};

static struct error *print_losses_json(const struct config_result *result)
{
	_cleanup_(table_freep) struct table *table =
		listing_new("lost", lost_columns, ARRAY_SIZE(lost_columns), true);

	for (size_t i = 0; i < result->loss_count; i++) {
		const struct config_loss *loss = &result->losses[i];
		struct table_row *row = table_add(table, NULL);

		table_set_textf(table, row, 0, "CONFIG_%s", loss->option->name);
		table_set_text(table, row, 1, loss->option->value);
		table_set_text(table, row, 2, loss->value);
		table_set_text(table, row, 3, loss->why);
		table_set_text(table, row, 4, loss->option->from);
		table_set_bool(table, row, 5, loss->unknown);
	}
	return table_print(table, stdout);
}

static struct error *set(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };
	_cleanup_config_request_ struct config_request request = { 0 };
	_cleanup_config_result_ struct config_result result = { 0 };
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = { 0 };
	_cleanup_(progress_freep) struct progress *progress = building_progress();
	size_t lost;

	TRY(building_open_tree(call, building_kernel(call), NULL, &kbuild));
	TRY(make_request(call, &kbuild, &request));
	TRY(config_symbols(&kbuild, &symbols));
	TRY(config_check_words(&request, &symbols));
	building_show_waiting(&kbuild, progress);
	TRY(config_apply(&kbuild, &request, own->from, &symbols, &result));
	progress_hide(progress);
	lost = building_report_losses(&symbols, &result);
	if (own->json)
		TRY(print_losses_json(&result));
	if (result.began)
		print_note("%s begins with %s", kbuild.config, result.began);
	if (!result.changed)
		print_note("%s stays as it was", kbuild.config);
	if (lost)
		call->status = STATUS_FAILED;
	return NULL;
}

static struct error *config_run(struct call *call)
{
	static const struct {
		const char *verb;
		struct error *(*run)(struct call *call);
		size_t words_max;
	} rows[] = {
		{ "show", show, 2 },   { "set", set, SIZE_MAX },   { "diff", diff, 2 },
		{ "check", check, 1 }, { "menu", config_menu, 1 },
	};
	const struct own_options *own = call->options;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!streq(rows[i].verb, call->words.items[0]))
			continue;
		if (call->words.count > rows[i].words_max)
			return error_new(ERROR_USAGE, "klab config %s takes no \"%s\"",
					 rows[i].verb,
					 call->words.items[rows[i].words_max]);
		if ((own->fragments.count || own->from) && rows[i].run != set)
			return error_new(ERROR_USAGE,
					 "--fragment and --from go with klab config set");
		return rows[i].run(call);
	}
	return error_new(ERROR_USAGE, "\"%s\" is no verb of klab config",
			 call->words.items[0]);
}

static const struct option_row options[] = {
	{ .name = "fragment",
	  .argument = "NAME|FILE",
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct own_options, fragments),
	  .values = OPTION_VALUES_FILES,
	  .help = "set: all options of a fragment: base, tiny, debug, btf, "
		  "kasan, lockdep, kgdb, trace, kmemleak, graphics, nomodules, or a file" },
	{ .name = "from",
	  .argument = "TARGET",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct own_options, from),
	  .check = check_word,
	  .help = "set: begin anew with this target of make, as allnoconfig" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab config set KASAN=y VIRTIO_NET=m",
	  "What these need is told if it is off" },
	{ "klab config set --fragment debug --fragment lockdep", "Options for an aim" },
	{ "klab config diff", "What differs from the defconfig" },
	{ "klab config check -k debian", "What klab would miss in a kernel" },
	{ NULL, NULL },
};

static const char *const verbs[] = { "show", "set", "diff", "check", "menu", NULL };

const struct command command_config = {
	.name = "config",
	.group = COMMAND_KERNELS,
	.summary = "options of a kernel: show, set, compare, check",
	.arguments = "show [PATTERN]|set A=y B=m...|diff [FILE|TARGET]|check|menu",
	.description =
		"Of the tree that you stand in, or -k DIR; show, check and diff look at any "
		"kernel whose configuration is known. set lets kbuild decide and tells of "
		"each option that did not become what it was set to, and why; the status "
		"is 1 then. A tree without .config begins with a defconfig, or with what "
		"the fragment names (tiny: allnoconfig). menu is the tree's own menuconfig.",
	.examples = examples,
	.shared = OPTIONS_KERNEL | OPTIONS_ARCH,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_min = 1,
	.words_max = 1000,
	.verbs = verbs,
	.run = config_run,
};
