// SPDX-License-Identifier: GPL-2.0-or-later
/* klab cp: files between the host and a running guest. */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/print.h"
#include "lab/attach.h"

/* "GUEST:PATH", or ":PATH" for the only guest that runs; anything else, also "./a:b", is
 * a path of the host.  *ret_guest is NULL for the host, "" for the only guest. */
static const char *split_place(const char *word, char **ret_guest)
{
	const char *colon = strchr(word, ':');
	const char *slash = strchr(word, '/');

	*ret_guest = NULL;
	if (!colon || (slash && slash < colon))
		return word;
	*ret_guest = xstrndup(word, (size_t)(colon - word));
	return colon + 1;
}

static void on_remark(const char *text, void *argument)
{
	print_note("%s", text);
}

static struct error *cp_run(struct call *call)
{
	_cleanup_free_ char *from_guest = NULL, *to_guest = NULL;
	const char *from = split_place(call->words.items[0], &from_guest);
	const char *to = split_place(call->words.items[1], &to_guest);
	const char *guest = to_guest ? to_guest : from_guest;

	if (!from_guest == !to_guest)
		return error_hint(error_new(ERROR_USAGE,
					    "one of the two must be in a guest"),
				  "write it as GUEST:PATH, or :PATH for the only guest");
	if (!*from || !*to)
		return error_new(ERROR_USAGE, "a path is missing behind the colon");
	return attach_copy(&(struct attach_copy){
		.guest_name = *guest ? guest : NULL,
		.to_guest = to_guest != NULL,
		.from = from,
		.to = to,
		.remark = on_remark,
	});
}

static const struct command_example examples[] = {
	{ "klab cp test.sh vm:/root/", "into a guest" },
	{ "klab cp vm:/var/log ./log", "a tree out of it" },
	{ "klab cp :/proc/config.gz .", "from the only guest that runs" },
	{ NULL, NULL },
};

const struct command command_cp = {
	.name = "cp",
	.group = COMMAND_GUESTS,
	.summary = "copy files to or from a running guest",
	.arguments = "FROM TO",
	.description =
		"Copies a file or a tree; one of FROM and TO is GUEST:PATH. Into an "
		"existing directory it is copied below it, else it becomes TO. Modes, "
		"times and symbolic links are kept.",
	.examples = examples,
	.words_min = 2,
	.words_max = 2,
	.words_are = OPTION_VALUES_FILES,
	.run = cp_run,
};
