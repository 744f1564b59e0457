/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a guest: the user's words resolved into a kernel, an image and a machine.
 * spec -> kernel -> image -> machine, in this order and nowhere else.  A plan has been
 * checked as far as that is possible without starting QEMU.
 */
#ifndef KLAB_LAB_PLAN_H
#define KLAB_LAB_PLAN_H

#include "image/image.h"
#include "image/recipe.h"
#include "kernel/fetch.h"
#include "kernel/kernel.h"
#include "lab/network.h"
#include "lab/options.h"
#include "lab/root.h"
#include "store/store.h"
#include "vm/accel.h"
#include "vm/machine.h"

/* What the guest is for, which decides about reboots and the panic timeout. */
enum plan_purpose {
	PLAN_COMMAND, /* one command: a reset or panic ends it */
	PLAN_STAY,    /* a shell, or -d: it may reboot, and stands still on a panic */
	PLAN_DEBUG,   /* as PLAN_STAY; halted at the first instruction, KASLR off */
};

struct plan {
	struct store *store;
	struct kernel *kernel;
	struct recipe recipe; /* nothing in it with another initramfs */
	struct image image;
	struct root
		*root; /* a named disk is held while the guest lives; NULL: initramfs */
	struct machine machine;
	struct network *network; /* held while the guest lives; may be NULL */
	struct accel_choice accel;
	enum boot_method boot;
	char *boot_reason; /* why not PVH; NULL: as wished */
	bool kaslr;
	bool on_console; /* a run's terminal is the console, and a power-off its good end */
	bool user_initramfs; /* --initrd FILE: klab's own image is not used */
};

/* How the one who prints sees the work; every member may be NULL. */
struct plan_ui {
	const struct fetch_options *fetch; /* of what is not in the store */
};

struct error *plan_make(const struct guest_options *options, enum plan_purpose purpose,
			const struct plan_ui *ui, struct plan *ret) _must_check_;
void plan_deinit(struct plan *plan);
#define _cleanup_plan_ _cleanup_(plan_deinit)

/* "debian-6.1.0-49-amd64 on x86_64, pc, tcg (/dev/kvm is too slow)" */
char *plan_describe(const struct plan *plan);

#endif
