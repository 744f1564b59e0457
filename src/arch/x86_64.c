// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x86_64.  `q35` is the default: a kernel comes up 10 % sooner on it than on `pc`, where
 * routing the virtio device's interrupt goes through slow ACPI code (0.2-0.3 s in the
 * load of virtio_pci under TCG).
 */
#include <elf.h>
#include <stddef.h>

#include "arch/rows.h"

static const char *const aliases[] = { "amd64", "x86-64", "x64", "x86", NULL };

static const struct arch_machine machines[] = {
	/* Nobody needs the disk controller and the SMBus that klab gives nothing to do. */
	{ .name = "q35", .options = ",sata=off,smbus=off,vmport=off" },
	{ .name = "pc", .options = ",vmport=off" },
	{ .name = NULL },
};

/* By the names that modprobe knows.  What they need (virtio_pci_modern_dev, net_failover…)
 * differs from release to release and is found by kernel_modules_closure(). */
static const char *const channel_modules[] = { "virtio_pci", "virtio_console", NULL };
static const char *const disk_modules[] = { "virtio_blk", NULL };
static const char *const net_modules[] = { "virtio_net", NULL };
static const char *const share_modules[] = { "9pnet_virtio", "9p", NULL };
static const char *const screen_modules[] = { "virtio_gpu", "virtio_input", NULL };

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
	/* Everything TCG has, but not 57-bit addresses (a fifth level in each page walk),
	 * nor the promise that "rep movsb" is fast: TCG copies a byte at a time, and a kernel
	 * that believes it spends 5 % of its boot there. */
	.cpu_tcg = "max,la57=off,erms=off,fsrm=off",
	.cpu_kvm = "host",
	.console = "ttyS0",
	.virtio_bus = "pci",
	.screen = "virtio-vga",
	.channel_modules = channel_modules,
	.disk_modules = disk_modules,
	.net_modules = net_modules,
	.share_modules = share_modules,
	.screen_modules = screen_modules,
	.gdb_architecture = "i386:x86-64",
	/* The self-tests of the crypto algorithms are 0.29 s of a 6.1 boot under TCG.  On one
	 * CPU the kernel patches every "lock" out of its code, each time through a mapping of
	 * its own: 0.2 s, for prefixes that TCG passes over anyway.  And where the host is
	 * busy the wait for ten timer interrupts ends too soon: "IO-APIC + timer doesn't
	 * work!"; under KVM the kernel does not ask either. */
	.append_fast = "cryptomgr.notests noreplace-smp no_timer_check",
	/* Does what a PVH start needs and nothing else; Linux assigns the PCI addresses. */
	.firmware_fast = "qboot.rom",
	.append_nokaslr = "nokaslr",
	.memory_default = UINT64_C(1) << 30,
	.debian_flavour = "amd64",
};
