// SPDX-License-Identifier: GPL-2.0-or-later
/* Root file systems out of a directory or an archive of the user's. */
#include "lab/root-sources.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/archive.h"
#include "image/collect.h"
#include "os/file.h"

/* Of a name, so that with what is added it can name a directory. */
#define BASE_MAX 40

struct path_source {
	struct root_source source;
	char *path; /* absolute */
	char key[DIGEST_HEX_SIZE];
};

static void path_deinit(struct root_source *source)
{
	struct path_source *path_source = (struct path_source *)source;

	free(path_source->path);
}

char *root_source_name(const char *kind, const char *path)
{
	_cleanup_text_ struct text name = { 0 };
	char digest[DIGEST_HEX_SIZE];
	const char *base = path_base(path);

	text_appendf(&name, "%s-", kind);
	for (size_t i = 0; base[i] && i < BASE_MAX; i++)
		text_append_char(&name, isalnum((unsigned char)base[i]) || base[i] == '.'
						? (char)tolower((unsigned char)base[i])
						: '-');
	digest_bytes(path, strlen(path), digest);
	text_appendf(&name, "-%.8s", digest);
	return text_take(&name);
}

static struct error *open_path(const char *kind, const char *path,
			       struct disk_recipe recipe, struct root_source **ret)
{
	struct path_source *source;

	if (!*path)
		return error_hint(error_new(ERROR_USAGE, "--root %s: names nothing",
					    kind),
				  "--root %s:PATH", kind);
	source = xnew(struct path_source);
	source->path = realpath(path, NULL);
	if (!source->path) {
		free(source);
		return error_os(errno, "--root %s:%s", kind, path);
	}
	source->source.name = root_source_name(kind, source->path);
	source->source.words = xasprintf("%s:%s", kind, source->path);
	source->source.recipe = recipe;
	source->source.recipe.argument = source;
	source->source.recipe.words = source->source.words;
	source->source.deinit = path_deinit;
	*ret = &source->source;
	return NULL;
}

static struct error *plan_directory(const struct path_source *source, struct plan *plan,
				    char ret_key[DIGEST_HEX_SIZE])
{
	const struct keep_options keep = keep_for_me();
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	TRY(collect_tree(plan, source->path, &keep));
	plan_digest(plan, digest);
	digest_hex(digest, ret_key);
	return NULL;
}

static struct error *key_directory(struct digest *digest, void *argument)
{
	_cleanup_(plan_freep) struct plan *plan = plan_new();
	struct path_source *source = argument;

	TRY(plan_directory(source, plan, source->key));
	digest_add_string(digest, source->key);
	return NULL;
}

/* The key names what is in the store: it must be what was asked for. */
static struct error *fill_directory(struct plan *plan, const char *spool, void *argument)
{
	const struct path_source *source = argument;
	char key[DIGEST_HEX_SIZE];

	TRY(plan_directory(source, plan, key));
	if (!streq(key, source->key))
		return error_hint(error_new(ERROR_BUSY, "%s changed while it was read",
					    source->path),
				  "run klab again when whoever writes there is done");
	return NULL;
}

struct error *root_open_directory(const struct root_request *request, const char *rest,
				  struct root_source **ret)
{
	if (*rest && !path_is_dir(rest))
		return error_new(ERROR_USAGE, "--root dir:%s: there is no such directory",
				 rest);
	return open_path("dir", rest,
			 (struct disk_recipe){ .key = key_directory,
					       .fill = fill_directory },
			 ret);
}

static struct error *key_archive(struct digest *digest, void *argument)
{
	const struct path_source *source = argument;
	struct stat st;

	if (stat(source->path, &st) < 0)
		return error_os(errno, "reading the archive %s", source->path);
	digest_add_string(digest, ARCHIVE_VERSION);
	digest_add_identity(digest, source->path, &st);
	return NULL;
}

static struct error *fill_archive(struct plan *plan, const char *spool, void *argument)
{
	const struct path_source *source = argument;
	const struct unpack_options options = { .spool = spool };

	return plan_add_archive(plan, source->path, &options);
}

struct error *root_open_archive(const struct root_request *request, const char *rest,
				struct root_source **ret)
{
	return open_path("tar", rest,
			 (struct disk_recipe){ .key = key_archive, .fill = fill_archive },
			 ret);
}
