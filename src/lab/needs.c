// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernel options without which klab cannot run a command.  Only build trees
 * are held against it: distributions have all of this, and for a lone image file the
 * configuration that lies nearby may be another's.
 */
#include "lab/needs.h"

#include "base/mem.h"
#include "os/file.h"

static const struct need {
	const char *option;
	const char *module; /* it may be one, which then must be built; NULL: it can't */
	const char *arch;   /* NULL: all */
	const char *lack;
} needs[] = {
	{ "CONFIG_BLK_DEV_INITRD", NULL, NULL, "nothing unpacks klab's initramfs" },
	{ "CONFIG_BINFMT_ELF", NULL, NULL, "no program can be started" },
	{ "CONFIG_PCI", NULL, NULL, "no bus for klab's channel" },
	{ "CONFIG_PCI_HOST_GENERIC", NULL, "aarch64", "no bus for klab's channel" },
	{ "CONFIG_VIRTIO_PCI", "virtio_pci", NULL, "no driver for klab's channel" },
	{ "CONFIG_VIRTIO_CONSOLE", "virtio_console", NULL,
	  "no driver for klab's channel" },
	{ "CONFIG_SYSFS", NULL, NULL, "klab's channel cannot be found" },
	{ "CONFIG_EPOLL", NULL, NULL, "klab's agent cannot wait" },
	{ "CONFIG_SIGNALFD", NULL, NULL, "klab's agent cannot wait" },
};

static bool is_met(const struct need *need, const struct kernel *kernel)
{
	char value = kernel_option(kernel, need->option);

	if (need->arch && !streq(need->arch, kernel->arch->name))
		return true;
	return value == 'y' || (value == 'm' && need->module);
}

/* SOURCE/scripts/config and make, as one would type it. */
static char *remedy(const struct kernel *kernel, const struct strv *options)
{
	_cleanup_strv_ struct strv set = { 0 }, make = { 0 };
	_cleanup_free_ char *set_line = NULL, *make_line = NULL;
	const struct arch *arch = kernel->arch;

	if (!kernel->source_directory)
		return xstrdup("enable them and build it again, or pass --no-agent for "
			       "its console alone");
	strv_pushf(&set, "%s/scripts/config", kernel->source_directory);
	strv_push(&set, "--file");
	strv_push(&set, kernel->config);
	for (size_t i = 0; i < options->count; i++) {
		strv_push(&set, "-e");
		strv_push(&set, options->items[i]);
	}
	strv_push(&make, "make");
	strv_push(&make, "-C");
	strv_push(&make, kernel->modules);
	if (arch != arch_host()) {
		strv_pushf(&make, "ARCH=%s", arch->kernel);
		strv_pushf(&make, "CROSS_COMPILE=%s", arch->cross);
	}
	strv_push(&make, "olddefconfig");
	strv_push(&make, "all");
	set_line = strv_shell(&set);
	make_line = strv_shell(&make);
	return xasprintf("%s && %s; or --no-agent, for its console alone", set_line,
			 make_line);
}

static struct error *check_options(const struct kernel *kernel)
{
	_cleanup_strv_ struct strv options = { 0 };
	_cleanup_text_ struct text list = { 0 };
	_cleanup_free_ char *hint = NULL;
	const char *said = "";

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (is_met(&needs[i], kernel))
			continue;
		strv_push(&options, needs[i].option);
		if (!streq(said, needs[i].lack))
			text_appendf(&list, "%s%s: %s", *said ? "; " : "", needs[i].lack,
				     needs[i].option);
		else
			text_appendf(&list, ", %s", needs[i].option);
		said = needs[i].lack;
	}
	if (!options.count)
		return NULL;
	hint = remedy(kernel, &options);
	return error_hint(error_new(ERROR_MISSING,
				    "the kernel %s lacks what klab needs: %s",
				    kernel->name, text_str(&list)),
			  "%s", hint);
}

static struct error *check_modules(const struct kernel *kernel, const struct image *image)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *need = &needs[i];

		if (need->module && kernel_option(kernel, need->option) == 'm' &&
		    strv_contains(&image->missing_modules, need->module))
			return error_hint(error_new(ERROR_MISSING,
						    "the kernel %s has %s: its module %s "
						    "is not built",
						    kernel->name, need->lack,
						    need->module),
					  "make -C %s modules", kernel->modules);
	}
	return NULL;
}

struct error *needs_check(const struct kernel *kernel, const struct image *image)
{
	if (!kernel->modules_tree || !kernel->config)
		return NULL;
	TRY(check_options(kernel));
	return check_modules(kernel, image);
}
