// SPDX-License-Identifier: GPL-2.0-or-later
/* klab kernels: the stored kernels, and removing them. */
#include <stdio.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "kernel/kernel.h"
#include "lab/superseded.h"

struct own_options {
	bool json;
	bool dry_run;
};

/* The stored kernels, and the entries of the store for their sizes. */
struct stored {
	struct store *store;
	struct kernel **kernels;
	size_t count;
	struct store_entry *entries;
	size_t entry_count;
};

static struct error *stored_open(struct stored *stored)
{
	TRY(store_open(NULL, &stored->store));
	TRY(kernels_stored(stored->store, &stored->kernels, &stored->count));
	return store_list(stored->store, NULL, &stored->entries, &stored->entry_count);
}

static void stored_deinit(struct stored *stored)
{
	kernels_free(stored->kernels, stored->count);
	store_entries_free(stored->entries, stored->entry_count);
	if (stored->store)
		store_free(stored->store);
}

/* A kernel's debug information is an entry of its own, under the same key. */
static bool belongs_to(const struct store_entry *entry, const struct kernel *kernel)
{
	return has_prefix(entry->kind, "kernel") && streq(entry->key, kernel->name);
}

static uint64_t bytes_of(const struct stored *stored, const struct kernel *kernel)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < stored->entry_count; i++) {
		if (belongs_to(&stored->entries[i], kernel))
			bytes += stored->entries[i].bytes;
	}
	return bytes;
}

enum {
	COLUMN_NAME,
	COLUMN_RELEASE,
	COLUMN_ARCH,
	COLUMN_MODULES,
	COLUMN_BTF,
	COLUMN_DWARF,
	COLUMN_CONFIG,
	COLUMN_SIZE,
	COLUMN_IMAGE,
	COLUMN_VMLINUX,
};

static const struct table_column columns[] = {
	[COLUMN_NAME] = { .title = "NAME", .key = "name" },
	[COLUMN_RELEASE] = { .title = "RELEASE", .key = "release" },
	[COLUMN_ARCH] = { .title = "ARCH", .key = "arch" },
	[COLUMN_MODULES] = { .title = "MODULES", .key = "modules", .type = TABLE_BOOL },
	[COLUMN_BTF] = { .title = "BTF", .key = "btf", .type = TABLE_BOOL },
	[COLUMN_DWARF] = { .title = "DWARF", .key = "dwarf", .type = TABLE_BOOL },
	[COLUMN_CONFIG] = { .title = "CONFIG", .key = "config", .type = TABLE_BOOL },
	[COLUMN_SIZE] = { .title = "SIZE", .key = "bytes", .type = TABLE_SIZE },
	[COLUMN_IMAGE] = { .key = "image" },
	[COLUMN_VMLINUX] = { .key = "vmlinux" },
};

static void add_kernel(struct table *table, const struct stored *stored,
		       const struct kernel *kernel)
{
	struct table_row *row = table_add(table, NULL);

	table_set_text(table, row, COLUMN_NAME, kernel->name);
	table_set_text(table, row, COLUMN_RELEASE, kernel->release);
	table_set_text(table, row, COLUMN_ARCH, kernel->arch->name);
	table_set_bool(table, row, COLUMN_MODULES, kernel->modules);
	table_set_bool(table, row, COLUMN_BTF, kernel->has_btf);
	table_set_bool(table, row, COLUMN_DWARF, kernel->has_dwarf);
	table_set_bool(table, row, COLUMN_CONFIG, kernel->config);
	table_set_u64(table, row, COLUMN_SIZE, bytes_of(stored, kernel));
	table_set_text(table, row, COLUMN_IMAGE, kernel->image);
	table_set_text(table, row, COLUMN_VMLINUX, kernel->vmlinux);
}

static struct error *list(struct stored *stored, const struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_(table_freep) struct table *table =
		listing_new("kernels", columns, ARRAY_SIZE(columns), own->json);

	for (size_t i = 0; i < stored->count; i++)
		add_kernel(table, stored, stored->kernels[i]);
	if (!stored->count && !own->json)
		print_note("no kernel is stored: klab fetch gets one");
	return table_print(table, stdout);
}

static struct error *remove_kernel(struct stored *stored, const struct kernel *kernel,
				   const struct own_options *own)
{
	_cleanup_free_ char *size = format_size(bytes_of(stored, kernel));

	for (size_t i = 0; i < stored->entry_count && !own->dry_run; i++) {
		const struct store_entry *entry = &stored->entries[i];

		if (belongs_to(entry, kernel))
			TRY(store_remove(stored->store, entry->kind, entry->key));
	}
	printf("%s: %s %s\n", kernel->name, size,
	       own->dry_run ? "would be freed" : "freed");
	return NULL;
}

static struct error *find_kernel(const struct stored *stored, const char *name,
				 const struct kernel **ret)
{
	for (size_t i = 0; i < stored->count; i++) {
		if (streq(stored->kernels[i]->name, name)) {
			*ret = stored->kernels[i];
			return NULL;
		}
	}
	return error_hint(error_new(ERROR_NOT_FOUND, "no stored kernel is called \"%s\"",
				    name),
			  "klab kernels lists them");
}

static struct error *rm(struct stored *stored, const struct call *call)
{
	const struct kernel *kernel;

	if (call->words.count < 2)
		return error_hint(error_new(ERROR_USAGE, "no kernel is named"),
				  "klab kernels rm NAME...");
	/* All names first: a slip in the last one removes nothing. */
	for (size_t i = 1; i < call->words.count; i++)
		TRY(find_kernel(stored, call->words.items[i], &kernel));
	for (size_t i = 1; i < call->words.count; i++) {
		TRY(find_kernel(stored, call->words.items[i], &kernel));
		TRY(remove_kernel(stored, kernel, call->options));
	}
	return NULL;
}

static struct error *prune(struct stored *stored, const struct call *call)
{
	_cleanup_free_ bool *superseded = xcalloc(stored->count, sizeof(*superseded));

	kernels_superseded(stored->kernels, stored->count, superseded);
	for (size_t i = 0; i < stored->count; i++) {
		struct error *err = NULL;

		if (superseded[i])
			err = remove_kernel(stored, stored->kernels[i], call->options);
		/* A guest that runs an old one is no reason to keep the others. */
		if (error_is(err, ERROR_BUSY)) {
			print_note("%s", error_sentence(err));
			error_ignore(err);
			continue;
		}
		TRY(err);
	}
	return NULL;
}

static struct error *kernels_run(struct call *call)
{
	static const struct {
		const char *verb;
		struct error *(*run)(struct stored *stored, const struct call *call);
	} rows[] = { { "list", list }, { "rm", rm }, { "prune", prune } };
	const char *verb = call->words.count ? call->words.items[0] : "list";
	_cleanup_(stored_deinit) struct stored stored = {};

	if (call->words.count > 1 && !streq(verb, "rm"))
		return error_hint(error_new(ERROR_USAGE, "klab kernels %s takes no names",
					    verb),
				  "klab kernels rm NAME...");
	TRY(stored_open(&stored));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (streq(rows[i].verb, verb))
			return rows[i].run(&stored, call);
	}
	return NULL;
}

static const struct option_row options[] = {
	{ .name = "dry-run",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, dry_run),
	  .help = "rm, prune: only say what would go" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const char *const verbs[] = { "list", "rm", "prune", NULL };

const struct command command_kernels = {
	.name = "kernels",
	.group = COMMAND_KERNELS,
	.summary = "the stored kernels",
	.arguments = "[list|prune]\nrm NAME...",
	.description =
		"list shows what each has: modules, BTF, DWARF (klab fetch --debug), "
		"its configuration. prune keeps the newest of each series, flavour "
		"and architecture.",
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_max = 64,
	.verbs = verbs,
	.words_are = OPTION_VALUES_STORED,
	.run = kernels_run,
};
