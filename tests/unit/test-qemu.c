// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine's command line, and what is found out about its disks. */
#include "unit.h"

#include <endian.h>
#include <stdio.h>

#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"
#include "vm/machine.h"

#define MIB (UINT64_C(1) << 20)

static struct machine plain_machine(const char *arch)
{
	return (struct machine){
		.arch = arch_find(arch),
		.accel = ACCEL_TCG,
		.cpus = 2,
		.memory = 512 * MIB,
	};
}

static char *command_line(const struct machine *machine,
			  const struct machine_wires *wires)
{
	_cleanup_strv_ struct strv argv = { 0 };

	assert_ok(qemu_command(machine, wires, &argv));
	return strv_shell(&argv);
}

static void assert_has(const char *line, const char *words)
{
	if (!strstr(line, words))
		fail_msg("\"%s\" lacks \"%s\"", line, words);
}

static void assert_lacks(const char *line, const char *words)
{
	if (strstr(line, words))
		fail_msg("\"%s\" has \"%s\"", line, words);
}

static void test_paste(void **state)
{
	struct machine m = plain_machine("x86_64");
	_cleanup_free_ char *line = NULL;

	m.kernel = xstrdup("/boot/my kernel");
	m.append = xstrdup("console=ttyS0 panic=-1");
	m.firmware = xstrdup("qboot.rom");
	m.agent = true;
	m.no_reboot = true;
	line = command_line(&m, NULL);
	assert_true(has_prefix(line, "qemu-system-x86_64 -nodefaults -no-user-config "));
	assert_has(line, " -machine q35,");
	assert_has(line, " -accel tcg -cpu ");
	assert_has(line, " -m 512M -smp 2 ");
	assert_has(line, " -kernel '/boot/my kernel' -append 'console=ttyS0 panic=-1' "
			 "-bios qboot.rom ");
	assert_has(line, " -serial mon:stdio");
	assert_has(line, "name=klab.agent.0");
	assert_has(line, " -no-reboot");
	/* A person has no descriptors to pass. */
	assert_lacks(line, "fd=");
	assert_lacks(line, "qmp");
	machine_deinit(&m);
}

static void test_wires(void **state)
{
	const struct machine_wires wires = { .qmp_fd = 3,
					     .agent_fd = 4,
					     .console_fd = 5 };
	struct machine m = plain_machine("aarch64");
	_cleanup_free_ char *line = NULL;

	m.agent = true;
	m.start_halted = true;
	strv_push(&m.qemu_options, "-d");
	strv_push(&m.qemu_options, "int");
	line = command_line(&m, &wires);
	assert_true(has_prefix(line, "qemu-system-aarch64 "));
	assert_has(line, " -machine virt");
	assert_has(line, " -chardev socket,id=console,fd=5 -serial chardev:console");
	assert_has(line, " -chardev socket,id=qmp,fd=3 -mon chardev=qmp,mode=control");
	assert_has(line, " -chardev socket,id=agent,fd=4 ");
	assert_lacks(line, "stdio");
	assert_lacks(line, "-no-reboot");
	assert_lacks(line, "-kernel");
	assert_lacks(line, "-bios");
	/* The user's words have the last say. */
	assert_true(has_suffix(line, " -S -d int"));
	machine_deinit(&m);
}

static void test_machines(void **state)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct machine m = plain_machine("x86_64");
	_cleanup_free_ char *line = NULL;

	m.machine = xstrdup("pc");
	m.cpu = xstrdup("Nehalem,+x");
	line = command_line(&m, NULL);
	assert_has(line, " -machine pc,");
	assert_has(line, " -cpu Nehalem,+x ");
	free(m.machine);
	m.machine = xstrdup("virt");
	assert_error(qemu_command(&m, NULL, &argv), ERROR_USAGE,
		     "there is no machine \"virt\" for x86_64");
	machine_deinit(&m);
}

static void test_nets(void **state)
{
	static const struct {
		enum machine_net_kind kind;
		const char *name, *peer, *wanted;
	} rows[] = {
		{ MACHINE_NET_USER, "", NULL, " -netdev user,id=net0 -device " },
		{ MACHINE_NET_USER, "hostfwd=tcp::80-:80", NULL,
		  " -netdev user,id=net0,hostfwd=tcp::80-:80 -device virtio-net-pci," },
		{ MACHINE_NET_TAP, "tap0", NULL,
		  " -netdev tap,id=net0,ifname=tap0,script=no,downscript=no -device " },
		{ MACHINE_NET_LINK, "/a,b.1", "/a,b.2",
		  " -netdev dgram,id=net0,local.type=unix,local.path=/a,,b.1,"
		  "remote.type=unix,remote.path=/a,,b.2 -device " },
	};
	struct machine none = plain_machine("x86_64");
	_cleanup_free_ char *without = command_line(&none, NULL);

	assert_lacks(without, "net");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine m = plain_machine("x86_64");
		_cleanup_free_ char *line = NULL;

		m.net.kind = rows[i].kind;
		m.net.name = xstrdup(rows[i].name);
		m.net.peer = rows[i].peer ? xstrdup(rows[i].peer) : NULL;
		m.net.mac = xstrdup("52:54:00:00:00:01");
		line = command_line(&m, NULL);
		assert_has(line, rows[i].wanted);
		assert_has(line, ",netdev=net0,mac=52:54:00:00:00:01");
		machine_deinit(&m);
	}
}

static void write_file(const char *path, const void *data, size_t size)
{
	assert_ok(file_write(path, data, size, 0600));
}

/* The first 80 bytes of a qcow2 file, version 3. */
static void write_qcow2(const char *path, uint64_t backing, uint64_t incompatible)
{
	uint8_t header[104] = { 'Q', 'F', 'I', 0xfb, 0, 0, 0, 3 };

	backing = htobe64(backing);
	incompatible = htobe64(incompatible);
	memcpy(header + 8, &backing, 8);
	memcpy(header + 72, &incompatible, 8);
	write_file(path, header, sizeof(header));
}

static void test_disks(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *raw = NULL, *qcow2 = NULL, *line = NULL, *spec = NULL;
	struct machine m = plain_machine("x86_64");

	assert_ok(temp_dir_make("klab-disk", &directory));
	raw = path_join(directory, "a,b.img");
	qcow2 = path_join(directory, "c");
	write_file(raw, "x", 1);
	write_qcow2(qcow2, 0, 0);
	spec = xasprintf("%s,ro", qcow2);
	assert_ok(machine_add_disk(&m, raw, MACHINE_DISK_KEEP));
	assert_ok(machine_add_disk(&m, spec, MACHINE_DISK_DISCARD));
	assert_string_equal(m.disks[0].format, "raw");
	assert_int_equal(m.disks[0].mode, MACHINE_DISK_KEEP);
	assert_string_equal(m.disks[1].format, "qcow2");
	assert_int_equal(m.disks[1].mode, MACHINE_DISK_READ_ONLY);
	line = command_line(&m, NULL);
	assert_has(line, "-drive if=none,id=disk0,driver=raw,read-only=off,discard=unmap,"
			 "file.driver=file,file.filename=");
	assert_has(line, "/a,,b.img");
	assert_has(line, "id=disk1,driver=qcow2,read-only=on,");
	assert_has(line,
		   "-device virtio-blk-pci,drive=disk1,werror=report,rerror=report");
	assert_true(machine_keeps(&m));
	machine_deinit(&m);
}

static void test_disks_that_forget(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL, *line = NULL, *spec = NULL;
	struct machine m = plain_machine("x86_64");

	assert_ok(temp_dir_make("klab-disk", &directory));
	path = path_join(directory, "d");
	spec = xasprintf("%s,rw", path);
	write_file(path, "x", 1);
	assert_int_equal(chmod(path, 0400), 0);
	assert_ok(machine_add_disk(&m, path, MACHINE_DISK_DISCARD));
	line = command_line(&m, NULL);
	assert_has(line, "id=disk0,driver=raw,snapshot=on,file.driver=file");
	assert_false(machine_keeps(&m));
	assert_int_equal(chmod(path, 0600), 0);
	assert_ok(machine_add_disk(&m, spec, MACHINE_DISK_DISCARD));
	assert_int_equal(m.disks[1].mode, MACHINE_DISK_KEEP);
	machine_deinit(&m);
}

/* A guest that writes a qcow2 header to its raw disk must not get at the host's files in
 * its next life. */
static void test_disk_forged(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL, *named = NULL, *said = NULL;
	struct machine m = plain_machine("x86_64");

	assert_ok(temp_dir_make("klab-disk", &directory));
	path = path_join(directory, "disk.img");
	named = path_join(directory, "overlay.qcow2");
	said = xasprintf("%s,format=raw", path);
	write_qcow2(path, 104, 0);
	assert_error(machine_add_disk(&m, path, MACHINE_DISK_DISCARD), ERROR_USAGE,
		     "refers to another file");
	write_qcow2(path, 0, 4); /* an external data file */
	assert_error(machine_add_disk(&m, path, MACHINE_DISK_DISCARD), ERROR_USAGE,
		     "refers to another file");
	assert_ok(machine_add_disk(&m, said, MACHINE_DISK_DISCARD));
	assert_string_equal(m.disks[0].format, "raw");
	write_qcow2(named, 104, 0);
	assert_ok(machine_add_disk(&m, named, MACHINE_DISK_DISCARD));
	assert_string_equal(m.disks[1].format, "qcow2");
	machine_deinit(&m);
}

static void test_disk_unusable(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	struct machine m = plain_machine("x86_64");

	assert_ok(temp_dir_make("klab-disk", &directory));
	assert_error(machine_add_disk(&m, "/nonexistent/d,ro", MACHINE_DISK_DISCARD),
		     ERROR_OS, "cannot open the disk /nonexistent/d:");
	assert_error(machine_add_disk(&m, "/dev/null", MACHINE_DISK_DISCARD), ERROR_USAGE,
		     "neither a file nor a block device");
	assert_error(machine_add_disk(&m, directory, MACHINE_DISK_DISCARD), ERROR_USAGE,
		     "neither a file nor a block device");
	assert_error(machine_add_disk(&m, directory, MACHINE_DISK_KEEP), ERROR_OS,
		     "directory");
	assert_int_equal(m.disk_count, 0);
	machine_deinit(&m);
}

static void test_shares(void **state)
{
	struct machine m = plain_machine("aarch64");
	_cleanup_free_ char *line = NULL;

	assert_string_equal(machine_add_share(&m, "/a, b", true), "klab0");
	assert_string_equal(machine_add_share(&m, "/c", false), "klab1");
	line = command_line(&m, NULL);
	assert_has(line, " -fsdev 'local,id=share0,path=/a,, b,security_model=none,"
			 "multidevs=remap,readonly=on' "
			 "-device virtio-9p-pci,fsdev=share0,mount_tag=klab0 ");
	assert_has(line, " -fsdev local,id=share1,path=/c,security_model=none,"
			 "multidevs=remap -device ");
	assert_lacks(line, "memory-backend");
	machine_deinit(&m);
}

static void test_served_shares(void **state)
{
	const struct machine_wires wires = { .share_fd = 20 };
	struct machine m = plain_machine("x86_64");
	_cleanup_free_ char *line = NULL;

	assert_string_equal(machine_add_served_share(&m, "/", "/bin/server"), "klab0");
	machine_add_share(&m, "/c", false);
	assert_string_equal(machine_add_served_share(&m, "/d", "/bin/server"), "klab2");
	line = command_line(&m, &wires);
	assert_has(line, " -object memory-backend-memfd,id=ram,share=on,size=512M "
			 "-machine memory-backend=ram -chardev socket,id=share0,fd=20 "
			 "-device vhost-user-fs-pci,chardev=share0,tag=klab0 -fsdev ");
	assert_has(line, "mount_tag=klab1 -chardev socket,id=share2,fd=21 "
			 "-device vhost-user-fs-pci,chardev=share2,tag=klab2");
	machine_deinit(&m);
}

static void test_what_qemu_brings(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *bin = NULL, *share = NULL, *qemu = NULL, *rom = NULL;

	assert_ok(temp_dir_make("klab-qemu", &directory));
	bin = path_join(directory, "bin");
	share = path_join(directory, "share/qemu");
	qemu = path_join(bin, "qemu");
	rom = path_join(share, "a.rom");
	assert_ok(dir_make(bin, 0755));
	assert_ok(dir_make(share, 0755));
	assert_false(qemu_brings(qemu, "a.rom"));
	assert_ok(file_write(qemu, "", 0, 0755));
	assert_false(qemu_brings(qemu, "a.rom"));
	assert_ok(file_write(rom, "", 0, 0644));
	assert_true(qemu_brings(qemu, "a.rom"));
	assert_false(qemu_brings(qemu, "b.rom"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_wires),
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_disks_that_forget),
		cmocka_unit_test(test_disk_forged),
		cmocka_unit_test(test_disk_unusable),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_served_shares),
		cmocka_unit_test(test_what_qemu_brings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
