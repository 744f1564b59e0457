// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's own rmmod, insmod and dmesg do the work, in one script, so that this works in
 * any guest that has a shell.  Where the log begins is found by a line that is written into
 * it first.
 */
#include "lab/module-load.h"

#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"
#include "lab/attach.h"
#include "lab/debug-modules.h"
#include "os/file.h"
#include "os/spawn.h"

/* Under TCG on a busy machine a module takes seconds, none a minute. */
#define ANSWER_MS 60000
#define MODULE_MAX (256u << 20)
#define OUTPUT_MAX (16u << 20)

/* $1: the module's name, $2: its file, then parameters. */
static const char script[] =
	"name=$1 file=$2 failed= said= old=\n"
	"shift 2\n"
	/* TAINT_DIE, Documentation/admin-guide/tainted-kernels.rst */
	"crashed() {\n"
	/* Not by read, which takes a byte at a time: such a file gives but one. */
	"	taint=$(cat /proc/sys/kernel/tainted) && [ $((taint / 128 % 2)) = 1 ]\n"
	"} 2>/dev/null\n"
	"crash=\n"
	"crashed && crash=before\n"
	"read up rest </proc/uptime\n"
	"mark=\"klab: loading $name at $up\"\n"
	"echo \"<7>$mark\" >/dev/kmsg\n"
	"if grep -q \"^$name \" /proc/modules; then\n"
	"	said=$(rmmod \"$name\" 2>&1) && old=unloaded || failed=unload\n"
	"fi\n"
	"[ \"$failed\" ] || said=$(insmod \"$file\" \"$@\" 2>&1) || failed=load\n"
	"rm -f \"$file\"\n"
	"[ \"$crash\" ] || ! crashed || crash=now\n"
	"echo \"failed $failed\"\n"
	"echo \"old $old\"\n"
	"echo \"crashed $crash\"\n"
	"echo \"said $(echo \"$said\" | tr '\\n' ' ')\"\n"
	"echo \"release $(uname -r)\"\n"
	"echo \"loaded $(cut -d' ' -f1 /proc/modules | tr '\\n' ' ')\"\n"
	"cd \"/sys/module/$name/sections\" 2>/dev/null &&\n"
	"	echo \"sections $(for s in .text* .data* .rodata* .bss* .init.* .exit.*; do\n"
	"		[ ! -r $s ] || echo \"$s=$(cat $s)\"; done | tr '\\n' ' ')\"\n"
	"echo log\n"
	"dmesg | sed -n \"/$mark/,\\$p\" | sed 1d\n";

void module_answer_deinit(struct module_answer *answer)
{
	module_info_deinit(&answer->info);
	free(answer->failed);
	free(answer->old);
	free(answer->crashed);
	free(answer->said);
	free(answer->release);
	free(answer->loaded);
	free(answer->sections);
	free(answer->log);
}

struct error *module_answer_parse(const char *text, struct module_answer *ret)
{
	const struct {
		const char *key;
		char **value;
	} rows[] = {
		{ "failed ", &ret->failed },	 { "old ", &ret->old },
		{ "crashed ", &ret->crashed },	 { "said ", &ret->said },
		{ "release ", &ret->release },	 { "loaded ", &ret->loaded },
		{ "sections ", &ret->sections },
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
	if (!ret->sections)
		ret->sections = xstrdup(""); /* it has no /sys */
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

/* "6.1.0-50-amd64" of "6.1.0-50-amd64 SMP preempt mod_unload modversions". */
static bool is_for_release(const char *vermagic, const char *release)
{
	size_t length = strcspn(vermagic, " ");

	return strlen(release) == length && strncmp(vermagic, release, length) == 0;
}

static struct error *check_programs(void)
{
	static const char *const names[] = { "insmod", "rmmod", "dmesg", "sed" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = program_find(names[i]);

		if (!path)
			return error_hint(error_new(ERROR_MISSING,
						    "there is no program %s here",
						    names[i]),
					  "apt-get install kmod util-linux sed");
	}
	return NULL;
}

struct error *module_host_check(const char *file, bool *ret_loaded)
{
	_cleanup_module_info_ struct module_info info = { 0 };
	_cleanup_free_ char *directory = NULL;
	struct utsname here;

	TRY(module_info_read(file, &info));
	if (uname(&here) < 0)
		return error_os(errno, "uname");
	if (info.vermagic && !is_for_release(info.vermagic, here.release))
		return error_hint(
			error_new(ERROR_REFUSED,
				  "%s was built for \"%s\", this machine runs %s",
				  info.name, info.vermagic, here.release),
			"klab module build -k host");
	if (geteuid() != 0)
		return error_hint(error_new(ERROR_MISSING,
					    "only root loads modules into this machine's "
					    "own kernel"),
				  "load it into a guest, or the same with sudo");
	TRY(check_programs());
	directory = path_join("/sys/module", info.name);
	*ret_loaded = path_is_dir(directory);
	return NULL;
}

static void script_words(const struct module_load *load, const char *name,
			 const char *place, struct strv *ret)
{
	strv_push(ret, "sh");
	strv_push(ret, "-c");
	strv_push(ret, script);
	strv_push(ret, "klab");
	strv_push(ret, name);
	strv_push(ret, place);
	if (load->parameters)
		strv_push_all(ret, (const char *const *)load->parameters->items);
}

static struct error *load_in_guest(const struct module_load *load, const char *name,
				   char **ret_output)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *place = xasprintf("/tmp/klab-%s-%d.ko", name, (int)getpid());

	TRY(attach_copy(&(struct attach_copy){
		.guest_name = load->guest_name,
		.to_guest = true,
		.from = load->file,
		.to = place,
	}));
	script_words(load, name, place, &argv);
	TRY_WRAP(attach_output(load->guest_name, (const char *const *)argv.items,
			       ANSWER_MS, ret_output),
		 "loading %s", name);
	return NULL;
}

/* The script works on a copy, which it removes. */
static struct error *load_here(const struct module_load *load, const char *name,
			       char **ret_output)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_bytes_ struct bytes module = { 0 }, output = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *place = NULL;
	int status;

	TRY(temp_dir_make("klab-module", &directory));
	place = xasprintf("%s/%s.ko", directory, name);
	TRY(file_read(load->file, MODULE_MAX, &module));
	TRY(file_write(place, module.data, module.size, 0600));
	script_words(load, name, place, &argv);
	TRY_WRAP(process_capture(strv_argv(&argv), ANSWER_MS, OUTPUT_MAX, &output, NULL,
				 &status),
		 "loading %s", name);
	*ret_output = output.size ? xstrndup((const char *)output.data, output.size)
				  : xstrdup("");
	return NULL;
}

struct error *module_load(const struct module_load *load, struct module_answer *ret)
{
	_cleanup_module_answer_ struct module_answer answer = { .host = load->host };
	_cleanup_free_ char *output = NULL;

	if (!path_exists(load->file))
		return error_hint(error_new(ERROR_NOT_FOUND, "there is no module %s",
					    load->file),
				  "klab module build makes it");
	TRY(module_info_read(load->file, &answer.info));
	TRY(load->host ? load_here(load, answer.info.name, &output)
		       : load_in_guest(load, answer.info.name, &output));
	TRY(module_answer_parse(output, &answer));
	if (!load->host && !*answer.failed)
		TRY(debug_modules_note(load->guest_name, answer.info.name, load->file,
				       answer.sections));
	*ret = answer;
	answer = (struct module_answer){ 0 };
	return NULL;
}
