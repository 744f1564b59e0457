// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tarball of kernel sources by its URL.  It is downloaded into a draft of the store, which
 * is never published: whoever dies leaves what the next maker of a draft sweeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/download.h"
#include "kernel/fetch-source.h"
#include "kernel/source-tree.h"
#include "os/file.h"

/* "https://host/a/linux-6.12.tar.xz?x#y" -> "linux-6.12.tar.xz"; may be "". */
static char *file_of(const char *url)
{
	_cleanup_free_ char *path = xstrndup(url, strcspn(url, "?#"));
	const char *slash = strrchr(path, '/');

	return xstrdup(slash ? slash + 1 : path);
}

/* The tree's name, as the archive has it. */
static struct error *directory_of(const char *file, char **ret)
{
	static const char *const suffixes[] = { ".tar", ".tgz", ".txz" };
	const char *end = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !end; i++)
		end = strstr(file, suffixes[i]);
	if (!end || end == file || *file == '.')
		return error_hint(error_new(ERROR_USAGE,
					    "the URL has no name for the directory"),
				  "klab fetch --source URL DIR --sha256 HEX");
	*ret = xstrndup(file, (size_t)(end - file));
	return NULL;
}

static struct error *get(const struct download *download, const char *path)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_os(errno, "writing %s", path);
	return download_get(download, fd, path);
}

static struct error *run(struct store *store, const struct download *download,
			 const char *directory, char **ret_directory)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_source_tree_ struct source_tree tree = { 0 };
	_cleanup_free_ char *tarball = NULL;

	TRY(store_draft_new(store, "source", download->sha256, &draft));
	tarball = path_join(store_draft_path(draft), "tarball");
	TRY(store_explain(store, get(download, tarball)));
	TRY(source_tree_begin(directory, &tree));
	TRY(source_tree_unpack(&tree, tarball, download->progress));
	return source_tree_publish(&tree, ret_directory);
}

struct error *kernel_fetch_tarball(struct store *store,
				   const struct tarball_options *options,
				   char **ret_directory)
{
	_cleanup_free_ char *file = file_of(options->url);
	_cleanup_free_ char *own = NULL;
	const char *directory = options->directory;
	const struct download download = {
		.url = options->url,
		.sha256 = options->sha256,
		.stage = file,
		.progress = options->progress,
	};

	TRY(download_check(&download));
	if (!directory)
		TRY(directory_of(file, &own));
	directory = directory ? directory : own;
	TRY(source_tree_check(directory)); /* before anything is downloaded */
	TRY_WRAP(run(store, &download, directory, ret_directory), "fetching %s",
		 options->url);
	return NULL;
}
