// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for libFuzzer where that is not linked: runs a fuzz target once on each file
 * of the directories (or each file) named on the command line, so that everything the
 * fuzzer ever found stays a test.
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ uint8_t *exact = NULL;
	struct stat st;

	if (!file || fstat(fileno(file), &st) < 0)
		err(1, "%s", path);
	/* A block of exactly this size: a sanitizer then sees each byte read too far. */
	exact = xcalloc(1, (size_t)st.st_size);
	if (fread(exact, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		errx(1, "%s: cannot be read", path);
	(void)LLVMFuzzerTestOneInput(exact, (size_t)st.st_size);
}

static size_t replay(const char *path)
{
	_cleanup_closedir_ DIR *directory = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	if (!directory) {
		replay_file(path);
		return 1;
	}
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *file = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		replay_file(file);
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	if (!count)
		errx(1, "no inputs: usage: %s DIRECTORY|FILE...", argv[0]);
	printf("%zu inputs\n", count);
	return 0;
}
