// SPDX-License-Identifier: GPL-2.0-or-later
/* A directory for each, in which the disk appears whole by one rename. */
#include "lab/named-disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "os/dirs.h"
#include "os/file.h"

#define DISK_NAME "disk"
#define FROM_NAME "from"
#define INIT_NAME "init"
#define LOCK_NAME ".lock"

void named_disk_deinit(struct named_disk *disk)
{
	free(disk->path);
	free(disk->from);
	close_fd(disk->lock);
	*disk = NAMED_DISK_NONE;
}

static struct error *directory_of(const char *name, char **ret)
{
	_cleanup_free_ char *kept = NULL;

	TRY(dirs_kept(&kept));
	*ret = xasprintf("%s/disks/%s", kept, name);
	return NULL;
}

static struct error *take(const char *name, const char *directory, int *ret_lock)
{
	_cleanup_free_ char *lock = path_join(directory, LOCK_NAME);
	struct error *err = lock_take(lock, LOCK_KIND_EXCLUSIVE, 0, name, ret_lock);

	if (!error_is(err, ERROR_BUSY))
		return err;
	error_free(err);
	return error_hint(error_new(ERROR_BUSY, "another guest has the disk %s", name),
			  "klab list shows the running ones; --disk-name with another "
			  "name makes another disk");
}

static struct error *describe(const char *name, const char *directory, char **ret_path,
			      char **ret_from)
{
	_cleanup_free_ char *path = path_join(directory, DISK_NAME);
	_cleanup_free_ char *from = path_join(directory, FROM_NAME);

	if (!path_exists(path))
		return error_hint(error_new(ERROR_NOT_FOUND, "there is no disk %s", name),
				  "--root SPEC --disk-name %s makes it", name);
	TRY(file_read_line(from, ret_from));
	*ret_path = take_ptr(path);
	return NULL;
}

struct error *named_disk_open(const char *name, struct named_disk *ret)
{
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE;
	_cleanup_free_ char *directory = NULL;

	TRY(directory_of(name, &directory));
	TRY(describe(name, directory, &disk.path, &disk.from));
	TRY(take(name, directory, &disk.lock));
	*ret = disk;
	disk = NAMED_DISK_NONE;
	return NULL;
}

/* Data where the source has data; the file's size is set already. */
static struct error *copy_data(int from, int to, off_t size)
{
	off_t begin = 0, end;

	while (begin < size && (begin = lseek(from, begin, SEEK_DATA)) >= 0) {
		end = lseek(from, begin, SEEK_HOLE);
		if (end < 0 || lseek(from, begin, SEEK_SET) < 0 ||
		    lseek(to, begin, SEEK_SET) < 0)
			return error_os(errno, "copying");
		TRY(fd_copy(from, to, (uint64_t)(end - begin)));
		begin = end;
	}
	return begin < 0 && errno != ENXIO ? error_os(errno, "copying") : NULL;
}

static struct error *copy_disk(const char *path, const char *to)
{
	_cleanup_draft_ struct file_draft draft = FILE_DRAFT_NONE;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(errno, "reading the disk %s", path);
	if (!S_ISREG(st.st_mode))
		return error_new(ERROR_USAGE, "%s is not a file", path);
	TRY(file_draft_open(&draft, to, 0600));
	if (ftruncate(draft.fd, st.st_size) < 0)
		return error_os(errno, "making %s large enough", to);
	TRY(copy_data(fd, draft.fd, st.st_size));
	return file_draft_publish(&draft, true);
}

/* Beside the disk, before that is there. */
static struct error *note(const char *directory, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(directory, name);

	if (text)
		return file_write(path, text, strlen(text), 0600);
	/* That of one that was never finished. */
	if (unlink(path) < 0 && errno != ENOENT)
		return error_os(errno, "removing %s", path);
	return NULL;
}

struct error *named_disk_make(const char *name, const char *path, const char *from,
			      const char *init, struct named_disk *ret)
{
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE;
	_cleanup_free_ char *directory = NULL;

	TRY(directory_of(name, &directory));
	TRY(dir_make(directory, 0700));
	TRY(take(name, directory, &disk.lock));
	disk.path = path_join(directory, DISK_NAME);
	disk.from = xstrdup(from);
	if (path_exists(disk.path))
		return error_new(ERROR_EXISTS, "there is a disk %s already", name);
	TRY(note(directory, FROM_NAME, from));
	TRY(note(directory, INIT_NAME, init));
	TRY_WRAP(copy_disk(path, disk.path), "making the disk %s", name);
	*ret = disk;
	disk = NAMED_DISK_NONE;
	return NULL;
}

struct error *named_disk_init(const char *name, char **ret)
{
	_cleanup_free_ char *directory = NULL, *disk = NULL, *path = NULL;

	*ret = NULL;
	TRY(directory_of(name, &directory));
	disk = path_join(directory, DISK_NAME);
	path = path_join(directory, INIT_NAME);
	return path_exists(disk) && path_exists(path) ? file_read_line(path, ret) : NULL;
}

struct error *named_disk_list(struct strv *ret)
{
	_cleanup_free_ char *directory = NULL;
	_cleanup_closedir_ DIR *dir = NULL;
	const struct dirent *entry;

	TRY(directory_of("", &directory));
	dir = opendir(directory);
	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *path =
			xasprintf("%s/%s/" DISK_NAME, directory, entry->d_name);

		if (*entry->d_name != '.' && path_exists(path))
			strv_push(ret, entry->d_name);
	}
	strv_sort(ret);
	return NULL;
}

struct error *named_disk_look(const char *name, char **ret_path, char **ret_from,
			      uint64_t *ret_bytes)
{
	_cleanup_free_ char *directory = NULL, *path = NULL;
	struct stat st;

	TRY(directory_of(name, &directory));
	TRY(describe(name, directory, &path, ret_from));
	if (stat(path, &st) < 0)
		return error_os(errno, "looking at %s", path);
	*ret_bytes = (uint64_t)st.st_blocks * 512;
	*ret_path = take_ptr(path);
	return NULL;
}

struct error *named_disk_remove(const char *name)
{
	_cleanup_named_disk_ struct named_disk disk = NAMED_DISK_NONE;
	_cleanup_free_ char *directory = NULL;

	TRY(named_disk_open(name, &disk));
	TRY(directory_of(name, &directory));
	return tree_remove(directory);
}
