// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading modules.  Their order and dependencies were settled when the image was made, so
 * this is one system call a line.
 */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "note.h"

/* linux/module.h, Linux commit b1ae6dc41eaa ("module: add in-kernel support for
 * decompressing") (v5.17) */
#define INIT_COMPRESSED_FILE 4

static bool is_compressed(const char *path)
{
	static const char *const suffixes[] = { ".xz", ".zst", ".gz" };
	size_t length = strlen(path);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (length > n && strcmp(path + length - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static const char *explain(int err_no, bool compressed)
{
	if (compressed && (err_no == EINVAL || err_no == EOPNOTSUPP || err_no == ENOEXEC))
		return "the kernel cannot load compressed modules";
	if (err_no == ENOEXEC)
		return "it was built for another kernel";
	if (err_no == ENOENT)
		return "a symbol that it needs is missing";
	if (err_no == ENOSYS)
		return "the kernel has no modules";
	return strerror(err_no);
}

static void load_module(char *line)
{
	size_t length = strcspn(line, " ");
	const char *parameters = line[length] ? line + length + 1 : "";
	bool compressed;
	int fd;

	line[length] = 0;
	compressed = is_compressed(line);
	fd = open(line, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		note_fault("cannot load module %s: %s", line, strerror(errno));
		return;
	}
	if (syscall(SYS_finit_module, fd, parameters,
		    compressed ? INIT_COMPRESSED_FILE : 0) != 0 &&
	    errno != EEXIST)
		note_fault("cannot load module %s: %s", line, explain(errno, compressed));
	close(fd);
}

void modules_load(void)
{
	char list[16384];

	file_read(list, sizeof(list), MODULES_LIST);
	for (char *line = list, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (*line)
			load_module(line);
	}
}
