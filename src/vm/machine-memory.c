// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does the guest fit its memory?  QEMU loads what it is given without a word, and a kernel
 * that is overlaid by its initramfs, or cannot unpack it, dies silently or much later.
 */
#include "vm/machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "base/mem.h"
#include "format/kernel-image.h"
#include "os/file.h"

#define MIB (UINT64_C(1) << 20)
/* What a distribution's kernel needs beside its own image until init runs: page tables,
 * struct pages, per-CPU areas, the slabs; Debian's 6.1 takes 30 MiB. */
#define RESERVE (48 * MIB)
/* People think in these steps. */
#define MEMORY_STEP (32 * MIB)

/* The kernel's place in the guest's memory, from its start. */
static struct error *kernel_extent(const char *path, uint64_t *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	struct kernel_image image;

	TRY(file_map(path, &bytes));
	TRY_WRAP(kernel_image_identify(bytes.data, bytes.size, &image), "%s", path);
	if (image.memory_size &&
	    !__builtin_add_overflow(image.load_offset, image.memory_size, ret))
		return NULL;
	/* Not known before it is unpacked; it takes about this much. */
	*ret = 4 * (uint64_t)bytes.size;
	return NULL;
}

static struct error *initrd_size(const char *path, uint64_t *ret)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_os(errno, "cannot look at the initramfs %s", path);
	*ret = (uint64_t)st.st_size;
	return NULL;
}

static struct error *check_guest(const struct machine *machine)
{
	uint64_t kernel = 0, initrd = 0, needed;
	_cleanup_free_ char *has = format_size(machine->memory);
	_cleanup_free_ char *wants = NULL;
	_cleanup_free_ char *of_kernel = NULL;
	_cleanup_free_ char *of_initrd = NULL;

	if (machine->kernel)
		TRY(kernel_extent(machine->kernel, &kernel));
	if (machine->initrd)
		TRY(initrd_size(machine->initrd, &initrd));
	/* Twice: while it is unpacked both the archive and the files are there. */
	if (__builtin_add_overflow(kernel, RESERVE, &needed) ||
	    __builtin_add_overflow(needed, initrd, &needed) ||
	    __builtin_add_overflow(needed, initrd, &needed) ||
	    needed > UINT64_MAX - MEMORY_STEP)
		return error_new(ERROR_CORRUPT, "the kernel %s claims an impossible size",
				 machine->kernel);
	if (needed <= machine->memory)
		return NULL;
	of_kernel = format_size(kernel);
	of_initrd = format_size(initrd);
	wants = xasprintf("%" PRIu64 "M",
			  (needed + MEMORY_STEP - 1) / MEMORY_STEP * MEMORY_STEP / MIB);
	return error_hint(
		error_new(
			ERROR_UNSUPPORTED,
			"%s of memory are too little for this guest: its kernel reaches up "
			"to %s, its initramfs has %s and is there twice while it is unpacked",
			has, of_kernel, of_initrd),
		"-m %s would do.", wants);
}

static struct error *check_host(const struct machine *machine)
{
	_cleanup_free_ char *wanted = NULL;
	_cleanup_free_ char *has = NULL;
	struct sysinfo info;
	uint64_t total;

	if (sysinfo(&info) < 0)
		return error_os(errno, "cannot ask how much memory this host has");
	/* All of it, not what is free now: a guest's memory is taken as it is touched. */
	total = ((uint64_t)info.totalram + info.totalswap) * info.mem_unit;
	if (machine->memory <= total)
		return NULL;
	wanted = format_size(machine->memory);
	has = format_size(total);
	return error_new(ERROR_UNSUPPORTED,
			 "%s of memory for a guest are more than the %s this host has",
			 wanted, has);
}

struct error *machine_check_memory(const struct machine *machine)
{
	TRY(check_host(machine));
	return check_guest(machine);
}
