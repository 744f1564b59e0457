// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts for gdb: modules.gdb names one for each module, and is read at every stop. */
#include "lab/debug-modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/json.h"
#include "lab/attach.h"
#include "os/clock.h"
#include "os/file.h"

#define LIST_MAX (1 << 20)
#define SECTIONS_MAX 64
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

/* From its keeper's status. */
struct error *debug_guest(const char *guest_name, char **ret_name, char **ret_run)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_json_ struct json_object *status = NULL;
	const char *name, *log;

	TRY(attach_ask(guest_name, "status", NULL, &answer));
	TRY(json_parse_object(answer, strlen(answer), &status));
	TRY(json_get_string(status, "name", &name));
	TRY(json_get_string(status, "log", &log));
	*ret_name = xstrdup(name);
	*ret_run = path_parent(log);
	return NULL;
}

static struct error *append(const char *path, const char *text)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_os(errno, "opening %s", path);
	return fd_write_all(fd, text, strlen(text));
}

struct error *debug_modules_prepare(const char *run, char **ret_command)
{
	_cleanup_free_ char *list = path_join(run, "modules.gdb");
	_cleanup_free_ char *hook = path_join(run, "stop.gdb");
	_cleanup_free_ char *text = xasprintf("define hook-stop\nsource %s\nend\n", list);

	TRY(append(list, "")); /* that it is there */
	TRY(file_write(hook, text, strlen(text), 0600));
	*ret_command = xasprintf("source %s", hook);
	return NULL;
}

/* "NAME=0xADDRESS": the words come from a guest, and gdb's are a language. */
static bool read_section(const char *word, char **ret_name, uint64_t *ret_address)
{
	size_t length = strspn(word, NAME_CHARACTERS);
	struct error *err;

	if (!length || word[length] != '=')
		return false;
	err = parse_u64(word + length + 1, 1, UINT64_MAX, ret_address);
	if (err) {
		error_ignore(err); /* as if it had none */
		return false;
	}
	*ret_name = xstrndup(word, length);
	return true;
}

/* " -s .data 0x...", for all but .text, whose address is *ret_text; 0: it has none. */
static char *section_words(const char *sections, uint64_t *ret_text)
{
	_cleanup_strv_ struct strv words = { 0 };
	struct text text = { 0 };

	*ret_text = 0;
	strv_split(sections, " ", &words);
	for (size_t i = 0; i < words.count && i < SECTIONS_MAX; i++) {
		_cleanup_free_ char *name = NULL;
		uint64_t address;

		if (!read_section(words.items[i], &name, &address))
			continue;
		if (streq(name, ".text"))
			*ret_text = address;
		else
			text_appendf(&text, " -s %s 0x%llx", name,
				     (unsigned long long)address);
	}
	return text_take(&text);
}

static bool can_be_said(const char *module, const char *file)
{
	return !module[strspn(module, NAME_CHARACTERS)] && !strchr(module, '.') &&
	       !strpbrk(file, "\"\\\n");
}

/* A gdb that has read this load already does nothing; another one drops what it knows of the
 * module and takes this. */
static char *make_script(const char *module, const char *file, uint64_t address,
			 const char *others)
{
	return xasprintf("if $_isvoid($klab_load_%1$s)\n"
			 "set $klab_load_%1$s = 0\n"
			 "end\n"
			 "if $klab_load_%1$s != %2$llu\n"
			 "if $klab_load_%1$s != 0\n"
			 "remove-symbol-file -a $klab_text_%1$s\n"
			 "end\n"
			 "set $klab_load_%1$s = %2$llu\n"
			 "set $klab_text_%1$s = 0x%3$llx\n"
			 "add-symbol-file \"%4$s\" 0x%3$llx%5$s\n"
			 "end\n",
			 module, (unsigned long long)clock_us(),
			 (unsigned long long)address, file, others);
}

static struct error *name_script(const char *run, const char *script)
{
	_cleanup_free_ char *list = path_join(run, "modules.gdb");
	_cleanup_free_ char *line = xasprintf("source %s\n", script);
	_cleanup_bytes_ struct bytes bytes = { 0 };

	if (path_exists(list))
		TRY(file_read(list, LIST_MAX, &bytes));
	if (bytes.size && strstr((const char *)bytes.data, line))
		return NULL;
	return append(list, line);
}

struct error *debug_modules_note(const char *guest_name, const char *module,
				 const char *file, const char *sections)
{
	_cleanup_free_ char *name = NULL, *run = NULL, *path = NULL, *script = NULL;
	_cleanup_free_ char *others = NULL, *text = NULL;
	uint64_t address;

	TRY(path_absolute(file, &path));
	others = section_words(sections, &address);
	if (!can_be_said(module, path) || !address)
		return NULL;
	TRY(debug_guest(guest_name, &name, &run));
	script = xasprintf("%s/module-%s.gdb", run, module);
	text = make_script(module, path, address, others);
	TRY(file_write(script, text, strlen(text), 0600));
	return name_script(run, script);
}
