// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's way with its command line. */
#include "lab/cmdline.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/kconfig.h"
#include "kernel/module-index.h"
#include "os/file.h"

/* MAX_INIT_ARGS and MAX_INIT_ENVS: CONFIG_INIT_ENV_ARG_LIMIT, which nobody changes. */
#define LIMIT 32
#define SPACE " \t\n\v\f\r"
#define CONFIG_SIZE_MAX (4u << 20)

/* Of fs/proc/proc_sysctl.c: taken for sysctls (Linux commit 0a477e1ae21b, v5.8). */
static const char *const sysctl_aliases[] = {
	"softlockup_all_cpu_backtrace",
	"hung_task_panic",
	"numa_zonelist_order",
	"hung_task_all_cpu_backtrace",
};

/* Looked for by the code that decides where the kernel will be, and then as unknown as any
 * word that is not in the tables. */
static const char read_early[] = "nokaslr";

/* One word in the kernel's hands. */
struct word {
	char *name;
	char *value;	/* NULL: none */
	char *repaired; /* both as init sees them, without their quotes */
};

static void word_deinit(struct word *word)
{
	free(word->name);
	free(word->value);
	free(word->repaired);
}

static void take_quote_at_end(char *s)
{
	size_t length = strlen(s);

	if (length && s[length - 1] == '"')
		s[length - 1] = '\0';
}

/* The first word of *rest: quotes go only around a whole word or a whole value. */
static char *take_word(const char **rest, struct word *ret)
{
	const char *s = *rest, *end = s, *text = s;
	const char *equals = NULL;
	bool in_quote = false, quoted = *s == '"';

	if (quoted) {
		in_quote = true;
		s = ++end;
	}
	for (; *end && (in_quote || !strchr(SPACE, *end)); end++) {
		if (*end == '=' && !equals && end > s)
			equals = end;
		if (*end == '"')
			in_quote = !in_quote;
	}
	*ret = (struct word){ 0 };
	ret->name = xstrndup(s, (size_t)((equals ? equals : end) - s));
	if (equals) {
		bool value_quoted = equals[1] == '"' && equals + 1 < end;
		const char *value = equals + 1 + value_quoted;

		ret->value = xstrndup(value, (size_t)(end - value));
		if (value_quoted)
			take_quote_at_end(ret->value);
	}
	if (quoted)
		take_quote_at_end(ret->value ? ret->value : ret->name);
	ret->repaired = ret->value ? xasprintf("%s=%s", ret->name, ret->value)
				   : xstrdup(ret->name);
	*rest = end + strspn(end, SPACE);
	return xstrndup(text, (size_t)(end - text));
}

static bool is_sysctl_alias(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctl_aliases); i++) {
		if (streq(sysctl_aliases[i], name))
			return true;
	}
	return false;
}

static void set_panic(struct cmdline *cmdline, const char *word)
{
	if (!cmdline->panic)
		cmdline->panic = xstrdup(word);
}

static void add_argument(struct cmdline *cmdline, const char *word)
{
	/* Its name is the first of them. */
	if (cmdline->arguments.count == LIMIT)
		set_panic(cmdline, word);
	else
		strv_push(&cmdline->arguments, word);
}

/* One of the same name is replaced. */
static void set_environment(struct cmdline *cmdline, const struct word *word)
{
	struct strv *environment = &cmdline->environment;
	size_t length = strlen(word->name) + 1;

	for (size_t i = 0; i < environment->count; i++) {
		if (strncmp(environment->items[i], word->repaired, length) == 0) {
			free(environment->items[i]);
			environment->items[i] = xstrdup(word->repaired);
			return;
		}
	}
	if (environment->count == LIMIT + 1)
		set_panic(cmdline, word->repaired);
	else
		strv_push(environment, word->repaired);
}

/* init= and rdinit= throw away the arguments before them: a boot loader may have put
 * them there. */
static void set_init(struct cmdline *cmdline, const struct word *word)
{
	char **init =
		streq(word->name, "init") ? &cmdline->init : &cmdline->initramfs_init;

	free(*init);
	*init = xstrdup(word->value);
	for (size_t i = 0; i < cmdline->count; i++) {
		if (cmdline->words[i].use == CMDLINE_ARGUMENT)
			cmdline->words[i].use = CMDLINE_FORGOTTEN;
	}
	strv_deinit(&cmdline->arguments);
}

static enum cmdline_use use_word(struct cmdline *cmdline, const struct word *word,
				 const struct kernel_words *words)
{
	if (!word->value && streq(word->name, "--"))
		return CMDLINE_END;
	if (kernel_words_know(words, word->repaired) || is_sysctl_alias(word->name)) {
		if (word->value &&
		    (streq(word->name, "init") || streq(word->name, "rdinit")))
			set_init(cmdline, word);
		return CMDLINE_KERNEL;
	}
	if (strchr(word->name, '.'))
		return CMDLINE_MODULE;
	if (word->value) {
		set_environment(cmdline, word);
		return CMDLINE_ENVIRONMENT;
	}
	add_argument(cmdline, word->name);
	return CMDLINE_ARGUMENT;
}

void cmdline_explain(const char *line, const struct kernel_words *words,
		     struct cmdline *ret)
{
	bool dashes = false;

	*ret = (struct cmdline){ .initramfs_init = xstrdup("/init") };
	strv_push(&ret->environment, "HOME=/");
	strv_push(&ret->environment, "TERM=linux");
	line += strspn(line, SPACE);
	while (*line) {
		struct cmdline_word *explained;
		struct word word;
		enum cmdline_use use = CMDLINE_ARGUMENT;
		char *text = take_word(&line, &word);

		if (!dashes)
			use = use_word(ret, &word, words);
		else
			add_argument(ret, word.repaired);
		dashes |= use == CMDLINE_END;
		array_reserve(ret->words, ret->count, ret->capacity);
		explained = &ret->words[ret->count++];
		*explained = (struct cmdline_word){
			.text = text,
			.use = use,
			.read_early = streq(text, read_early),
		};
		word_deinit(&word);
	}
}

void cmdline_deinit(struct cmdline *cmdline)
{
	for (size_t i = 0; i < cmdline->count; i++)
		free(cmdline->words[i].text);
	free(cmdline->words);
	free(cmdline->init);
	free(cmdline->initramfs_init);
	free(cmdline->panic);
	strv_deinit(&cmdline->arguments);
	strv_deinit(&cmdline->environment);
	*cmdline = (struct cmdline){ 0 };
}

struct error *cmdline_look_for_modules(struct cmdline *cmdline,
				       const struct kernel *kernel)
{
	_cleanup_(module_index_freep) struct module_index *index = NULL;

	TRY(module_index_new(kernel, &index));
	for (size_t i = 0; i < cmdline->count; i++) {
		struct cmdline_word *word = &cmdline->words[i];
		_cleanup_free_ char *name = NULL;

		if (word->use != CMDLINE_MODULE)
			continue;
		name = xstrndup(word->text, strcspn(word->text, "."));
		if (!module_index_find(index, name))
			word->use = CMDLINE_NOBODY;
	}
	return NULL;
}

const char *cmdline_init(const struct cmdline *cmdline, const struct plan *plan)
{
	/* klab's agent makes way for it, and without an initramfs the kernel starts it. */
	if (cmdline->init && (plan->machine.agent || !plan->machine.initrd))
		return cmdline->init;
	return plan->machine.initrd ? cmdline->initramfs_init : "/sbin/init";
}

const char *cmdline_use_name(enum cmdline_use use)
{
	static const char *const names[] = {
		[CMDLINE_KERNEL] = "kernel",
		[CMDLINE_MODULE] = "module",
		[CMDLINE_NOBODY] = "nobody",
		[CMDLINE_ARGUMENT] = "argument",
		[CMDLINE_ENVIRONMENT] = "environment",
		[CMDLINE_FORGOTTEN] = "forgotten",
		[CMDLINE_END] = "end",
	};

	return names[use];
}

/* "" if there is none. */
static char *built_in_line(const struct kernel *kernel, bool *ret_alone)
{
	_cleanup_bytes_ struct bytes config = { 0 };
	const char *text;
	struct error *err;
	char *line;

	*ret_alone = false;
	err = kernel->config ? file_read(kernel->config, CONFIG_SIZE_MAX, &config) : NULL;
	error_ignore(err); /* what is not known is taken for the usual: there is none */
	text = (const char *)config.data;
	/* x86 has a word of its own for having one; arm64's is a fallback, or forced. */
	*ret_alone = kconfig_tristate(text, config.size, "CMDLINE_OVERRIDE") == 'y' ||
		     kconfig_tristate(text, config.size, "CMDLINE_FORCE") == 'y';
	if (!*ret_alone && kconfig_tristate(text, config.size, "CMDLINE_BOOL") != 'y')
		return xstrdup("");
	line = kconfig_get(text, config.size, "CMDLINE");
	return line ? line : xstrdup("");
}

char *cmdline_of_plan(const struct plan *plan)
{
	bool alone;
	char *built_in = built_in_line(plan->kernel, &alone);
	char *line;

	if (alone)
		return built_in;
	line = xasprintf("%s%s%s", built_in, *built_in ? " " : "", plan->machine.append);
	free(built_in);
	return line;
}

struct error *cmdline_known_words(const struct plan *plan, struct kernel_words *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *path = NULL;

	TRY(kernel_uncompressed(plan->store, plan->kernel, &path));
	TRY(file_map(path, &bytes));
	if (kernel_words_find(bytes.data, bytes.size, ret))
		return NULL;
	kernel_words_deinit(ret);
	return error_new(ERROR_UNSUPPORTED,
			 "%s: the tables of the words that it knows were not found",
			 plan->kernel->name);
}
