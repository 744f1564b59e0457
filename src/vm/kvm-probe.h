/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is KVM fast?  A /dev/kvm may be nested, emulated or broken; so a guest of a few hundred
 * bytes runs in it for real, against the clock: 20 million turns of a loop in paged 64-bit
 * code and, between them, what kernels do all day: page faults, page-table switches,
 * CPUID, ring-3 round trips.
 */
#ifndef KLAB_VM_KVM_PROBE_H
#define KLAB_VM_KVM_PROBE_H

#include <linux/kvm.h>
#include <stdint.h>

#include "base/error.h"

#define KVM_PROBE_DEADLINE_MS 200
#define KVM_PROBE_TURNS 20000000u
#define KVM_PROBE_ROUNDS 200u
#define KVM_PROBE_MEMORY (UINT64_C(2) << 20)

/* NULL if this user may open /dev/kvm. The reasons are ERROR_MISSING, with a hint. */
struct error *kvm_check_access(void) _must_check_;
/* NULL if KVM is fast; otherwise the message is the reason.  Returns within the deadline
 * and a moment, whatever the kernel does. */
struct error *kvm_probe(void) _must_check_;

/* The guest of this host's architecture (kvm-guest.c): puts its code into memory, which is
 * KVM_PROBE_MEMORY bytes at guest address 0, and makes the CPU ready to run it.  At the end
 * of each round the guest leaves to user space by an access that KVM reports
 * (KVM_EXIT_IO, KVM_EXIT_MMIO).  Returns NULL, or what failed (errno is set). */
const char *kvm_guest_load(int kvm_fd, int vm_fd, int cpu_fd, uint8_t *memory);
const char *kvm_guest_prepare_vm(int vm_fd);

#endif
