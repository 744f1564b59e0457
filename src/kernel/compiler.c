// SPDX-License-Identifier: GPL-2.0-or-later
/* From an architecture to its compiler. */
#include "kernel/compiler.h"

#include <string.h>

#include "base/mem.h"
#include "os/file.h"

const char *compiler_prefix(const struct arch *arch, const char *cross_compile)
{
	if (cross_compile)
		return cross_compile;
	return arch_cross(arch);
}

/* "gcc-x86-64-linux-gnu" for "x86_64-linux-gnu-". */
static char *package_of(const char *prefix)
{
	char *package = xasprintf("gcc%s%s", *prefix ? "-" : "", prefix);

	for (char *c = package; *c; c++)
		*c = *c == '_' ? '-' : *c;
	if (*prefix)
		package[strlen(package) - 1] = '\0';
	return package;
}

struct error *compiler_find(const char *prefix, char **ret_path)
{
	_cleanup_free_ char *name = xasprintf("%sgcc", prefix);
	_cleanup_free_ char *package = NULL;

	*ret_path = program_find(name);
	if (*ret_path)
		return NULL;
	package = package_of(prefix);
	return error_hint(error_new(ERROR_MISSING, "there is no compiler %s", name),
			  "apt-get install %s, or name another: CROSS_COMPILE=PREFIX",
			  package);
}
