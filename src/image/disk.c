// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks in the store, or in a file: the same bytes either way. */
#include "image/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/disk-pack.h"
#include "image/explain.h"
#include "os/file.h"

/* Changes when the same plan is written as other bytes. */
#define PACK_VERSION "klab ext4 1"
#define FILE_NAME "disk.ext4"

void disk_deinit(struct disk *disk)
{
	free(disk->path);
	free(disk->key);
	*disk = (struct disk){ 0 };
}

static struct error *make_key(const struct disk_recipe *recipe, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	digest_add_string(digest, PACK_VERSION);
	digest_add_u64(digest, recipe->size);
	TRY(recipe->key(digest, recipe->argument));
	digest_hex(digest, ret);
	return NULL;
}

static struct error *fill_and_pack(const struct disk_recipe *recipe, const char *key,
				   const char *path, int fd)
{
	_cleanup_(plan_freep) struct plan *plan = plan_new();
	_cleanup_free_ char *spool = path_parent(path);

	TRY(recipe->fill(plan, spool, recipe->argument));
	TRY(disk_pack(plan, path, fd, key, recipe->size));
	return recipe->finish ? recipe->finish(path, recipe->argument) : NULL;
}

static struct error *write_words(const struct disk_recipe *recipe, const char *directory)
{
	_cleanup_free_ char *path = path_join(directory, DISK_FROM_NAME);

	if (!recipe->words)
		return NULL;
	return file_write(path, recipe->words, strlen(recipe->words), 0644);
}

static struct error *make(struct store *store, const struct disk_recipe *recipe,
			  const char *key, char **ret_directory)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;

	TRY(store_draft_new(store, DISK_STORE_KIND, key, &draft));
	path = path_join(store_draft_path(draft), FILE_NAME);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return store_explain(store, error_os(errno, "creating %s", path));
	TRY_WRAP(store_explain(store,
			       explain_limit(fill_and_pack(recipe, key, path, fd))),
		 "making the disk");
	TRY(write_words(recipe, store_draft_path(draft)));
	return store_draft_publish(take_ptr(draft), ret_directory);
}

static struct error *make_once(struct store *store, const struct disk_recipe *recipe,
			       const char *key, char **ret_directory)
{
	_cleanup_close_ int lock = -1;

	TRY(store_lock_key(store, DISK_STORE_KIND, key, &lock));
	*ret_directory = store_lookup(store, DISK_STORE_KIND, key);
	if (*ret_directory)
		return NULL;
	return make(store, recipe, key, ret_directory);
}

static struct error *describe(const char *path, const char *key, struct disk *ret)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "looking at the disk %s", path);
	*ret = (struct disk){
		.path = xstrdup(path),
		.key = xstrdup(key),
		.size = (uint64_t)st.st_size,
	};
	return NULL;
}

struct error *disk_build(struct store *store, const struct disk_recipe *recipe,
			 struct disk *ret)
{
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *path = NULL;
	char key[DIGEST_HEX_SIZE];

	TRY(make_key(recipe, key));
	directory = store_lookup(store, DISK_STORE_KIND, key);
	if (!directory)
		TRY(make_once(store, recipe, key, &directory));
	path = path_join(directory, FILE_NAME);
	return describe(path, key, ret);
}

struct error *disk_write(const struct disk_recipe *recipe, const char *path,
			 struct disk *ret)
{
	_cleanup_draft_ struct file_draft draft = FILE_DRAFT_NONE;
	char key[DIGEST_HEX_SIZE];
	struct error *err;

	TRY(make_key(recipe, key));
	TRY(file_draft_open(&draft, path, 0644));
	if (!draft.temporary)
		return error_hint(error_new(ERROR_USAGE,
					    "%s is no file that could become a disk",
					    path),
				  "name a new file");
	err = fill_and_pack(recipe, key, draft.temporary, draft.fd);
	if (!err)
		err = file_draft_publish(&draft, false);
	if (err)
		return explain_full(err, path);
	return describe(path, key, ret);
}
