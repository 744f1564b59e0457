/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host can do, found out by trying.  The answer is kept in the store, under a key
 * of this boot of the host and of the programs that it is about.
 */
#ifndef KLAB_VM_PROBE_H
#define KLAB_VM_PROBE_H

#include "arch/arch.h"
#include "os/spawn.h"
#include "store/store.h"

struct probe {
	const char *what;		      /* "kvm": names what is kept */
	const struct arch *arch;	      /* of the guest */
	const char *const *programs;	      /* paths; NULL ends */
	struct error *(*try)(void *argument); /* NULL: it can be done; else why not */
	void *argument;
};

/* As try() has it, now or the last time; store NULL: nothing is kept. */
struct error *probe_ask(struct store *store, const struct probe *probe) _must_check_;

/* Starts this QEMU and has it say that it is there and end.  The words must not start a
 * guest (-S) and make QMP its stdio; with is the error's: "KVM". */
struct error *probe_qemu(const struct strv *argv, const struct spawn_fd *fds,
			 size_t fd_count, const char *with) _must_check_;

#endif
