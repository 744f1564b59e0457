/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and directories.  A file that others may read is written beside its place and
 * renamed (struct file_draft); a reader sees the old one or the whole new one.
 */
#ifndef KLAB_OS_FILE_H
#define KLAB_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

/* A read-only mapping of a whole file, or of heap bytes; data is NULL when size is 0. */
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
/* Copy size bytes at the current offsets, by reflink or in the kernel where possible. */
struct error *fd_copy(int from, int to, uint64_t size) _must_check_;
struct error *fd_set_nonblock(int fd, bool nonblock) _must_check_;

bool path_exists(const char *path);
bool path_is_dir(const char *path);
struct error *path_absolute(const char *path, char **ret) _must_check_;
struct error *dir_make(const char *path, mode_t mode) _must_check_; /* with parents */
/* Remove a tree without following links; absent is fine. */
struct error *tree_remove(const char *path) _must_check_;
struct error *file_write(const char *path, const void *data, size_t size,
			 mode_t mode) _must_check_; /* atomically */
/* Find a program as execvp would; NULL if there is none.  The caller frees. */
char *program_find(const char *name);

/* A file being written beside its place.  Dropped unless published. */
struct file_draft {
	int fd;		 /* -1: none */
	char *path;	 /* where it will be */
	char *temporary; /* where it is */
};

#define FILE_DRAFT_NONE ((struct file_draft){ .fd = -1 })
struct error *file_draft_open(struct file_draft *draft, const char *path,
			      mode_t mode) _must_check_;
/* Rename into place (after fsync if durable); ends the draft. */
struct error *file_draft_publish(struct file_draft *draft, bool durable) _must_check_;
void file_draft_deinit(struct file_draft *draft);
#define _cleanup_draft_ _cleanup_(file_draft_deinit)

/* A private directory that goes with its guard. */
struct error *temp_dir_make(const char *prefix, char **ret_path) _must_check_;
void temp_dir_free(char *path); /* removes the tree */
DEFINE_CLEANUP(char *, temp_dir_free)
#define _cleanup_temp_dir_ _cleanup_(temp_dir_freep)

/* Advisory lock on a file that is created if need be (open file description lock, so it
 * ends with the process however that dies).  Returns the descriptor that holds it. */
enum lock_kind { LOCK_KIND_SHARED, LOCK_KIND_EXCLUSIVE };
/* timeout_ms 0: do not wait (ERROR_BUSY if held); what names the thing in the error. */
struct error *lock_take(const char *path, enum lock_kind kind, unsigned int timeout_ms,
			const char *what, int *ret_fd) _must_check_;

#endif
