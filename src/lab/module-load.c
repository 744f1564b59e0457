// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's own rmmod, insmod and dmesg do the work, in one script, so that this works in
 * any guest that has a shell.  Where the log begins is found by a line that is written into
 * it first.
 */
#include "lab/module-load.h"

#include <unistd.h>

#include "base/mem.h"
#include "lab/attach.h"
#include "os/file.h"

/* Under TCG on a busy machine a module takes seconds, none a minute. */
#define ANSWER_MS 60000

/* $1: the module's name, $2: its file, then parameters. */
static const char script[] =
	"name=$1 file=$2 failed= said= old=\n"
	"shift 2\n"
	"read up rest </proc/uptime\n"
	"mark=\"klab: loading $name at $up\"\n"
	"echo \"<7>$mark\" >/dev/kmsg\n"
	"if grep -q \"^$name \" /proc/modules; then\n"
	"	said=$(rmmod \"$name\" 2>&1) && old=unloaded || failed=unload\n"
	"fi\n"
	"[ \"$failed\" ] || said=$(insmod \"$file\" \"$@\" 2>&1) || failed=load\n"
	"rm -f \"$file\"\n"
	"echo \"failed $failed\"\n"
	"echo \"old $old\"\n"
	"echo \"said $(echo \"$said\" | tr '\\n' ' ')\"\n"
	"echo \"release $(uname -r)\"\n"
	"echo \"loaded $(cut -d' ' -f1 /proc/modules | tr '\\n' ' ')\"\n"
	"echo log\n"
	"dmesg | sed -n \"/$mark/,\\$p\" | sed 1d\n";

void module_answer_deinit(struct module_answer *answer)
{
	module_info_deinit(&answer->info);
	free(answer->failed);
	free(answer->old);
	free(answer->said);
	free(answer->release);
	free(answer->loaded);
	free(answer->log);
}

struct error *module_answer_parse(const char *text, struct module_answer *ret)
{
	const struct {
		const char *key;
		char **value;
	} rows[] = {
		{ "failed ", &ret->failed }, { "old ", &ret->old },
		{ "said ", &ret->said },     { "release ", &ret->release },
		{ "loaded ", &ret->loaded },
	};

	while (*text && !has_prefix(text, "log\n")) {
		size_t length = strcspn(text, "\n");

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			const char *value = after_prefix(text, rows[i].key);

			if (value && !*rows[i].value)
				*rows[i].value =
					xstrndup(value, length - (size_t)(value - text));
		}
		text += length + (text[length] != '\0');
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!*rows[i].value)
			return error_hint(
				error_new(ERROR_CORRUPT, "the guest's shell did not say "
							 "what became of the module"),
				"see that it has sh, insmod, rmmod, dmesg and sed, as "
				"klab's own image has");
	}
	ret->log = xstrdup(*text ? text + strlen("log\n") : "");
	return NULL;
}

struct error *module_load(const struct module_load *load, struct module_answer *ret)
{
	_cleanup_module_answer_ struct module_answer answer = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *output = NULL;
	_cleanup_free_ char *place = NULL;
	struct error *err = NULL;

	if (!path_exists(load->file))
		return error_hint(error_new(ERROR_NOT_FOUND, "there is no module %s",
					    load->file),
				  "klab module build makes it");
	TRY(module_info_read(load->file, &answer.info));
	place = xasprintf("/tmp/klab-%s-%d.ko", answer.info.name, (int)getpid());
	TRY(attach_copy(&(struct attach_copy){
		.guest_name = load->guest_name,
		.to_guest = true,
		.from = load->file,
		.to = place,
	}));
	strv_push(&argv, "sh");
	strv_push(&argv, "-c");
	strv_push(&argv, script);
	strv_push(&argv, "klab");
	strv_push(&argv, answer.info.name);
	strv_push(&argv, place);
	if (load->parameters)
		strv_push_all(&argv, (const char *const *)load->parameters->items);
	err = attach_output(load->guest_name, (const char *const *)argv.items, ANSWER_MS,
			    &output);
	TRY_WRAP(err, "loading %s", answer.info.name);
	TRY(module_answer_parse(output, &answer));
	*ret = answer;
	answer = (struct module_answer){ 0 };
	return NULL;
}
