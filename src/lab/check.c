// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of option values. */
#include "lab/check.h"

#include <string.h>

#include "arch/arch.h"
#include "base/text.h"
#include "vm/runtime.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct error *check_arch(const char *value)
{
	if (arch_find(value))
		return NULL;
	return error_hint(error_new(ERROR_USAGE, "\"%s\" is not an architecture of klab",
				    value),
			  "one of %s", arch_names());
}

struct error *check_word(const char *value)
{
	if (*value && !value[strspn(value, LOWER UPPER DIGITS "._+-")])
		return NULL;
	return error_new(ERROR_USAGE, "\"%s\" is not a plain word", value);
}

struct error *check_env(const char *value)
{
	size_t length = strcspn(value, "=");

	if (length && strspn(value, LOWER UPPER DIGITS "_") == length &&
	    !strchr(DIGITS, value[0]))
		return NULL;
	return error_hint(error_new(ERROR_USAGE, "\"%s\" sets no variable", value),
			  "NAME=VALUE, or NAME for the value it has here");
}

struct error *check_absolute(const char *value)
{
	if (*value == '/')
		return NULL;
	return error_new(ERROR_USAGE, "\"%s\" is not an absolute path", value);
}

struct error *check_share(const char *value)
{
	const char *equals = strchr(value, '=');

	if (*value == '/' && equals && equals[1])
		return NULL;
	return error_hint(error_new(ERROR_USAGE, "\"%s\" shares no directory", value),
			  "the absolute path in the guest, \"=\", the directory here: "
			  "/mnt=.");
}

static struct error *check_name(const char *value, const char *what)
{
	size_t length = strlen(value);

	if (length > 0 && length <= RUNTIME_NAME_MAX &&
	    strspn(value, LOWER DIGITS ".-") == length && strchr(LOWER DIGITS, value[0]))
		return NULL;
	return error_hint(error_new(ERROR_USAGE, "\"%s\" cannot name a %s", value, what),
			  "small letters, digits, \".\" and \"-\", at most %d",
			  RUNTIME_NAME_MAX);
}

struct error *check_guest_name(const char *value)
{
	return check_name(value, "guest");
}

struct error *check_disk_name(const char *value)
{
	return check_name(value, "disk");
}

struct error *check_init(const char *value)
{
	return streq(value, "klab") ? NULL : check_absolute(value);
}
