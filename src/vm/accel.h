/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which accelerator: KVM only if it is proven fast and QEMU starts with it.  A /dev/kvm
 * that opens says nothing (nested or emulated KVM may be a thousand times too slow).
 */
#ifndef KLAB_VM_ACCEL_H
#define KLAB_VM_ACCEL_H

#include "store/store.h"
#include "vm/machine.h"

struct accel_choice {
	enum accel accel; /* KVM or TCG */
	char *reason;	  /* one clause: "/dev/kvm is too slow (0.4 of 20 million ...)" */
};

/* wanted AUTO: decide, using what was found out since the host booted (kept in the store,
 * for this QEMU binary); KVM: the error says why it cannot be had; TCG: as told. */
struct error *accel_choose(struct store *store, const struct arch *arch, const char *qemu,
			   enum accel wanted, struct accel_choice *ret) _must_check_;
void accel_choice_deinit(struct accel_choice *choice);

#endif
