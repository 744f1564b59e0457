// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * aarch64, on `virt`: the one machine of qemu-system-aarch64 made for guests, with PCI and
 * one PL011.
 */
#include <elf.h>
#include <stddef.h>

#include "arch/rows.h"

static const char *const aliases[] = { "arm64", "armv8", NULL };

static const struct arch_machine machines[] = {
	{ .name = "virt", .options = "" },
	{ .name = NULL },
};

/* By the names that modprobe knows; what is built in is left out when they are resolved. */
static const char *const channel_modules[] = { "virtio_pci", "virtio_console", NULL };
static const char *const disk_modules[] = { "virtio_blk", NULL };
static const char *const net_modules[] = { "virtio_net", NULL };
static const char *const share_modules[] = { "9pnet_virtio", "9p", NULL };
static const char *const screen_modules[] = { "virtio_gpu", "virtio_input", NULL };

const struct arch arch_aarch64 = {
	.name = "aarch64",
	.aliases = aliases,
	.debian = "arm64",
	.kernel = "arm64",
	.qemu = "qemu-system-aarch64",
	.qemu_package = "qemu-system-arm",
	.cross = "aarch64-linux-gnu-",
	.elf_machine = EM_AARCH64,
	.machines = machines,
	/* Plain ARMv8.0.  `max` has pointer authentication, which the kernel then uses in
	 * every function, and which TCG computes with a full QARMA cipher each time; its
	 * MTE and SVE only make context switches longer.  And every arm64 kernel boots on
	 * this one, in every QEMU since 2.0. */
	.cpu_tcg = "cortex-a57",
	.cpu_kvm = "host",
	.console = "ttyAMA0",
	.virtio_bus = "pci",
	.screen = "virtio-gpu-pci",
	.channel_modules = channel_modules,
	.disk_modules = disk_modules,
	.net_modules = net_modules,
	.share_modules = share_modules,
	.screen_modules = screen_modules,
	.gdb_architecture = "aarch64",
	.append_fast = "cryptomgr.notests",
	.append_nokaslr = "nokaslr",
	.memory_default = UINT64_C(1) << 30,
	.debian_flavour = "arm64",
};
