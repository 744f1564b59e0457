// SPDX-License-Identifier: GPL-2.0-or-later
/* A hostile guest's copy records: they may make a tree below the destination, and nothing
 * beside it. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/copy.h"
#include "base/text.h"
#include "os/file.h"

/* A tree costs system calls; larger inputs find nothing new. */
#define INPUT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *base;

static void remove_base(void)
{
	temp_dir_free(base);
}

static void check_nothing_beside(void)
{
	_cleanup_closedir_ DIR *dir = opendir(base);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !streq(entry->d_name, "inner"))
			abort();
}

static struct error *receive(const char *to, const uint8_t *data, size_t size)
{
	_cleanup_(copy_sink_freep) struct copy_sink *sink = NULL;
	size_t half = size / 2;

	TRY(copy_sink_new(to, false, NULL, NULL, &sink));
	TRY(copy_sink_write(sink, data, half));
	TRY(copy_sink_write(sink, data + half, size - half));
	return copy_sink_finish(sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *inner = NULL;
	struct error *err;

	if (size > INPUT_MAX)
		return 0;
	if (!base) {
		err = temp_dir_make("klab-fuzz", &base);
		if (err)
			abort();
		(void)atexit(remove_base);
	}
	inner = path_join(base, "inner");
	err = dir_make(inner, 0700);
	if (err)
		abort();
	error_ignore(receive(inner, data, size)); /* most inputs are broken */
	check_nothing_beside();
	err = tree_remove(inner);
	if (err)
		abort();
	return 0;
}
