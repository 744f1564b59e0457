// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the preprocessor makes of a source is everything that goes into the program, the
 * headers it includes too: its digest, with the compiler's and the options, names the
 * program in the store.
 */
#include "image/program.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "kernel/compiler.h"
#include "os/digest.h"
#include "os/file.h"
#include "os/spawn.h"

#define STORE_KIND "program"
#define FILE_NAME "program"
#define COMPILE_TIMEOUT_MS 120000
#define OUTPUT_MAX (64u << 20)

static const char *const own_options[] = { "-static", "-O2", NULL };

struct compilation {
	const struct program_options *options;
	char *compiler;
	char key[DIGEST_HEX_SIZE];
};

static void compilation_deinit(struct compilation *compilation)
{
	free(compilation->compiler);
}

static void command(const struct compilation *compilation, struct strv *ret)
{
	strv_push(ret, compilation->compiler);
	strv_push_all(ret, own_options);
	strv_push_all(ret, compilation->options->options);
}

/* The compiler's first error, else its first line; without a newline. */
static char *complaint(const struct bytes *messages)
{
	const char *all = messages->data ? (const char *)messages->data : "";
	const char *at = strstr(all, "error: ");
	_cleanup_text_ struct text text = { 0 };

	while (at && at > all && at[-1] != '\n')
		at--;
	at = at ? at : all;
	text_append_harmless(&text, at, strcspn(at, "\n"));
	return text_take(&text);
}

static struct error *compile(const struct compilation *compilation,
			     const struct strv *argv, struct bytes *ret_output)
{
	_cleanup_bytes_ struct bytes messages = { 0 };
	_cleanup_free_ char *first = NULL, *line = NULL;
	int status;

	TRY_WRAP(process_capture(strv_argv(argv), COMPILE_TIMEOUT_MS, OUTPUT_MAX,
				 ret_output, &messages, &status),
		 "compiling %s", compilation->options->source);
	if (status == 0)
		return NULL;
	first = complaint(&messages);
	line = strv_shell(argv);
	return error_hint(error_new(ERROR_CORRUPT, "%s does not compile for %s: %s",
				    compilation->options->source,
				    compilation->options->arch->name, first),
			  "see for yourself: %s", line);
}

static struct error *name(struct compilation *compilation)
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	_cleanup_bytes_ struct bytes text = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	struct stat st;

	command(compilation, &argv);
	for (size_t i = 0; i < argv.count; i++)
		digest_add_string(digest, argv.items[i]);
	if (stat(compilation->compiler, &st) < 0)
		return error_os(errno, "looking at %s", compilation->compiler);
	digest_add_identity(digest, compilation->compiler, &st);
	strv_push(&argv, "-E");
	strv_push(&argv, compilation->options->source);
	TRY(compile(compilation, &argv, &text));
	digest_add(digest, text.data, text.size);
	digest_hex(digest, compilation->key);
	return NULL;
}

static struct error *make(struct store *store, const struct compilation *compilation,
			  char **ret_directory)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_bytes_ struct bytes nothing = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_close_ int lock = -1;

	TRY(store_lock_key(store, STORE_KIND, compilation->key, &lock));
	*ret_directory = store_lookup(store, STORE_KIND, compilation->key);
	if (*ret_directory)
		return NULL;
	TRY(store_draft_new(store, STORE_KIND, compilation->key, &draft));
	command(compilation, &argv);
	strv_push(&argv, "-o");
	strv_push_take(&argv, path_join(store_draft_path(draft), FILE_NAME));
	strv_push(&argv, compilation->options->source);
	TRY(compile(compilation, &argv, &nothing));
	return store_draft_publish(take_ptr(draft), ret_directory);
}

struct error *program_make(struct store *store, const struct program_options *options,
			   char **ret_path)
{
	_cleanup_(compilation_deinit) struct compilation compilation = {
		.options = options
	};
	_cleanup_free_ char *directory = NULL;

	/* Said better than by the compiler. */
	if (!path_exists(options->source))
		return error_os(errno, "the source %s", options->source);
	TRY(compiler_find(compiler_prefix(options->arch, options->cross_compile),
			  &compilation.compiler));
	TRY(name(&compilation));
	directory = store_lookup(store, STORE_KIND, compilation.key);
	if (!directory)
		TRY(make(store, &compilation, &directory));
	*ret_path = path_join(directory, FILE_NAME);
	return NULL;
}
