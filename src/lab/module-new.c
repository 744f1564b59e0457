// SPDX-License-Identifier: GPL-2.0-or-later
/* A new module: the templates of data/module with its name put in. */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kernel.h"
#include "kernel/module-index.h"
#include "lab/module.h"
#include "os/dirs.h"
#include "os/file.h"

/* MODULE_NAME_LEN of linux/moduleparam.h: 64 less a long. */
#define NAME_MAX_LENGTH 55
#define TEMPLATE_MAX (64 << 10)

static const struct template
{
	const char *source; /* below data/module/ */
	const char *name;   /* NULL: NAME.c */
	mode_t mode;
}
templates[] = {
	{ "driver.c.in", NULL, 0644 },		{ "Kbuild.in", "Kbuild", 0644 },
	{ "Makefile.in", "Makefile", 0644 },	{ "test.in", "test", 0755 },
	{ "gitignore.in", ".gitignore", 0644 },
};

struct error *module_check_name(const char *name)
{
	bool valid = isalpha((unsigned char)name[0]) || name[0] == '_';

	for (const char *c = name; *c; c++)
		valid = valid && (isalnum((unsigned char)*c) || *c == '_');
	if (!valid)
		return error_hint(error_new(ERROR_USAGE,
					    "\"%s\" is no name for a module, since it "
					    "stands in its C code",
					    name),
				  "letters, digits and \"_\", beginning with no digit");
	if (strlen(name) > NAME_MAX_LENGTH)
		return error_hint(error_new(ERROR_USAGE,
					    "the name %s is too long for a module", name),
				  "the kernel takes %d letters", NAME_MAX_LENGTH);
	return NULL;
}

static struct error *check_kernel(const struct kernel *kernel, const char *name)
{
	_cleanup_(module_index_freep) struct module_index *index = NULL;
	_cleanup_error_ struct error *err = module_index_new(kernel, &index);

	/* A kernel that can't be read is nobody's concern here. */
	if (err ||
	    (!module_index_find(index, name) && !module_index_is_builtin(index, name)))
		return NULL;
	return error_hint(error_new(ERROR_EXISTS, "the kernel %s has a module %s already",
				    kernel->name, name),
			  "choose another name: of two with the same one only the first "
			  "can be loaded");
}

/* Of the stored kernels, which are those that guests boot. */
static struct error *check_kernels(struct store *store, const char *name)
{
	struct kernel **kernels;
	struct error *err = NULL;
	size_t count;

	TRY(kernels_stored(store, &kernels, &count));
	for (size_t i = 0; i < count && !err; i++)
		err = check_kernel(kernels[i], name);
	kernels_free(kernels, count);
	return err;
}

/* Who is at the keyboard, as far as it can stand in a C string. */
static char *author(void)
{
	const struct passwd *user = getpwuid(getuid());
	const char *name =
		user && user->pw_gecos && *user->pw_gecos && *user->pw_gecos != ','
			? user->pw_gecos
		: user ? user->pw_name
		       : "";
	size_t length = strcspn(name, ",");

	for (size_t i = 0; i < length; i++) {
		if (strchr("\"\\", name[i]) || iscntrl((unsigned char)name[i]))
			return xstrdup("");
	}
	return xstrndup(name, length);
}

/* Put the values where the template has @NAME@ and @AUTHOR@. */
static void fill(const char *template, const char *name, const char *who,
		 struct text *ret)
{
	const struct {
		const char *mark, *value;
	} marks[] = { { "@NAME@", name }, { "@AUTHOR@", who } };

	while (*template) {
		size_t i = 0;

		while (i < ARRAY_SIZE(marks) && !has_prefix(template, marks[i].mark))
			i++;
		if (i < ARRAY_SIZE(marks)) {
			text_append(ret, marks[i].value);
			template += strlen(marks[i].mark);
		} else {
			text_append_char(ret, *template ++);
		}
	}
}

static struct error *write_one(const struct template *template, const char *name,
			       const char *who, const char *directory)
{
	_cleanup_free_ char *data = xasprintf("data/module/%s", template->source);
	_cleanup_free_ char *file =
		template->name ? xstrdup(template->name) : xasprintf("%s.c", name);
	_cleanup_free_ char *to = path_join(directory, file);
	_cleanup_free_ char *from = NULL;
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_text_ struct text text = { 0 };

	TRY(dirs_data_file(data, &from));
	TRY(file_read(from, TEMPLATE_MAX, &bytes));
	if (bytes.size)
		fill((const char *)bytes.data, name, who, &text);
	return file_write(to, text_str(&text), text.length, template->mode);
}

/* Beside its place, and then there in one step. */
static struct error *write_all(const char *name, const char *directory)
{
	_cleanup_free_ char *parent = path_parent(directory);
	_cleanup_free_ char *prefix = path_join(parent, ".klab-module");
	_cleanup_temp_dir_ char *temporary = NULL;
	_cleanup_free_ char *draft = NULL;
	_cleanup_free_ char *who = author();

	TRY(temp_dir_make(prefix, &temporary));
	draft = path_join(temporary, name);
	TRY(dir_make(draft, 0777));
	for (size_t i = 0; i < ARRAY_SIZE(templates); i++)
		TRY(write_one(&templates[i], name, who, draft));
	if (rename(draft, directory) < 0)
		return error_os(errno, "making the directory %s", directory);
	return NULL;
}

struct error *module_new(struct store *store, const char *name, const char *directory,
			 char **ret_directory)
{
	_cleanup_free_ char *path = NULL;

	TRY(module_check_name(name));
	TRY(path_absolute(directory ? directory : name, &path));
	while (has_suffix(path, "/") && path[1])
		path[strlen(path) - 1] = '\0';
	if (path_exists(path))
		return error_hint(error_new(ERROR_EXISTS, "%s is there already", path),
				  "name a directory that is not: klab module new %s DIR",
				  name);
	TRY(check_kernels(store, name));
	TRY(write_all(name, path));
	*ret_directory = take_ptr(path);
	return NULL;
}
