// SPDX-License-Identifier: GPL-2.0-or-later
/* klab kernels: the stored kernels, and removing them. */
#include <stdio.h>

#include "base/mem.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "cli/print.h"
#include "format/json.h"
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

static void print_json(const struct stored *stored)
{
	_cleanup_json_ struct json_object *rows = json_new_array();
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < stored->count; i++) {
		const struct kernel *kernel = stored->kernels[i];
		struct json_object *row = json_append_object(rows);

		json_add_string(row, "name", kernel->name);
		json_add_string(row, "release", kernel->release);
		json_add_string(row, "arch", kernel->arch->name);
		json_add_string(row, "image", kernel->image);
		json_add_string(row, "vmlinux", kernel->vmlinux);
		json_add_string(row, "modules", kernel->modules);
		json_add_string(row, "config", kernel->config);
		json_add_bool(row, "btf", kernel->has_btf);
		json_add_bool(row, "dwarf", kernel->has_dwarf);
		json_add_u64(row, "bytes", bytes_of(stored, kernel));
	}
	text = json_pretty(rows);
	fputs(text, stdout);
}

static void print_columns(const struct stored *stored)
{
	struct columns columns = { .count = 5, .right = 1u << 4 };

	COLUMNS_ROW(&columns, "NAME", "RELEASE", "ARCH", "HAS", "SIZE");
	for (size_t i = 0; i < stored->count; i++) {
		const struct kernel *kernel = stored->kernels[i];
		_cleanup_free_ char *size = format_size(bytes_of(stored, kernel));
		_cleanup_free_ char *has = NULL;
		_cleanup_strv_ struct strv parts = {};

		if (kernel->modules)
			strv_push(&parts, "modules");
		if (kernel->has_btf)
			strv_push(&parts, "BTF");
		if (kernel->has_dwarf)
			strv_push(&parts, "DWARF");
		if (kernel->config)
			strv_push(&parts, "config");
		has = strv_join(&parts, ",");
		COLUMNS_ROW(&columns, kernel->name, kernel->release, kernel->arch->name,
			    has, size);
	}
	columns_print(&columns);
}

static struct error *list(struct stored *stored, const struct call *call)
{
	const struct own_options *own = call->options;

	if (own->json)
		print_json(stored);
	else if (stored->count)
		print_columns(stored);
	else
		print_note("no kernel is stored: klab fetch gets one");
	return NULL;
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
			print_note("%s", error_message(err));
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
