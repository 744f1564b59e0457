// SPDX-License-Identifier: GPL-2.0-or-later
/* klab fetch: a kernel from Debian's archive into the store; or sources. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/fetching.h"
#include "format/json.h"
#include "kernel/download.h"
#include "kernel/fetch-source.h"
#include "kernel/headers.h"

struct own_options {
	bool debug;
	bool headers;
	bool source;
	char *sha256;
	bool again;
	bool json;
};

static void print_result(const struct kernel *kernel, const char *headers, bool json)
{
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	if (!json) {
		puts(kernel->name);
		return;
	}
	object = json_new_object();
	json_add_string(object, "name", kernel->name);
	json_add_string(object, "release", kernel->release);
	json_add_string(object, "arch", kernel->arch->name);
	json_add_string(object, "image", kernel->image);
	json_add_string(object, "vmlinux", kernel->vmlinux);
	json_add_string(object, "headers", headers);
	text = json_pretty(object);
	fputs(text, stdout);
}

/* "debian", "debian:SUITE"; the suite that is named wins over the setting. */
static struct error *take_spec(const struct call *call, struct fetch_options *options)
{
	const char *spec = call->words.count ? call->words.items[0] : "debian";
	const char *suite = after_prefix(spec, "debian:");

	if (suite && *suite)
		options->suite = suite;
	else if (!streq(spec, "debian"))
		return error_hint(error_new(ERROR_USAGE,
					    "\"%s\" is nothing that can be fetched",
					    spec),
				  "klab fetch debian, or debian:SUITE; or --source URL");
	return NULL;
}

static void print_source(const char *directory, bool json)
{
	_cleanup_json_ struct json_object *object = NULL;
	_cleanup_free_ char *text = NULL;

	if (!json) {
		puts(directory);
		return;
	}
	object = json_new_object();
	json_add_string(object, "source", directory);
	text = json_pretty(object);
	fputs(text, stdout);
}

/* The word is the suite's, taken already, or a URL. */
static struct error *fetch_source(struct call *call, struct store *store,
				  struct fetching *fetching)
{
	const struct own_options *own = call->options;
	const char *word = call->words.count ? call->words.items[0] : "";
	const char *wanted = call->words.count > 1 ? call->words.items[1] : NULL;
	const struct tarball_options tarball = {
		.url = word,
		.sha256 = own->sha256,
		.directory = wanted,
		.progress = &fetching->progress,
	};
	_cleanup_free_ char *directory = NULL;

	if (download_is_url(word))
		TRY(kernel_fetch_tarball(store, &tarball, &directory));
	else
		TRY(kernel_fetch_source(store, &fetching->options, wanted, &directory));
	fetching_done(fetching);
	print_source(directory, own->json);
	return NULL;
}

static struct error *check_words(const struct call *call, struct fetch_options *options)
{
	const struct own_options *own = call->options;
	bool url = call->words.count && download_is_url(call->words.items[0]);

	if (own->source && (own->debug || own->headers))
		return error_new(ERROR_USAGE,
				 "--source goes with neither --debug nor --headers");
	if (call->words.count > 1 && !own->source)
		return error_new(ERROR_USAGE, "a directory goes with --source");
	if (own->sha256 && !url)
		return error_new(ERROR_USAGE,
				 "--sha256 goes with a URL: what apt fetches "
				 "is signed");
	if (url && !own->source)
		return error_hint(error_new(ERROR_USAGE,
					    "of a URL klab fetches sources alone"),
				  "klab fetch --source URL --sha256 HEX");
	return url ? NULL : take_spec(call, options);
}

static struct error *fetch_run(struct call *call)
{
	const struct own_options *own = call->options;
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_fetching_ struct fetching fetching = {};
	struct fetch_options *options = &fetching.options;
	_cleanup_free_ char *headers = NULL;

	fetching_init(&fetching, call);
	options->arch = call->guest->arch ? arch_find(call->guest->arch) : NULL;
	options->debug = own->debug;
	options->again = own->again;
	TRY(check_words(call, options));
	fetching_catch_signals();
	TRY(store_open(NULL, &store));
	if (own->source)
		return fetch_source(call, store, &fetching);
	TRY(kernel_fetch(store, options, &kernel));
	if (own->headers)
		TRY(kernel_build_directory(store, kernel, options, &headers));
	fetching_done(&fetching);
	print_result(kernel, headers, own->json);
	return NULL;
}

static const struct option_row options[] = {
	{ .name = "debug",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, debug),
	  .help = "Also the package with the debug information (large)" },
	{ .name = "headers",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, headers),
	  .help = "Also what modules are built with (klab module build)" },
	{ .name = "source",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, source),
	  .help = "Instead the suite's source (linux-source), or the tarball at URL, unpacked into DIR" },
	{ .name = "sha256",
	  .argument = "HEX",
	  .kind = OPTION_STRING,
	  .offset = offsetof(struct own_options, sha256),
	  .help = "Of the tarball, as the site's signed list says it" },
	{ .name = "again",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct own_options, again),
	  .help = "Ask the archive although a kernel is stored" },
	OPTION_JSON(struct own_options),
	OPTION_ROWS_END,
};

static const struct command_example examples[] = {
	{ "klab fetch", "The newest kernel of the host's own suite" },
	{ "klab fetch debian:trixie --arch aarch64", "Another suite and architecture" },
	{ "klab fetch --source debian:trixie linux",
	  "The source of its kernel in linux/" },
	{ "klab fetch --source https://HOST/linux-6.12.9.tar.xz --sha256 HEX",
	  "That of any tarball in linux-6.12.9/" },
	{ NULL, NULL },
};

const struct command command_fetch = {
	.name = "fetch",
	.group = COMMAND_KERNELS,
	.summary = "get a kernel from Debian's archive, or sources",
	.arguments = "[debian[:SUITE]|URL [DIR]]",
	.description =
		"apt does it, in a root of its own: no privilege is needed, nothing of "
		"the host changes, every signature is verified. The name of the "
		"stored kernel is printed; klab run -k NAME boots it. With --source the "
		"directory of the source is. A tarball comes by https or http; its SHA-256 "
		"must be given.",
	.examples = examples,
	.shared = OPTIONS_ARCH | OPTIONS_ARCHIVE,
	.options = options,
	.options_size = sizeof(struct own_options),
	.words_max = 2,
	.words_are = OPTION_VALUES_KERNELS,
	.run = fetch_run,
};
