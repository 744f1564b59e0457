/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: everything that decides what a guest is, as data.  It becomes a QEMU
 * command line in one place (qemu_command()); nobody else knows QEMU's options.
 */
#ifndef KLAB_VM_MACHINE_H
#define KLAB_VM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "base/error.h"
#include "base/text.h"

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* What becomes of what the guest writes. */
enum machine_disk_mode {
	MACHINE_DISK_DISCARD,	/* forgotten with the guest: the file is only read */
	MACHINE_DISK_KEEP,	/* goes into the file */
	MACHINE_DISK_READ_ONLY, /* the guest can't write */
};

struct machine_disk {
	char *path;
	char *format; /* "raw", "qcow2"; found by looking at the file */
	enum machine_disk_mode mode;
	bool device; /* a block device of the host, not a file */
};

/* A directory of the host that the guest can mount. */
struct machine_share {
	char *path;
	char *tag; /* by which the guest knows it */
	bool read_only;
	char *server; /* the virtiofsd that shows it; NULL: QEMU does, by 9p */
};

enum machine_net_kind {
	MACHINE_NET_NONE,
	MACHINE_NET_USER, /* QEMU's own, with its options */
	MACHINE_NET_TAP,  /* a tap device of the host */
	MACHINE_NET_LINK, /* another guest, by a pair of unix sockets */
};

struct machine_net {
	enum machine_net_kind kind;
	char *name; /* USER: options, may be ""; TAP: the device; LINK: our socket */
	char *peer; /* LINK: the other's socket */
	char *mac;
};

struct machine {
	const struct arch *arch;
	char *machine; /* "pc", "q35", "virt"; NULL: the architecture's default */
	char *cpu;     /* NULL: the default for the accelerator */
	enum accel accel;
	unsigned int cpus;
	uint64_t memory; /* bytes */

	char *kernel;	       /* what -kernel gets */
	char *initrd;	       /* NULL: none */
	char *append;	       /* the whole kernel command line; NULL: empty */
	char *firmware;	       /* NULL: the machine's own */
	enum boot_method boot; /* PVH or IMAGE, never AUTO */

	struct machine_disk *disks;
	size_t disk_count;
	size_t disk_capacity;
	struct machine_share *shares;
	size_t share_count;
	size_t share_capacity;
	struct machine_net net;
	char *display; /* of its screen, as for -display; NULL: it has none */

	bool no_reboot;	   /* a reset ends QEMU */
	bool start_halted; /* -S */
	bool agent;	   /* the agent's virtio-serial port is there */

	char *qemu;		  /* path of the QEMU binary; NULL: by name */
	struct strv qemu_options; /* the user's own, at the end */
};

void machine_deinit(struct machine *machine);

/* Whether the QEMU at this path was installed with such a file (firmware, a ROM). */
bool qemu_brings(const char *qemu, const char *file);

/* Add the disk that the user's words name: FILE[,ro|,rw][,format=raw|qcow2]; mode is for
 * where they don't say.  The format is found by looking; where a guest could have forged
 * what is found, the user must say it. */
struct error *machine_add_disk(struct machine *machine, const char *spec,
			       enum machine_disk_mode mode) _must_check_;
/* Whether anything that the guest writes is kept: then it must not just be switched off. */
bool machine_keeps(const struct machine *machine);

/* Share a directory; the tag is borrowed from the machine. */
const char *machine_add_share(struct machine *machine, const char *path, bool read_only);
/* The same by a virtiofsd, read-only. */
const char *machine_add_served_share(struct machine *machine, const char *path,
				     const char *server);

/* Descriptor numbers by which the QEMU process reaches its keeper. */
struct machine_wires {
	int qmp_fd;	/* -1: none */
	int agent_fd;	/* -1: none */
	int console_fd; /* -1: the console is QEMU's stdio, as in --dry-run */
	int share_fd;	/* the first connection to a virtiofsd; the others follow */
};

/* The command line.  wires NULL: one that a person can paste (console on stdio). */
struct error *qemu_command(const struct machine *machine,
			   const struct machine_wires *wires,
			   struct strv *ret) _must_check_;

/* Kernel and initramfs must fit: sizes are read from the files.  The error says how much
 * memory would do (QEMU itself is silent about this).  More than the host has is refused
 * too. */
struct error *machine_check_memory(const struct machine *machine) _must_check_;

#endif
