/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between architectures, as data: one `struct arch` in one file each, and
 * one row in the table of arch.c.  docs/hacking.md says how to add one.
 */
#ifndef KLAB_ARCH_ARCH_H
#define KLAB_ARCH_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* How a kernel is handed to QEMU. */
enum boot_method {
	BOOT_AUTO,
	BOOT_PVH,   /* an uncompressed ELF vmlinux with a PVH note (x86) */
	BOOT_IMAGE, /* the architecture's own image: bzImage, Image */
};

struct arch_machine {
	const char *name;    /* as in -M: "pc", "q35", "virt" */
	const char *options; /* what klab adds behind it: ",hpet=off"; may be "" */
};

struct arch {
	const char *name;	    /* uname -m: "x86_64" */
	const char *const *aliases; /* other spellings people use; NULL-terminated */
	const char *debian;	    /* "amd64" */
	const char *kernel;	    /* ARCH= of kbuild: "x86", "arm64" */
	const char *qemu;	    /* "qemu-system-x86_64" */
	const char *qemu_package;   /* that brings it on Debian */
	const char *cross;	    /* of its toolchain elsewhere; see arch_cross() */
	uint16_t elf_machine;	    /* EM_* */

	const struct arch_machine
		*machines;   /* the first is the default; name NULL ends */
	const char *cpu_tcg; /* -cpu under TCG */
	const char *cpu_kvm;
	const char *console;	/* console= of the first serial port */
	const char *virtio_bus; /* suffix of device names: "pci" */
	const char *screen;	/* the device that shows pictures: "virtio-vga" */
	/* Modules that drive klab's own devices, in no order; NULL-terminated.  A module
	 * that is not needed is not loaded: under TCG each costs 20 ms and more. */
	const char *const *channel_modules;
	const char *const *disk_modules;
	const char *const *net_modules;
	const char *const *share_modules;
	const char *const *screen_modules;
	const char *gdb_architecture; /* gdb's name: "i386:x86-64" */
	const char *append_fast;   /* kernel parameters that only make booting faster */
	const char *firmware_fast; /* starts a PVH kernel sooner; NULL: there is none */
	const char *append_nokaslr;
	uint64_t memory_default; /* bytes */

	/* Debian's default kernel flavour: "amd64", "arm64". */
	const char *debian_flavour;
};

/* By name or alias; NULL if unknown. */
const struct arch *arch_find(const char *name);
const struct arch *arch_by_debian(const char *debian);
const struct arch *arch_by_elf(uint16_t elf_machine);
/* The machine we run on; NULL if klab does not know it. */
const struct arch *arch_host(void);
/* The prefix of the toolchain that builds for it here: "aarch64-linux-gnu-", or "" on a
 * machine of that kind. */
const char *arch_cross(const struct arch *arch);
/* What kbuild's make must be told to build for it: nothing where it is the host's own. */
void arch_make_words(const struct arch *arch, struct strv *words);
/* All, NULL-terminated. */
const struct arch *const *arch_all(void);
/* "x86_64, aarch64", for messages. */
const char *arch_names(void);
/* NULL name: the default; NULL if there is no such machine. */
const struct arch_machine *arch_machine_find(const struct arch *arch, const char *name);

#endif
