// SPDX-License-Identifier: GPL-2.0-or-later
/* The digest of a file's content, remembered under its identity: manifests name kernels
 * and QEMU binaries by content, and reading tens of megabytes each time would cost more
 * than the start of a guest. */
#include <errno.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/digest.h"
#include "os/file.h"
#include "store/store.h"

#define KIND "digest"

static struct error *read_known(const char *directory, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_free_ char *path = path_join(directory, "sha256");
	_cleanup_free_ char *line = NULL;

	TRY(file_read_line(path, &line));
	if (strlen(line) != DIGEST_HEX_SIZE - 1)
		return error_new(ERROR_CORRUPT, "%s is no digest", path);
	memcpy(ret, line, DIGEST_HEX_SIZE);
	return NULL;
}

static struct error *remember(struct store *store, const char *key, const char *digest)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL, *published = NULL;

	TRY(store_draft_new(store, KIND, key, &draft));
	path = path_join(store_draft_path(draft), "sha256");
	TRY(file_write(path, digest, strlen(digest), 0644));
	return store_draft_publish(take_ptr(draft), &published);
}

struct error *store_file_digest(struct store *store, const char *path,
				char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *identity = digest_new();
	_cleanup_free_ char *known = NULL;
	char key[DIGEST_HEX_SIZE];
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "looking at %s", path);
	digest_add_identity(identity, path, &st);
	digest_hex(identity, key);
	known = store_lookup(store, KIND, key);
	if (known)
		return read_known(known, ret);
	TRY(digest_file(path, ret));
	/* Remembering is an optimisation: a full disk must not fail the run here. */
	error_ignore(remember(store, key, ret));
	return NULL;
}
