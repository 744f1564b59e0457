// SPDX-License-Identifier: GPL-2.0-or-later
/* The settings struct: its tables, one value at a time, and who set what. */
#include "lab/settings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "lab/check.h"

#define OWN(member) .offset = offsetof(struct settings, member)

static const struct option_row own_rows[] = {
	{ .name = "store-budget",
	  .argument = "SIZE",
	  .kind = OPTION_SIZE,
	  .traits = OPTION_IS_SETTING | OPTION_IS_RESTRICTED,
	  OWN(store_budget),
	  .unit = 1,
	  .help = "What the store may grow to before klab store prune shrinks it (20G)" },
	{ .name = "trust",
	  .argument = "DIR",
	  .kind = OPTION_LIST,
	  .traits = OPTION_IS_SETTING | OPTION_IS_RESTRICTED,
	  OWN(trust),
	  .check = check_absolute,
	  .help = "A directory below which every klab.conf may hold restricted settings" },
	OPTION_ROWS_END,
};

#define TABLE(SET, table, member)                                                      \
	{                                                                              \
		.set = SET, .rows = table, .offset = offsetof(struct settings, member) \
	}

static const struct settings_table tables[] = {
	TABLE(OPTIONS_KERNEL, kernel_option_rows, guest),
	TABLE(OPTIONS_ARCH, arch_option_rows, guest),
	TABLE(OPTIONS_BOOT, boot_option_rows, guest),
	TABLE(OPTIONS_MACHINE, machine_option_rows, guest),
	TABLE(OPTIONS_IMAGE, image_option_rows, guest),
	TABLE(OPTIONS_SESSION, session_option_rows, guest),
	TABLE(OPTIONS_LIMITS, limits_option_rows, guest),
	TABLE(OPTIONS_RUN, run_option_rows, guest),
	TABLE(OPTIONS_ARCHIVE, archive_option_rows, archive),
	{ .rows = own_rows },
	{ .rows = NULL },
};

void settings_init(struct settings *settings)
{
	*settings = (struct settings){ .store_budget = STORE_BUDGET_DEFAULT };
}

void settings_deinit(struct settings *settings)
{
	guest_options_deinit(&settings->guest);
	archive_options_deinit(&settings->archive);
	strv_deinit(&settings->trust);
	strv_deinit(&settings->notes);
	for (size_t i = 0; i < settings->effective_count; i++) {
		free(settings->effective[i].value);
		free(settings->effective[i].source);
	}
	free(settings->effective);
	*settings = (struct settings){ 0 };
}

const struct settings_table *settings_tables(void)
{
	return tables;
}

const struct option_row *settings_find(const char *name)
{
	for (const struct settings_table *table = tables; table->rows; table++) {
		const struct option_row *row = option_find(table->rows, name);

		if (row && row->traits & OPTION_IS_SETTING)
			return row;
	}
	return NULL;
}

const char *settings_source(const struct settings *settings, const char *name)
{
	for (size_t i = settings->effective_count; i-- > 0;) {
		if (streq(settings->effective[i].row->name, name))
			return settings->effective[i].source;
	}
	return NULL;
}

/* Forget what was set before, where this replaces it. */
static void record(struct settings *settings, const struct option_row *row,
		   const char *value, const char *source)
{
	bool adds = row->kind == OPTION_LIST && *value;
	size_t kept = 0;

	for (size_t i = 0; i < settings->effective_count; i++) {
		struct setting *old = &settings->effective[i];

		if (old->row == row && !adds) {
			free(old->value);
			free(old->source);
		} else {
			settings->effective[kept++] = *old;
		}
	}
	settings->effective_count = kept;
	array_reserve(settings->effective, settings->effective_count,
		      settings->effective_capacity);
	settings->effective[settings->effective_count++] = (struct setting){
		.row = row, .value = xstrdup(value), .source = xstrdup(source)
	};
}

struct error *settings_set(struct settings *settings, const struct option_row *row,
			   const char *value, const char *source)
{
	settings_for_each(table, candidate)
	{
		if (candidate != row)
			continue;
		TRY(option_set(row, (char *)settings + table->offset, value));
		record(settings, row, value ? value : "", source);
		return NULL;
	}
	return error_new(ERROR_FAILED, "%s is not in a table of settings", row->name);
}
