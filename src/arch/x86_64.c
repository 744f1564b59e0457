// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x86_64.  `pc` is the default: it has fewer devices for firmware and kernel to find than
 * `q35`, which is there for who needs PCI Express.
 */
#include <elf.h>
#include <stddef.h>

#include "arch/rows.h"

static const char *const aliases[] = { "amd64", "x86-64", "x64", "x86", NULL };

static const struct arch_machine machines[] = {
	{ .name = "pc", .options = "" },
	{ .name = "q35", .options = "" },
	{ .name = NULL },
};

/* By the names that modprobe knows.  What they need (virtio_pci_modern_dev, net_failover…)
 * differs from release to release and is found in modules.dep. */
static const char *const device_modules[] = {
	"virtio_pci", "virtio_console", "virtio_blk", "virtio_net", NULL,
};

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.aliases = aliases,
	.debian = "amd64",
	.kernel = "x86",
	.qemu = "qemu-system-x86_64",
	.qemu_package = "qemu-system-x86",
	.cross = "x86_64-linux-gnu-",
	.elf_machine = EM_X86_64,
	.machines = machines,
	/* Everything TCG has, but not 57-bit addresses: a fifth level in each page walk. */
	.cpu_tcg = "max,la57=off",
	.cpu_kvm = "host",
	.console = "ttyS0",
	.virtio_bus = "pci",
	.device_modules = device_modules,
	/* The self-tests of the crypto algorithms: 0.29 s of a 6.1 boot under TCG. */
	.append_fast = "cryptomgr.notests",
	.append_nokaslr = "nokaslr",
	.memory_default = UINT64_C(1) << 30,
	.debian_flavour = "amd64",
};
