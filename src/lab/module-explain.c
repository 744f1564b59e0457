// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a kernel did not take a module.  insmod has one word for many reasons ("Invalid module
 * format"); the reason is in the kernel's log.
 */
#include <ctype.h>

#include "base/mem.h"
#include "kernel/module-index.h"
#include "lab/module-load.h"

#define NAMES_MAX 5

/* Looked for in the log and in insmod's words, in this order; %s is the module. */
static const struct {
	const char *sign;
	const char *sentence;
	const char *hint;
} reasons[] = {
	{ "Oops: ", "the kernel crashed in %s",
	  "read the log above, then boot anew: until then the module stays as it is" },
	{ "Invalid architecture in ELF header", "%s was built for another architecture",
	  "klab module build --arch ARCH, with that of the kernel" },
	{ "disagrees about version of symbol",
	  "%s was built against another kernel: a symbol of it has another type there",
	  "klab module build -k SPEC, with the kernel that runs" },
	{ "failed to validate module",
	  "the type information (BTF) of %s does not fit the kernel",
	  "build it against just that kernel, or without: strip -R .BTF FILE.ko" },
	{ "section size must match",
	  "%s was built for a kernel with another configuration",
	  "klab module build -k SPEC, with the kernel that runs" },
	{ "Loading of unsigned module is rejected",
	  "the kernel takes signed modules only, and %s is not signed",
	  "boot it without module.sig_enforce=1 and lockdown=, or build it without "
	  "CONFIG_MODULE_SIG_FORCE" },
	{ "unsigned module loading is restricted",
	  "the kernel is locked down, and %s is not signed",
	  "boot it without lockdown=" },
	{ "key not available", "the kernel has no key for the signature of %s",
	  "boot it without module.sig_enforce=1, or build it without "
	  "CONFIG_MODULE_SIG_FORCE" },
	{ "Key was rejected",
	  "the signature of %s is not one of a key that the kernel knows",
	  "sign it with a key of that kernel, or boot without module.sig_enforce=1" },
	{ "invalid for parameter", "%s refuses the value of a parameter",
	  "see the log above" },
	{ "File exists", "the kernel has %s built in, or loaded by another name",
	  "give the module another name, or take a kernel without it" },
	{ "Operation not permitted", "the kernel loads no modules any more",
	  "boot it without modules_disabled" },
	{ "nvalid module format", "%s is no module for the kernel",
	  "build it for that kernel and architecture: klab module build -k SPEC --arch "
	  "ARCH" },
	{ "Exec format error", "%s is no module for the kernel",
	  "build it for that kernel and architecture: klab module build -k SPEC --arch "
	  "ARCH" },
};

/* What stands between two quotes, from at on; *at moves behind it.  The caller frees. */
static char *quoted(const char **at)
{
	const char *begin = strchr(*at, '\'');
	const char *end = begin ? strchr(begin + 1, '\'') : NULL;

	if (!end)
		return NULL;
	*at = end + 1;
	return xstrndup(begin + 1, (size_t)(end - begin - 1));
}

static void add_harmless(struct text *text, const char *words)
{
	text_append_harmless(text, words, strlen(words));
}

/* "demo: version magic 'A' should be 'B'" */
static struct error *explain_version(const struct module_answer *answer)
{
	const char *at = strstr(answer->log, "version magic '");
	_cleanup_free_ char *has = at ? quoted(&at) : NULL;
	_cleanup_free_ char *wants = at ? quoted(&at) : NULL;
	_cleanup_text_ struct text text = { 0 };

	if (!has || !wants)
		return NULL;
	text_appendf(&text, "%s was built for \"", answer->info.name);
	add_harmless(&text, has);
	text_append(&text, "\", the running kernel is \"");
	add_harmless(&text, wants);
	text_append_char(&text, '"');
	return error_hint(error_new(ERROR_REFUSED, "%s", text_str(&text)),
			  "klab module build -k SPEC, with the kernel that runs");
}

/* The modules that it needs and that are not loaded. */
static void lacking(const struct module_answer *answer, struct strv *ret)
{
	_cleanup_strv_ struct strv loaded = { 0 };

	strv_split(answer->loaded, " ", &loaded);
	for (size_t i = 0; i < answer->info.depends.count; i++) {
		/* They are named as their files: "crc-itu-t". */
		_cleanup_free_ char *name = module_name_of(answer->info.depends.items[i]);

		if (!strv_contains(&loaded, name))
			strv_push(ret, name);
	}
}

/* "demo: Unknown symbol one (err -2)", one line each. */
static void unknown_symbols(const struct module_answer *answer, struct strv *ret)
{
	static const char sign[] = "Unknown symbol ";
	const char *at = answer->log;

	while ((at = strstr(at, sign)) && ret->count < NAMES_MAX) {
		size_t length = 0;

		at += strlen(sign);
		while (isalnum((unsigned char)at[length]) || at[length] == '_')
			length++;
		strv_push_take(ret, xstrndup(at, length));
	}
}

static struct error *explain_symbols(const struct module_answer *answer)
{
	_cleanup_strv_ struct strv symbols = { 0 };
	_cleanup_strv_ struct strv modules = { 0 };
	_cleanup_free_ char *names = NULL;
	_cleanup_free_ char *needed = NULL;

	unknown_symbols(answer, &symbols);
	if (!symbols.count)
		return NULL;
	lacking(answer, &modules);
	names = strv_join(&symbols, ", ");
	if (!modules.count)
		return error_hint(error_new(ERROR_REFUSED,
					    "the kernel gives %s no symbol %s",
					    answer->info.name, names),
				  "it must be exported (EXPORT_SYMBOL), and the license "
				  "of the module allow it; or a module that has it be "
				  "loaded first");
	needed = strv_join(&modules, ", ");
	if (answer->host)
		return error_hint(error_new(ERROR_REFUSED,
					    "%s needs %s, which is not loaded",
					    answer->info.name, needed),
				  "modprobe %s", modules.items[0]);
	return error_hint(error_new(ERROR_REFUSED, "%s needs %s, which is not loaded",
				    answer->info.name, needed),
			  "klab module load FILE.ko with that one first, or klab exec -- "
			  "modprobe %s, or start the guest with --module %s",
			  modules.items[0], modules.items[0]);
}

static struct error *explain_busy(const struct module_answer *answer)
{
	return error_hint(error_new(ERROR_REFUSED,
				    "the loaded %s is in use and can't be unloaded",
				    answer->info.name),
			  "end what has it open, or the modules that need it (%slsmod)",
			  answer->host ? "" : "klab exec -- ");
}

/* insmod's own words: what the module's init function returned. */
static struct error *explain_otherwise(const struct module_answer *answer)
{
	_cleanup_text_ struct text text = { 0 };
	const char *reason = strrchr(answer->said, ':');

	reason = reason ? reason + 1 + strspn(reason + 1, " ") : answer->said;
	add_harmless(&text, reason);
	while (text.length && text.data[text.length - 1] == ' ')
		text_truncate(&text, text.length - 1);
	return error_hint(
		error_new(ERROR_REFUSED, "%s does not %s: %s", answer->info.name,
			  answer->failed, text_str(&text)),
		"its init function returned that, unless the log above says more");
}

struct error *module_explain(const struct module_answer *answer)
{
	struct error *err;

	if (!*answer->failed)
		return NULL;
	if (streq(answer->failed, "unload"))
		return explain_busy(answer);
	err = explain_version(answer);
	if (!err)
		err = explain_symbols(answer);
	for (size_t i = 0; i < ARRAY_SIZE(reasons) && !err; i++) {
		if (!strstr(answer->log, reasons[i].sign) &&
		    !strstr(answer->said, reasons[i].sign))
			continue;
		_cleanup_text_ struct text text = { 0 };
		const char *mark = strstr(reasons[i].sentence, "%s");

		text_append(&text, reasons[i].sentence);
		if (mark) {
			text_truncate(&text, (size_t)(mark - reasons[i].sentence));
			text_append(&text, answer->info.name);
			text_append(&text, mark + 2);
		}
		err = error_hint(error_new(ERROR_REFUSED, "%s", text_str(&text)), "%s",
				 reasons[i].hint);
	}
	return err ? err : explain_otherwise(answer);
}

const char *module_remark(const struct module_answer *answer)
{
	if (streq(answer->crashed, "before"))
		return "this kernel has crashed before: what it does now proves nothing "
		       "until it is booted anew";
	if (strstr(answer->log, "unknown parameter"))
		return "the module has no parameter of that name: it was ignored";
	if (strstr(answer->log, "tainting kernel") ||
	    strstr(answer->log, "taints kernel"))
		return "\"taints\" only marks a kernel that has loaded a module from "
		       "outside of its tree";
	return NULL;
}
