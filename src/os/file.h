/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and directories.  A file that others may read is written beside its place and
 * renamed (struct file_draft); a reader sees the old one or the whole new one.
 *
 * file.c reads and maps, fd.c moves bytes between descriptors, path.c answers about paths,
 * tree.c makes and removes directories, draft.c writes, lock.c locks.
 */
#ifndef KLAB_OS_FILE_H
#define KLAB_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

/* A read-only mapping of a whole file, or heap bytes (those are followed by a NUL that
 * size does not count); data is NULL when size is 0. */
struct bytes {
	const uint8_t *data;
	size_t size;
	bool mapped;
};

void bytes_deinit(struct bytes *bytes);
#define _cleanup_bytes_ _cleanup_(bytes_deinit)
/* Hostile writers could truncate a mapped file under us: only map what is ours or only
 * ever replaced by rename; file_read() copies. */
struct error *file_map(const char *path, struct bytes *ret) _must_check_;
struct error *file_read(const char *path, size_t max, struct bytes *ret) _must_check_;
/* As text without the trailing newline; for /proc, /sys and small settings. */
struct error *file_read_line(const char *path, char **ret) _must_check_;
struct error *fd_read_all(int fd, size_t max, struct bytes *ret) _must_check_;
struct error *fd_write_all(int fd, const void *data, size_t size) _must_check_;
/* Copy size bytes at the current offsets, by reflink or in the kernel where possible;
 * ERROR_CORRUPT if there are fewer. */
struct error *fd_copy(int from, int to, uint64_t size) _must_check_;
struct error *fd_set_nonblock(int fd, bool nonblock) _must_check_;
/* Open what is closed of 0, 1 and 2 on /dev/null, so that no file of ours gets such a
 * number and with it somebody's error messages.  First thing in main(). */
struct error *fd_fill_standard(void) _must_check_;

bool path_exists(const char *path);
bool path_is_dir(const char *path);
/* Below the working directory if relative; links and ".." stay as they are. */
struct error *path_absolute(const char *path, char **ret) _must_check_;
/* With parents, all with this mode less the umask; an existing one is fine. */
struct error *dir_make(const char *path, mode_t mode) _must_check_;
/* Remove a tree without following links; absent is fine. */
struct error *tree_remove(const char *path) _must_check_;
struct error *file_write(const char *path, const void *data, size_t size,
			 mode_t mode) _must_check_; /* atomically */
/* Find a program as execvp would; NULL if there is none.  The caller frees. */
char *program_find(const char *name);

/* A file being written beside its place, as ".klab-HEX.draft" (what a killed klab leaves
 * behind is found by that name).  Dropped unless published.  A place that is a device, a
 * pipe or a link is written as it is, at once. */
#define FILE_DRAFT_PREFIX ".klab-"
#define FILE_DRAFT_SUFFIX ".draft"

struct file_draft {
	int fd;		 /* -1: none */
	char *path;	 /* where it will be */
	char *temporary; /* where it is; NULL: there, which is no file */
};

#define FILE_DRAFT_NONE ((struct file_draft){ .fd = -1 })
struct error *file_draft_open(struct file_draft *draft, const char *path,
			      mode_t mode) _must_check_;
/* Rename into place (after fsync if durable); ends the draft. */
struct error *file_draft_publish(struct file_draft *draft, bool durable) _must_check_;
void file_draft_deinit(struct file_draft *draft);
#define _cleanup_draft_ _cleanup_(file_draft_deinit)

/* A file for reading and writing that has no name and goes with its descriptor. */
struct error *file_unnamed(const char *directory, int *ret_fd) _must_check_;

/* A private directory that goes with its guard: in $TMPDIR or /tmp, or, if the prefix has
 * a slash, just there. */
struct error *temp_dir_make(const char *prefix, char **ret_path) _must_check_;
void temp_dir_free(char *path); /* removes the tree */
DEFINE_CLEANUP(char *, temp_dir_free)
#define _cleanup_temp_dir_ _cleanup_(temp_dir_freep)

/* Advisory lock on a file that is created if need be (open file description lock, so it
 * ends with the process however that dies).  Returns the descriptor that holds it. */
enum lock_kind { LOCK_KIND_SHARED, LOCK_KIND_EXCLUSIVE };
/* timeout_ms 0: do not wait (ERROR_BUSY if held), else ERROR_TIMEOUT after that time.
 * what names the thing in the error.  Closing the descriptor unlocks. */
struct error *lock_take(const char *path, enum lock_kind kind, unsigned int timeout_ms,
			const char *what, int *ret_fd) _must_check_;

#endif
