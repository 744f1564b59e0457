// SPDX-License-Identifier: GPL-2.0-or-later
/* klab list: the guests that run. */
#include <json-c/json.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/listing.h"
#include "lab/attach.h"
#include "vm/keeper.h"

struct list_options {
	bool json;
};

static const struct option_row list_rows[] = {
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, json),
	  .help = "As JSON" },
	OPTION_ROWS_END,
};

enum { COLUMN_NAME, COLUMN_STATE, COLUMN_ARCH, COLUMN_RELEASE, COLUMN_PID, COLUMN_LOG };

static const struct table_column columns[] = {
	[COLUMN_NAME] = { .title = "NAME", .key = "name" },
	[COLUMN_STATE] = { .title = "STATE", .key = "state" },
	[COLUMN_ARCH] = { .title = "ARCH", .key = "arch" },
	[COLUMN_RELEASE] = { .title = "RELEASE", .key = "release" },
	[COLUMN_PID] = { .title = "PID", .key = "pid", .type = TABLE_NUMBER },
	[COLUMN_LOG] = { .title = "CONSOLE", .key = "log" },
};

static void set_text(struct table *table, struct table_row *row, size_t column,
		     struct json_object *status)
{
	struct json_object *value;

	if (json_object_object_get_ex(status, columns[column].key, &value) && value)
		table_set_text(table, row, column, json_object_get_string(value));
}

static void add_guest(struct table *table, const struct guest_entry *guest,
		      struct json_object *status)
{
	struct table_row *row = table_add(table, NULL);

	set_text(table, row, COLUMN_NAME, status);
	set_text(table, row, COLUMN_STATE, status);
	set_text(table, row, COLUMN_ARCH, status);
	set_text(table, row, COLUMN_RELEASE, status);
	set_text(table, row, COLUMN_LOG, status);
	table_set_u64(table, row, COLUMN_PID, (uint64_t)guest->pid);
}

/* A guest that ends while it is asked is none any more. */
static void ask_guest(struct table *table, const struct guest_entry *guest)
{
	_cleanup_free_ char *answer = NULL;
	struct json_object *status;
	struct error *err = attach_ask(guest->name, "status", NULL, &answer);

	if (err) {
		error_ignore(err);
		return;
	}
	status = json_tokener_parse(answer);
	if (status)
		add_guest(table, guest, status);
	json_object_put(status);
}

static struct error *list_run(struct call *call)
{
	const struct list_options *options = call->options;
	_cleanup_(table_freep) struct table *table =
		listing_new("guests", columns, ARRAY_SIZE(columns), options->json);
	struct guest_entry *guests;
	size_t count;

	TRY(guests_list(&guests, &count));
	for (size_t i = 0; i < count; i++)
		ask_guest(table, &guests[i]);
	guests_free(guests, count);
	return table_print(table, stdout);
}

const struct command command_list = {
	.name = "list",
	.group = COMMAND_GUESTS,
	.summary = "the guests that run",
	.description = "Lists your running guests.",
	.options = list_rows,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};
