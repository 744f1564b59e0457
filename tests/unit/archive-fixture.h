/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tiny Debian archive that the test makes and signs itself (make-archive.sh), so that it
 * needs neither a network nor root, and a store of its own.
 */
#ifndef KLAB_TESTS_ARCHIVE_FIXTURE_H
#define KLAB_TESTS_ARCHIVE_FIXTURE_H

#include <stdlib.h>

#include "base/mem.h"
#include "os/file.h"
#include "os/spawn.h"
#include "store/store.h"
#include "unit.h"

#define SCRIPT_TIMEOUT_MS 60000

struct archive_fixture {
	char *root; /* of everything */
	char *archive;
	char *uri;
	char *keyring;
	struct store *store;
};

/* What make-archive.sh does with this archive; words NULL: none. */
static inline void make_archive(const char *archive, const char *what,
				const char *const *words)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_bytes_ struct bytes out = { 0 }, errors = { 0 };
	int status;

	strv_push_take(&argv, path_join(getenv("KLAB_TESTS"), "unit/make-archive.sh"));
	strv_push(&argv, what);
	strv_push(&argv, archive);
	strv_push_all(&argv, words);
	assert_ok(process_capture(strv_argv(&argv), SCRIPT_TIMEOUT_MS, 1 << 20, &out,
				  &errors, &status));
	if (status != 0)
		fail_msg("make-archive.sh %s: %.*s", what, (int)errors.size,
			 (const char *)errors.data);
}

#define MAKE(f, what, ...) \
	make_archive((f)->archive, what, (const char *const[]){ __VA_ARGS__, NULL })

static inline _unused_ void sign(const struct archive_fixture *f)
{
	make_archive(f->archive, "sign", NULL);
}

/* With a key and nothing in it yet. */
static inline void archive_fixture_init(struct archive_fixture *f)
{
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-archive", &f->root));
	f->archive = path_join(f->root, "archive");
	store = path_join(f->root, "store");
	f->uri = xasprintf("file:%s", f->archive);
	f->keyring = path_join(f->archive, "key.gpg");
	assert_ok(dir_make(f->archive, 0755));
	assert_ok(store_open(store, &f->store));
	make_archive(f->archive, "key", NULL);
}

static inline void archive_fixture_deinit(struct archive_fixture *f)
{
	store_free(f->store);
	temp_dir_free(f->root);
	free(f->archive);
	free(f->uri);
	free(f->keyring);
}

/* False: the test is skipped (77), and tests/skips has to list it. */
static inline bool archive_fixture_is_possible(void)
{
	static const char *const tools[] = { "apt-get", "gpg", "gpgv", "dpkg-deb" };

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		_cleanup_free_ char *path = program_find(tools[i]);

		if (!path)
			return false;
	}
	return getenv("KLAB_TESTS") != NULL;
}

#endif
