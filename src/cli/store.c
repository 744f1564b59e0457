// SPDX-License-Identifier: GPL-2.0-or-later
/* klab store: what is cached, what takes the room, and making room. */
#include "store/store.h"

#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/listing.h"

struct own_options {
	bool json;
	bool dry_run;
	uint64_t budget;
};

struct entries {
	struct store_entry *items;
	size_t count;
};

static void entries_deinit(struct entries *entries)
{
	store_entries_free(entries->items, entries->count);
}

static uint64_t total_of(const struct entries *entries)
{
	uint64_t total = 0;

	for (size_t i = 0; i < entries->count; i++)
		total += entries->items[i].bytes;
	return total;
}

/* "2026-11-21 12:30", local time; the caller frees. */
static char *format_time(uint64_t seconds)
{
	time_t when = (time_t)seconds;
	char *text = NULL;
	struct tm tm;

	if (!localtime_r(&when, &tm) ||
	    asprintf(&text, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		     tm.tm_mday, tm.tm_hour, tm.tm_min) < 0)
		return NULL;
	return text;
}

enum {
	COLUMN_KIND,
	COLUMN_SIZE,
	COLUMN_USED,
	COLUMN_USED_SECONDS,
	COLUMN_KEY,
	COLUMN_PATH
};

static const struct table_column columns[] = {
	[COLUMN_KIND] = { .title = "KIND", .key = "kind" },
	[COLUMN_SIZE] = { .title = "SIZE", .key = "bytes", .type = TABLE_SIZE },
	[COLUMN_USED] = { .title = "USED", .key = "used" },
	[COLUMN_USED_SECONDS] = { .key = "used_seconds", .type = TABLE_NUMBER },
	[COLUMN_KEY] = { .title = "KEY", .key = "key", .wide = true },
	[COLUMN_PATH] = { .key = "path" },
};

static void add_entry(struct table *table, const struct store_entry *entry)
{
	struct table_row *row = table_add(table, NULL);
	_cleanup_free_ char *used = format_time(entry->used);

	table_set_text(table, row, COLUMN_KIND, entry->kind);
	table_set_u64(table, row, COLUMN_SIZE, entry->bytes);
	table_set_text(table, row, COLUMN_USED, used);
	table_set_u64(table, row, COLUMN_USED_SECONDS, entry->used);
	table_set_text(table, row, COLUMN_KEY, entry->key);
	table_set_text(table, row, COLUMN_PATH, entry->path);
}

static void print_total(const struct store *store, const struct entries *entries,
			uint64_t may_take)
{
	_cleanup_free_ char *total = format_size(total_of(entries));
	_cleanup_free_ char *budget = format_size(may_take);

	printf("%s of at most %s, in %s\n", total, budget, store_root(store));
}

static struct error *list(struct store *store, const struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_(entries_deinit) struct entries entries = {};
	_cleanup_(table_freep) struct table *table =
		listing_new("entries", columns, ARRAY_SIZE(columns), own->json);

	TRY(store_list(store, NULL, &entries.items, &entries.count));
	for (size_t i = 0; i < entries.count; i++)
		add_entry(table, &entries.items[i]);
	TRY(table_print(table, stdout));
	if (!own->json)
		print_total(store, &entries, call->settings.store_budget);
	return NULL;
}

static struct error *prune(struct store *store, const struct call *call)
{
	const struct own_options *own = call->options;
	const struct store_prune_options options = {
		.budget = own->budget == UINT64_MAX ? call->settings.store_budget
						    : own->budget,
		.dry_run = own->dry_run,
	};
	_cleanup_free_ char *size = NULL;
	uint64_t freed;

	TRY(store_prune(store, &options, &freed));
	size = format_size(freed);
	if (own->json)
		printf("{\"freed\": %llu}\n", (unsigned long long)freed);
	else
		printf("%s %s\n", size, own->dry_run ? "would be freed" : "freed");
	return NULL;
}

static struct error *store_run(struct call *call)
{
	_cleanup_(store_freep) struct store *store = NULL;

	TRY(store_open(NULL, &store));
	if (call->words.count && streq(call->words.items[0], "prune"))
		return prune(store, call);
	return list(store, call);
}

static const struct option_row options[] = {
	{ .name = "budget",
	  .argument = "SIZE",
	  .kind = OPTION_SIZE,
	  .unit = 1,
	  .offset = offsetof(struct own_options, budget),
	  .help = "prune: what may stay (the setting store-budget, 20G)" },
	{ .name = "dry-run",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, dry_run),
	  .help = "prune: only say what would be freed" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const struct own_options defaults = { .budget = UINT64_MAX };
static const char *const verbs[] = { "list", "prune", NULL };

const struct command command_store = {
	.name = "store",
	.group = COMMAND_KERNELS,
	.summary = "what is cached and what it takes",
	.arguments = "[list|prune]",
	.description =
		"Everything in the store can be made or fetched again. prune removes "
		"what was not used for longest until the rest is within the budget; "
		"it leaves kernels (klab kernels prune) and what is in use.",
	.traits = COMMAND_SETTINGS,
	.options = options,
	.options_size = sizeof(struct own_options),
	.options_defaults = &defaults,
	.words_max = 1,
	.verbs = verbs,
	.run = store_run,
};
