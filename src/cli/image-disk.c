// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks: made, listed, removed, and mounted by a guest, since nobody else may. */
#include "cli/image-disk.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/guest-ui.h"
#include "cli/listing.h"
#include "cli/verdict.h"
#include "format/json.h"
#include "lab/images.h"
#include "lab/named-disk.h"
#include "os/file.h"

static const struct arch *arch_of(const struct guest_options *guest)
{
	return guest->arch ? arch_find(guest->arch) : arch_host();
}

static void print_disk(const struct disk *disk, bool json)
{
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	if (!json) {
		puts(disk->path);
		return;
	}
	object = json_new_object();
	json_add_string(object, "path", disk->path);
	json_add_u64(object, "bytes", disk->size);
	json_add_string(object, "digest", disk->key);
	text = json_pretty(object);
	fputs(text, stdout);
}

struct error *image_disk_build(const struct call *call, const char *output, uint64_t size,
			       bool json)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(fetching_done) struct fetching fetching;
	_cleanup_disk_ struct disk disk = { 0 };

	fetching_init(&fetching, call);
	TRY(store_open(NULL, &store));
	TRY(images_make_disk(
		&(struct root_request){
			.store = store,
			.options = call->guest,
			.arch = arch_of(call->guest),
			.fetch = &fetching.options,
		},
		output, size, &disk));
	print_disk(&disk, json);
	return NULL;
}

enum { COLUMN_NAME, COLUMN_KIND, COLUMN_SIZE, COLUMN_FROM, COLUMN_PATH };

static const struct table_column columns[] = {
	[COLUMN_NAME] = { .title = "NAME", .key = "name", .wide = true },
	[COLUMN_KIND] = { .title = "KIND", .key = "kind" },
	[COLUMN_SIZE] = { .title = "SIZE", .key = "bytes", .type = TABLE_SIZE },
	[COLUMN_FROM] = { .title = "FROM", .key = "from", .wide = true },
	[COLUMN_PATH] = { .key = "path" },
};

struct error *image_list(const struct call *call, bool json)
{
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_kept_images_ struct kept_images images = { 0 };
	_cleanup_(table_freep) struct table *table =
		listing_new("images", columns, ARRAY_SIZE(columns), json);

	TRY(store_open(NULL, &store));
	TRY(images_list(store, &images));
	for (size_t i = 0; i < images.count; i++) {
		const struct kept_image *image = &images.items[i];
		struct table_row *row = table_add(table, NULL);

		/* As much of a key as is needed to name it. */
		table_set_textf(table, row, COLUMN_NAME, "%.*s",
				json || streq(image->kind, "named") ? 255 : 12,
				image->name);
		table_set_text(table, row, COLUMN_KIND, image->kind);
		table_set_u64(table, row, COLUMN_SIZE, image->bytes);
		table_set_text(table, row, COLUMN_FROM, image->from);
		table_set_text(table, row, COLUMN_PATH, image->path);
	}
	return table_print(table, stdout);
}

struct error *image_remove(const struct call *call)
{
	_cleanup_(store_freep) struct store *store = NULL;

	TRY(store_open(NULL, &store));
	for (size_t i = 1; i < call->words.count; i++)
		TRY(images_remove(store, call->words.items[i]));
	return NULL;
}

static void set_word(char **to, const char *word)
{
	free(*to);
	*to = xstrdup(word);
}

/* The word is a named disk's, or as for --root. */
static struct error *choose_root(struct guest_options *guest, const char *word)
{
	_cleanup_strv_ struct strv names = { 0 };

	TRY(named_disk_list(&names));
	set_word(strv_contains(&names, word) ? &guest->disk_name : &guest->root, word);
	guest->rw = true;
	set_word(&guest->init, "klab");
	if (root_where(guest) != ROOT_DISK)
		return error_hint(error_new(ERROR_USAGE,
					    "%s is no disk: there is nothing to mount",
					    word),
				  "klab run --root %s is a shell in it", word);
	return NULL;
}

struct error *image_mount(struct call *call)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_guest_ui_ struct guest_ui ui = { 0 };
	const struct strv none = { 0 };
	const struct run_options options = {
		.guest = call->guest,
		.command = &call->guest->command,
		.evals = &none,
		.arguments = (const char *const *)call->argv + 1,
		.started_us = call->started_us,
		.ui = &ui.run,
	};

	if (call->words.count < 2)
		return error_hint(error_new(ERROR_USAGE, "which disk?"),
				  "klab image mount NAME|FILE");
	TRY(choose_root(call->guest, call->words.items[1]));
	guest_ui_init(&ui, call);
	run_foreground(&options, &verdict);
	guest_ui_deinit(&ui);
	return report_verdict(call, &verdict);
}
