// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of architectures and the ways to find a row.  To add one: a file like
 * x86_64.c, its name in rows.h, and one line here.
 */
#include "arch/arch.h"

#include <stddef.h>
#include <sys/utsname.h>

#include "arch/rows.h"

static const struct arch *const arches[] = {
	&arch_x86_64,
	&arch_aarch64,
	NULL,
};

static bool arch_is_called(const struct arch *arch, const char *name)
{
	if (streq(arch->name, name))
		return true;
	for (const char *const *alias = arch->aliases; *alias; alias++)
		if (streq(*alias, name))
			return true;
	return false;
}

const struct arch *arch_find(const char *name)
{
	for (const struct arch *const *arch = arches; *arch; arch++)
		if (arch_is_called(*arch, name))
			return *arch;
	return NULL;
}

const struct arch *arch_by_debian(const char *debian)
{
	for (const struct arch *const *arch = arches; *arch; arch++)
		if (streq((*arch)->debian, debian))
			return *arch;
	return NULL;
}

const struct arch *arch_by_elf(uint16_t elf_machine)
{
	for (const struct arch *const *arch = arches; *arch; arch++)
		if ((*arch)->elf_machine == elf_machine)
			return *arch;
	return NULL;
}

const struct arch *arch_host(void)
{
	struct utsname host;

	return uname(&host) < 0 ? NULL : arch_find(host.machine);
}

const char *arch_cross(const struct arch *arch)
{
	return arch == arch_host() ? "" : arch->cross;
}

void arch_make_words(const struct arch *arch, struct strv *words)
{
	if (arch == arch_host())
		return;
	strv_pushf(words, "ARCH=%s", arch->kernel);
	strv_pushf(words, "CROSS_COMPILE=%s", arch->cross);
}

const struct arch *const *arch_all(void)
{
	return arches;
}

const char *arch_names(void)
{
	static struct text names; /* made once, from the table */

	if (names.length)
		return text_str(&names);
	for (size_t i = 0; arches[i]; i++)
		text_appendf(&names, "%s%s", i ? ", " : "", arches[i]->name);
	return text_str(&names);
}

const struct arch_machine *arch_machine_find(const struct arch *arch, const char *name)
{
	if (!name)
		return &arch->machines[0];
	for (const struct arch_machine *m = arch->machines; m->name; m++)
		if (streq(m->name, name))
			return m;
	return NULL;
}
