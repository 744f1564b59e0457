// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernel options that klab uses: those without which it cannot run a command,
 * and those without which some feature is missing.  Before a run only build trees are held
 * against the first: distributions have all of this, and for a lone image file the
 * configuration that lies nearby may be another's.
 */
#include "lab/needs.h"

#include "base/mem.h"
#include "format/kconfig.h"
#include "os/file.h"

static const struct need {
	const char *option;
	const char *module; /* it may be one, which then must be built; NULL: it can't */
	const char *arch;   /* NULL: all */
	const char *lack;
	bool optional; /* commands can be run without it */
} needs[] = {
	{ "CONFIG_BLK_DEV_INITRD", NULL, NULL, "nothing unpacks klab's initramfs",
	  false },
	{ "CONFIG_BINFMT_ELF", NULL, NULL, "no program can be started", false },
	{ "CONFIG_PCI", NULL, NULL, "no bus for klab's channel", false },
	{ "CONFIG_PCI_HOST_GENERIC", NULL, "aarch64", "no bus for klab's channel",
	  false },
	{ "CONFIG_VIRTIO_PCI", "virtio_pci", NULL, "no driver for klab's channel",
	  false },
	{ "CONFIG_VIRTIO_CONSOLE", "virtio_console", NULL, "no driver for klab's channel",
	  false },
	{ "CONFIG_SYSFS", NULL, NULL, "klab's channel cannot be found", false },
	{ "CONFIG_EPOLL", NULL, NULL, "klab's agent cannot wait", false },
	{ "CONFIG_SIGNALFD", NULL, NULL, "klab's agent cannot wait", false },
	/* In the order in which one would miss them. */
	{ "CONFIG_BINFMT_SCRIPT", NULL, NULL, "scripts cannot be started", true },
	{ "CONFIG_PROC_FS", NULL, NULL, "no /proc: ps, mount and many others fail",
	  true },
	{ "CONFIG_DEVTMPFS", NULL, NULL, "no device nodes in /dev", true },
	{ "CONFIG_UNIX98_PTYS", NULL, NULL, "no terminal: klab shell, klab run -t",
	  true },
	{ "CONFIG_SERIAL_8250_CONSOLE", NULL, "x86_64",
	  "no console: a kernel that dies is mute", true },
	{ "CONFIG_SERIAL_AMBA_PL011_CONSOLE", NULL, "aarch64",
	  "no console: a kernel that dies is mute", true },
	{ "CONFIG_PVH", NULL, "x86_64",
	  "firmware and decompressor are not skipped: it boots later", true },
	{ "CONFIG_ACPI", NULL, "x86_64", "the guest cannot power itself off", true },
	{ "CONFIG_SMP", NULL, NULL, "one processor, whatever -p says", true },
	{ "CONFIG_VIRTIO_BLK", "virtio_blk", NULL, "no driver for --disk", true },
	{ "CONFIG_VIRTIO_NET", "virtio_net", NULL, "no driver for --net", true },
	{ "CONFIG_NET_9P_VIRTIO", "9pnet_virtio", NULL,
	  "no --rodir, --rwdir, --root host", true },
	{ "CONFIG_9P_FS", "9p", NULL, "no --rodir, --rwdir, --root host", true },
	{ "CONFIG_OVERLAY_FS", "overlay", NULL, "no --root host", true },
	{ "CONFIG_DRM_VIRTIO_GPU", "virtio_gpu", NULL, "no driver for --display", true },
	{ "CONFIG_KALLSYMS", NULL, NULL, "no names in backtraces", true },
	{ "CONFIG_DEBUG_INFO", NULL, NULL, "no source lines in klab debug", true },
	{ "CONFIG_GDB_SCRIPTS", NULL, NULL, "no lx- commands in klab debug", true },
	{ "CONFIG_MAGIC_SYSRQ", NULL, NULL, "no /proc/sysrq-trigger to crash it with",
	  true },
};

static bool is_for(const struct need *need, const struct arch *arch)
{
	return !need->arch || streq(need->arch, arch->name);
}

static bool has_enough(const struct need *need, char value)
{
	return value == 'y' || (value == 'm' && need->module);
}

static bool is_met(const struct need *need, const struct kernel *kernel)
{
	return need->optional || !is_for(need, kernel->arch) ||
	       has_enough(need, kernel_option(kernel, need->option));
}

void needs_lacking(const struct arch *arch, const char *config, size_t size,
		   struct need_lacking **ret, size_t *ret_count)
{
	struct need_lacking *lacking = xcalloc(ARRAY_SIZE(needs), sizeof(*lacking));
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *need = &needs[i];
		char value = kconfig_tristate(config, size, need->option);

		if (!is_for(need, arch) || has_enough(need, value))
			continue;
		lacking[count++] = (struct need_lacking){
			.option = need->option,
			.value = value,
			.lack = need->lack,
			.optional = need->optional,
		};
	}
	*ret = lacking;
	*ret_count = count;
}

/* SOURCE/scripts/config and make, as one would type it. */
static char *remedy(const struct kernel *kernel, const struct strv *options)
{
	_cleanup_strv_ struct strv set = { 0 }, make = { 0 };
	_cleanup_free_ char *set_line = NULL, *make_line = NULL;

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
	arch_make_words(kernel->arch, &make);
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

		if (need->module && !need->optional &&
		    kernel_option(kernel, need->option) == 'm' &&
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
