// SPDX-License-Identifier: GPL-2.0-or-later
/* An order a line: the agent puts them together again. */
#include "lab/late.h"

#include "base/mem.h"

/* Of all orders; what the agent has room for (guest/late.c), beside those of others. */
#define ORDERS_MAX 8000

static void add_lines(const char *text, struct text *orders)
{
	for (;;) {
		size_t length = strcspn(text, "\n");

		text_append(orders, "late ");
		text_append_bytes(orders, text, length);
		text_append_char(orders, '\n');
		if (!text[length])
			return;
		text += length + 1;
	}
}

struct error *late_plan(const struct guest_options *options, bool has_agent,
			struct text *setup)
{
	_cleanup_text_ struct text orders = { 0 };

	for (size_t i = 0; i < options->lates.count; i++)
		add_lines(options->lates.items[i], &orders);
	if (orders.length && !has_agent)
		return error_hint(error_new(ERROR_USAGE,
					    "--eval-late needs klab's initramfs and its "
					    "agent, which runs it"),
				  "leave out --no-agent and --initrd, or choose another "
				  "--root");
	if (orders.length > ORDERS_MAX)
		return error_hint(error_new(ERROR_USAGE,
					    "what --eval-late says is longer than %d "
					    "bytes",
					    ORDERS_MAX),
				  "put it into a script that --add, --rodir or the root "
				  "brings");
	text_append(setup, text_str(&orders));
	return NULL;
}
