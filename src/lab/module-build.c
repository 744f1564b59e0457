// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Building a module: kbuild does it, in the kernel's build directory.  klab finds that, the
 * compiler, and the words.
 */
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/compiler.h"
#include "kernel/headers.h"
#include "kernel/kbuild.h"
#include "lab/foreground.h"
#include "lab/module.h"
#include "os/file.h"

#define FILE_MAX (1 << 20)
#define PROGRAM_MS 10000

static bool has_variable(const struct module_build *build, const char *prefix)
{
	for (size_t i = 0; build->variables && i < build->variables->count; i++) {
		if (has_prefix(build->variables->items[i], prefix))
			return true;
	}
	return false;
}

static struct error *check_directory(const char *directory)
{
	_cleanup_free_ char *kbuild = path_join(directory, "Kbuild");
	_cleanup_free_ char *makefile = path_join(directory, "Makefile");

	if (!path_exists(kbuild) && !path_exists(makefile))
		return error_hint(
			error_new(ERROR_NOT_FOUND,
				  "%s has no Kbuild and no Makefile, so nothing "
				  "says what to build",
				  directory),
			"name the module's directory; klab module new NAME "
			"makes one");
	if (strpbrk(directory, " \t\n:"))
		return error_hint(error_new(ERROR_UNSUPPORTED,
					    "kbuild cannot work in \"%s\": there is a "
					    "blank or a colon in the path",
					    directory),
				  "move it, or give the directory another name");
	return NULL;
}

/* Debian's headers want the compiler that built the kernel, "gcc-12".  NULL: they don't
 * say. */
static char *wanted_compiler(const char *directory)
{
	static const char mark[] = "$(CROSS_COMPILE)";
	_cleanup_free_ char *path = path_join(directory, ".kernelvariables");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct error *err = file_read(path, FILE_MAX, &bytes);
	const char *at;

	/* Only a package of headers has that file. */
	error_ignore(err);
	at = bytes.size ? strstr((const char *)bytes.data, mark) : NULL;
	if (!at)
		return NULL;
	at += strlen(mark);
	return xstrndup(at, strcspn(at, " \t\n"));
}

/* Words for make that make it find a compiler of this host. */
static struct error *choose_compiler(const struct module_build *build,
				     const struct module_target *target,
				     struct strv *argv)
{
	const struct arch *arch = target->kernel->arch;
	const char *cross = compiler_prefix(arch, build->guest->cross_compile);
	_cleanup_free_ char *wanted = wanted_compiler(target->directory);
	_cleanup_free_ char *special = NULL;
	_cleanup_free_ char *special_path = NULL, *plain_path = NULL;

	strv_pushf(argv, "ARCH=%s", arch->kernel);
	strv_pushf(argv, "CROSS_COMPILE=%s", cross);
	if (build->guest->llvm)
		strv_pushf(argv, "LLVM=%s", build->guest->llvm);
	if (build->guest->llvm || has_variable(build, "CC="))
		return NULL;
	special = xasprintf("%s%s", cross, wanted ? wanted : "gcc");
	special_path = program_find(special);
	if (special_path)
		return NULL;
	TRY(compiler_find(cross, &plain_path));
	strv_pushf(argv, "CC=%sgcc", cross);
	return NULL;
}

/* What the loader complains of, "GLIBC_2.38"; NULL: nothing.  The caller frees. */
static struct error *lacking_library(char *program, char **ret)
{
	char *const argv[] = { program, (char *)"--help", NULL };
	_cleanup_bytes_ struct bytes said = { 0 };
	const char *lack;
	int status;

	*ret = NULL;
	TRY(process_capture(argv, PROGRAM_MS, FILE_MAX, NULL, &said, &status));
	lack = said.size ? strstr((const char *)said.data, "GLIBC_") : NULL;
	if (lack)
		*ret = xstrndup(lack, strcspn(lack, "'\n "));
	return NULL;
}

/* The programs in a package of headers are of the suite that the kernel is from, and want
 * its C library.  There is one of each for each architecture that they work on. */
static struct error *check_programs(const struct module_target *target)
{
	_cleanup_free_ char *pattern =
		xasprintf("%s/{tools/objtool/objtool,scripts/mod/modpost}*",
			  target->directory);
	glob_t found = { 0 };
	struct error *err = NULL;

	(void)glob(pattern, GLOB_BRACE, NULL, &found); /* none is none */
	for (size_t i = 0; i < found.gl_pathc && !err; i++) {
		_cleanup_free_ char *lack = NULL;

		err = lacking_library(found.gl_pathv[i], &lack);
		if (lack)
			err = error_hint(
				error_new(ERROR_UNSUPPORTED,
					  "the headers of %s are made for a newer "
					  "system than this: their %s needs %s",
					  target->kernel->name,
					  path_base(found.gl_pathv[i]), lack),
				"build it on a system of that suite, or against a "
				"tree of that version: -k TREE");
	}
	globfree(&found);
	return err;
}

static struct error *run_make(const struct module_build *build,
			      const struct module_target *target, const char *directory)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strv_ struct strv environment = { 0 };
	_cleanup_free_ char *make = program_find("make");
	int status;

	if (!make)
		return error_hint(error_new(ERROR_MISSING, "there is no program make"),
				  "apt-get install make");
	strv_push(&argv, make);
	strv_pushf(&argv, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (build->guest->verbosity < 0)
		strv_push(&argv, "-s");
	strv_push(&argv, "-C");
	strv_push(&argv, target->directory);
	strv_pushf(&argv, "M=%s", directory);
	TRY(choose_compiler(build, target, &argv));
	if (build->variables)
		strv_push_all(&argv, (const char *const *)build->variables->items);
	strv_push(&argv, "modules");
	kbuild_environment(NULL, &environment);
	TRY(foreground_run(
		&(struct foreground){
			.argv = strv_argv(&argv),
			.environment = strv_argv(&environment),
		},
		&status));
	if (status)
		return error_hint(error_new(ERROR_FAILED, "%s does not build against %s",
					    directory, target->kernel->name),
				  "see make's words above; -k SPEC takes another kernel");
	return NULL;
}

/* A line of modules.order: "/src/demo/demo.ko", since 6.4 "demo.o". */
static char *built_file(const char *directory, const char *line)
{
	_cleanup_free_ char *path =
		*line == '/' ? xstrdup(line) : path_join(directory, line);

	if (has_suffix(path, ".o"))
		path[strlen(path) - 2] = '\0';
	else if (has_suffix(path, ".ko"))
		path[strlen(path) - 3] = '\0';
	return xasprintf("%s.ko", path);
}

struct error *module_built_files(const char *directory, struct strv *ret_files)
{
	_cleanup_free_ char *order = path_join(directory, "modules.order");
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };

	if (path_exists(order))
		TRY(file_read(order, FILE_MAX, &bytes));
	if (bytes.size)
		strv_split((const char *)bytes.data, "\n", &lines);
	for (size_t i = 0; i < lines.count; i++) {
		_cleanup_free_ char *file = built_file(directory, lines.items[i]);

		if (path_exists(file))
			strv_push(ret_files, file);
	}
	if (!ret_files->count)
		return error_hint(error_new(ERROR_NOT_FOUND, "no module is built in %s",
					    directory),
				  "klab module build %s", directory);
	return NULL;
}

void module_target_deinit(struct module_target *target)
{
	kernel_free(target->kernel);
	free(target->directory);
}

struct error *module_target_find(struct store *store, const struct module_build *build,
				 struct module_target *ret)
{
	const struct guest_options *guest = build->guest;
	const struct kernel_resolve_options resolve = {
		.spec = guest->kernel,
		.arch = guest->arch ? arch_find(guest->arch) : NULL,
		.output = guest->output,
		.fetch = build->fetch,
	};
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;

	/* A slip in the directory's name is said before anything is fetched. */
	TRY(check_directory(build->directory));
	TRY(kernel_resolve(store, &resolve, &kernel));
	TRY(kernel_build_directory(store, kernel, build->fetch, &ret->directory));
	ret->kernel = take_ptr(kernel);
	return NULL;
}

struct error *module_build(const struct module_build *build,
			   const struct module_target *target, struct strv *ret_files)
{
	_cleanup_free_ char *directory = NULL;

	TRY(path_absolute(build->directory, &directory));
	TRY(check_directory(directory));
	if (target->kernel->source == KERNEL_STORED)
		TRY(check_programs(target));
	TRY(run_make(build, target, directory));
	return module_built_files(directory, ret_files);
}
