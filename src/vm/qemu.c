// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's QEMU command line.  Each aspect of the machine is one small emitter in the
 * table at the end; the order of the table is the order of the command line, and a new
 * device is a new row.  Everything that differs between architectures comes from
 * struct arch.
 */
#include "vm/machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/proto.h"
#include "base/mem.h"

#define MIB (UINT64_C(1) << 20)

/* Where its build puts its data: BIN/../share/qemu. */
bool qemu_brings(const char *qemu, const char *file)
{
	_cleanup_free_ char *program = realpath(qemu, NULL);
	_cleanup_free_ char *directory = program ? path_parent(program) : NULL;
	_cleanup_free_ char *path = NULL;

	if (!directory)
		return false;
	path = xasprintf("%s/../share/qemu/%s", directory, file);
	return access(path, R_OK) == 0;
}

struct qemu_emitter {
	const struct machine *machine;
	const struct machine_wires *wires; /* NULL: for a person to paste */
	struct strv *argv;
};

/* QEMU's option lists end a value at a comma; a comma of the value's own is doubled. */
static char *escape_value(const char *value)
{
	_cleanup_text_ struct text escaped = { 0 };

	for (; *value; value++) {
		if (*value == ',')
			text_append_char(&escaped, ',');
		text_append_char(&escaped, *value);
	}
	return text_take(&escaped);
}

static void emit(struct qemu_emitter *e, const char *option, const char *value)
{
	strv_push(e->argv, option);
	if (value)
		strv_push(e->argv, value);
}

static struct error *emit_program(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	emit(e, m->qemu ? m->qemu : m->arch->qemu, NULL);
	return NULL;
}

static struct error *emit_base(struct qemu_emitter *e)
{
	/* Nothing that the machine description does not name, on any host. */
	emit(e, "-nodefaults", NULL);
	emit(e, "-no-user-config", NULL);
	emit(e, "-display", e->machine->display ? e->machine->display : "none");
	return NULL;
}

static struct error *emit_machine(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;
	const struct arch_machine *row = arch_machine_find(m->arch, m->machine);

	if (!row)
		return error_new(ERROR_USAGE, "there is no machine \"%s\" for %s",
				 m->machine, m->arch->name);
	emit(e, "-machine", NULL);
	strv_pushf(e->argv, "%s%s", row->name, row->options ? row->options : "");
	return NULL;
}

static struct error *emit_accel(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;
	bool kvm = m->accel == ACCEL_KVM;
	const char *cpu = m->cpu ? m->cpu : kvm ? m->arch->cpu_kvm : m->arch->cpu_tcg;

	emit(e, "-accel", kvm ? "kvm" : "tcg");
	if (cpu)
		emit(e, "-cpu", cpu);
	return NULL;
}

static struct error *emit_size(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	emit(e, "-m", NULL);
	strv_pushf(e->argv, "%" PRIu64 "M", (m->memory + MIB - 1) / MIB);
	emit(e, "-smp", NULL);
	strv_pushf(e->argv, "%u", m->cpus ? m->cpus : 1);
	return NULL;
}

static struct error *emit_kernel(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	if (m->kernel)
		emit(e, "-kernel", m->kernel);
	if (m->initrd)
		emit(e, "-initrd", m->initrd);
	if (m->kernel && m->append && *m->append)
		emit(e, "-append", m->append);
	if (m->firmware)
		emit(e, "-bios", m->firmware);
	return NULL;
}

static struct error *emit_console(struct qemu_emitter *e)
{
	if (!e->wires || e->wires->console_fd < 0) {
		emit(e, "-serial", "mon:stdio");
		return NULL;
	}
	emit(e, "-chardev", NULL);
	strv_pushf(e->argv, "socket,id=console,fd=%d", e->wires->console_fd);
	emit(e, "-serial", "chardev:console");
	return NULL;
}

static struct error *emit_qmp(struct qemu_emitter *e)
{
	if (!e->wires || e->wires->qmp_fd < 0)
		return NULL;
	emit(e, "-chardev", NULL);
	strv_pushf(e->argv, "socket,id=qmp,fd=%d", e->wires->qmp_fd);
	emit(e, "-mon", "chardev=qmp,mode=control");
	return NULL;
}

static struct error *emit_agent(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	if (!m->agent)
		return NULL;
	emit(e, "-chardev", NULL);
	/* The pasted machine has the same devices; nobody is at the other end. */
	if (!e->wires || e->wires->agent_fd < 0)
		strv_push(e->argv, "null,id=agent");
	else
		strv_pushf(e->argv, "socket,id=agent,fd=%d", e->wires->agent_fd);
	emit(e, "-device", NULL);
	strv_pushf(e->argv, "virtio-serial-%s", m->arch->virtio_bus);
	emit(e, "-device", "virtserialport,chardev=agent,name=" PROTO_PORT_NAME);
	return NULL;
}

static const char *const disk_modes[] = {
	[MACHINE_DISK_DISCARD] = ",snapshot=on",
	[MACHINE_DISK_KEEP] = ",read-only=off,discard=unmap",
	[MACHINE_DISK_READ_ONLY] = ",read-only=on",
};

static struct error *emit_disks(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	for (size_t i = 0; i < m->disk_count; i++) {
		const struct machine_disk *disk = &m->disks[i];
		_cleanup_free_ char *path = escape_value(disk->path);

		/* The protocol is named, or "nbd:x" would be more than a file's name.
		 * QEMU locks the file: shared where it is only read.  What is to be
		 * forgotten goes into a nameless file in $TMPDIR or /var/tmp. */
		emit(e, "-drive", NULL);
		strv_pushf(e->argv,
			   "if=none,id=disk%zu,driver=%s%s,file.driver=%s,"
			   "file.filename=%s",
			   i, disk->format, disk_modes[disk->mode],
			   disk->device ? "host_device" : "file", path);
		/* A host's disk that is full is the guest's error: by default QEMU would
		 * stand still. */
		emit(e, "-device", NULL);
		strv_pushf(e->argv,
			   "virtio-blk-%s,drive=disk%zu,werror=report,rerror=report",
			   m->arch->virtio_bus, i);
	}
	return NULL;
}

static void emit_share(struct qemu_emitter *e, size_t i)
{
	const struct machine_share *share = &e->machine->shares[i];
	_cleanup_free_ char *path = escape_value(share->path);

	/* Files belong to whom QEMU runs as; an owner that it may not give them is let pass
	 * ("none").  Two file systems below the directory may use the same inode numbers,
	 * which the guest must not see ("remap"). */
	emit(e, "-fsdev", NULL);
	strv_pushf(e->argv,
		   "local,id=share%zu,path=%s,security_model=none,multidevs=remap%s", i,
		   path, share->read_only ? ",readonly=on" : "");
	emit(e, "-device", NULL);
	strv_pushf(e->argv, "virtio-9p-%s,fsdev=share%zu,mount_tag=%s",
		   e->machine->arch->virtio_bus, i, share->tag);
}

/* The server reads the guest's memory itself, so that must be shared with it. */
static void emit_shared_memory(struct qemu_emitter *e)
{
	emit(e, "-object", NULL);
	strv_pushf(e->argv, "memory-backend-memfd,id=ram,share=on,size=%" PRIu64 "M",
		   (e->machine->memory + MIB - 1) / MIB);
	emit(e, "-machine", "memory-backend=ram");
}

static void emit_served_share(struct qemu_emitter *e, size_t i, size_t served)
{
	const struct machine_share *share = &e->machine->shares[i];

	if (!served)
		emit_shared_memory(e);
	emit(e, "-chardev", NULL);
	if (e->wires)
		strv_pushf(e->argv, "socket,id=share%zu,fd=%d", i,
			   e->wires->share_fd + (int)served);
	else
		/* The one who pastes starts the server there. */
		strv_pushf(e->argv, "socket,id=share%zu,path=%s.socket", i, share->tag);
	emit(e, "-device", NULL);
	strv_pushf(e->argv, "vhost-user-fs-%s,chardev=share%zu,tag=%s",
		   e->machine->arch->virtio_bus, i, share->tag);
}

static struct error *emit_shares(struct qemu_emitter *e)
{
	size_t served = 0;

	for (size_t i = 0; i < e->machine->share_count; i++)
		if (e->machine->shares[i].server)
			emit_served_share(e, i, served++);
		else
			emit_share(e, i);
	return NULL;
}

/* What is at the other end of the card. */
static void emit_netdev(struct qemu_emitter *e)
{
	const struct machine_net *net = &e->machine->net;
	_cleanup_free_ char *name = escape_value(net->name);
	_cleanup_free_ char *peer = net->peer ? escape_value(net->peer) : NULL;

	emit(e, "-netdev", NULL);
	switch (net->kind) {
	case MACHINE_NET_NONE:
		break;
	case MACHINE_NET_USER: /* options as QEMU takes them, commas and all */
		strv_pushf(e->argv, "user,id=net0%s%s", *net->name ? "," : "", net->name);
		break;
	case MACHINE_NET_TAP:
		strv_pushf(e->argv, "tap,id=net0,ifname=%s,script=no,downscript=no",
			   name);
		break;
	case MACHINE_NET_LINK:
		/* Datagrams: neither end has to be there first, or still. */
		strv_pushf(e->argv,
			   "dgram,id=net0,local.type=unix,local.path=%s,"
			   "remote.type=unix,remote.path=%s",
			   name, peer);
		break;
	}
}

static struct error *emit_net(struct qemu_emitter *e)
{
	const struct machine *m = e->machine;

	if (m->net.kind == MACHINE_NET_NONE)
		return NULL;
	emit_netdev(e);
	emit(e, "-device", NULL);
	/* Nobody boots from the net: without its ROM the firmware is done sooner. */
	strv_pushf(e->argv, "virtio-net-%s,netdev=net0,mac=%s%s", m->arch->virtio_bus,
		   m->net.mac, streq(m->arch->virtio_bus, "pci") ? ",romfile=" : "");
	return NULL;
}

static struct error *emit_screen(struct qemu_emitter *e)
{
	/* A pointer that says where it is: a window need not grab the host's. */
	static const char *const devices[] = { "virtio-keyboard", "virtio-tablet" };
	const struct machine *m = e->machine;

	if (!m->display)
		return NULL;
	emit(e, "-device", m->arch->screen);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		emit(e, "-device", NULL);
		strv_pushf(e->argv, "%s-%s", devices[i], m->arch->virtio_bus);
	}
	return NULL;
}

static struct error *emit_life(struct qemu_emitter *e)
{
	if (e->machine->no_reboot)
		emit(e, "-no-reboot", NULL);
	if (e->machine->start_halted)
		emit(e, "-S", NULL);
	return NULL;
}

static struct error *emit_user(struct qemu_emitter *e)
{
	/* At the end, where they win. */
	strv_push_all(e->argv, (const char *const *)e->machine->qemu_options.items);
	return NULL;
}

static struct error *(*const emitters[])(struct qemu_emitter *e) = {
	emit_program, emit_base,    emit_machine, emit_accel, emit_size,
	emit_kernel,  emit_console, emit_qmp,	  emit_agent, emit_disks,
	emit_shares,  emit_net,	    emit_screen,  emit_life,  emit_user,
};

struct error *qemu_command(const struct machine *machine,
			   const struct machine_wires *wires, struct strv *ret)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct qemu_emitter e = { .machine = machine, .wires = wires, .argv = &argv };

	for (size_t i = 0; i < ARRAY_SIZE(emitters); i++)
		TRY(emitters[i](&e));
	*ret = argv;
	argv = (struct strv){ 0 };
	return NULL;
}
