// SPDX-License-Identifier: GPL-2.0-or-later
/* Times of sources, objects and results in a build tree. */
#include "kernel/stale.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/thin-archive.h"
#include "os/file.h"

#define LIST_MAX (16u << 20)
#define MODULES_MAX 1000 /* a file is read for each */

struct look {
	int source, output;
	/* Objects come by directory, and to walk to each file from the top costs most. */
	char *directory;
	int source_directory, output_directory;
	struct stat vmlinux;
	bool linked; /* has vmlinux */
	char *why;
};

static void look_deinit(struct look *look)
{
	close_fd(look->source);
	close_fd(look->output);
	close_fd(look->source_directory);
	close_fd(look->output_directory);
	free(look->directory);
	free(look->why);
}

static bool is_newer(const struct stat *st, const struct stat *than)
{
	return st->st_mtim.tv_sec != than->st_mtim.tv_sec
		       ? st->st_mtim.tv_sec > than->st_mtim.tv_sec
		       : st->st_mtim.tv_nsec > than->st_mtim.tv_nsec;
}

static void enter_directory(struct look *look, const char *path)
{
	_cleanup_free_ char *directory = path_parent(path);

	if (look->directory && streq(directory, look->directory))
		return;
	close_fd(look->source_directory);
	close_fd(look->output_directory);
	look->source_directory =
		openat(look->source, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	look->output_directory =
		openat(look->output, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(look->directory);
	look->directory = take_ptr(directory);
}

/* What the object was made of: its C file, or its assembler file. */
static bool stat_source(const struct look *look, char *path, struct stat *ret)
{
	static const char suffixes[] = { 'c', 'S' };

	for (size_t i = 0; i < sizeof(suffixes); i++) {
		path[strlen(path) - 1] = suffixes[i];
		if (fstatat(look->source_directory, path_base(path), ret, 0) == 0)
			return true;
	}
	return false;
}

/* Each object of the kernel or of a module. */
static bool look_at_object(struct look *look, const char *name, size_t length,
			   bool built_in)
{
	_cleanup_free_ char *path = xstrndup(name, length);
	struct stat object, source;

	if (!has_suffix(path, ".o") || *path == '/')
		return false;
	enter_directory(look, path);
	if (fstatat(look->output_directory, path_base(path), &object, 0) < 0)
		return false;
	if (built_in && look->linked && is_newer(&object, &look->vmlinux)) {
		look->why = xasprintf("%s was compiled but not linked", path);
		return true;
	}
	/* One that make has written itself lies in the output. */
	if (!stat_source(look, path, &source) || !is_newer(&source, &object))
		return false;
	look->why = xasprintf("%s has changed", path);
	return true;
}

static bool read_list(const struct look *look, const char *name, struct bytes *ret)
{
	_cleanup_close_ int fd = openat(look->output, name, O_RDONLY | O_CLOEXEC);
	struct error *err = fd < 0 ? NULL : fd_read_all(fd, LIST_MAX, ret);

	error_ignore(err); /* then there is nothing to compare */
	return fd >= 0 && !err && ret->size;
}

static bool look_at_archive(struct look *look, const char *name)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_free_ char *directory = path_parent(name);
	size_t position = 0, length;
	const char *object;

	if (!read_list(look, name, &bytes))
		return false;
	while (thin_archive_next(bytes.data, bytes.size, &position, &object, &length)) {
		_cleanup_free_ char *member = xstrndup(object, length);
		/* Names are relative to the archive. */
		_cleanup_free_ char *path = streq(directory, ".")
						    ? xstrdup(member)
						    : path_join(directory, member);

		if (look_at_object(look, path, strlen(path), true))
			return true;
	}
	return false;
}

/* The parts of one, from "drivers/x/x.ko", or .o from 6.4 on. */
static bool look_at_module(struct look *look, const char *module)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_strv_ struct strv parts = { 0 };
	_cleanup_free_ char *list = NULL;
	const char *dot = strrchr(module, '.');

	if (!dot)
		return false;
	list = xasprintf("%.*s.mod", (int)(dot - module), module);
	if (!read_list(look, list, &bytes))
		return false;
	strv_split((const char *)bytes.data, " \n", &parts);
	for (size_t i = 0; i < parts.count; i++) {
		if (look_at_object(look, parts.items[i], strlen(parts.items[i]), false))
			return true;
	}
	return false;
}

static bool look_at_modules(struct look *look)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_strv_ struct strv modules = { 0 };

	if (!read_list(look, "modules.order", &bytes))
		return false;
	strv_split((const char *)bytes.data, "\n", &modules);
	for (size_t i = 0; i < modules.count && i < MODULES_MAX; i++) {
		if (look_at_module(look, modules.items[i]))
			return true;
	}
	return false;
}

/* kbuild writes auto.conf whenever it has read .config. */
static bool look_at_config(struct look *look)
{
	struct stat config, read;

	if (fstatat(look->output, ".config", &config, 0) < 0 ||
	    fstatat(look->output, "include/config/auto.conf", &read, 0) < 0 ||
	    !is_newer(&config, &read))
		return false;
	look->why = xstrdup(".config has changed");
	return true;
}

static bool look_at_image(struct look *look, const struct kernel *kernel)
{
	struct stat image;

	if (!look->linked || stat(kernel->image, &image) < 0 ||
	    !is_newer(&look->vmlinux, &image))
		return false;
	look->why = xasprintf("vmlinux is newer than %s", path_base(kernel->image));
	return true;
}

/* "arch/x86", from the image in "arch/x86/boot". */
static char *architecture_directory(const struct kernel *kernel)
{
	const char *at = strstr(kernel->image, "/arch/");
	size_t length = at ? strcspn(at + strlen("/arch/"), "/") : 0;

	return length ? xstrndup(at + 1, strlen("arch/") + length) : NULL;
}

static bool look_at_archives(struct look *look, const struct kernel *kernel)
{
	_cleanup_free_ char *directory = architecture_directory(kernel);
	_cleanup_free_ char *library = NULL;

	if (look_at_archive(look, "vmlinux.a") || look_at_archive(look, "lib/lib.a"))
		return true;
	library = directory ? path_join(directory, "lib/lib.a") : NULL;
	return library && look_at_archive(look, library);
}

char *kernel_stale(const struct kernel *kernel)
{
	_cleanup_(look_deinit) struct look look = {
		.source = -1,
		.output = -1,
		.source_directory = -1,
		.output_directory = -1,
	};

	if (kernel->source != KERNEL_TREE || !kernel->source_directory || !kernel->config)
		return NULL;
	look.source = open(kernel->source_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	look.output = open(kernel->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (look.source < 0 || look.output < 0)
		return NULL;
	look.linked = fstatat(look.output, "vmlinux", &look.vmlinux, 0) == 0;
	(void)(look_at_config(&look) || look_at_image(&look, kernel) ||
	       look_at_archives(&look, kernel) || look_at_modules(&look));
	return take_ptr(look.why);
}
