// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables of the shared options.  To add one: a member in options.h and a row here;
 * everything that shows, completes, documents or sets options follows.
 */
#include "lab/options.h"

#include "lab/check.h"
#include "lab/display.h"
#include "lab/network.h"

#define GUEST(member) .offset = offsetof(struct guest_options, member)
#define ARCHIVE(member) .offset = offsetof(struct archive_options, member)
#define SETTING .traits = OPTION_IS_SETTING
#define RESTRICTED .traits = OPTION_IS_SETTING | OPTION_IS_RESTRICTED

/* In the order of their enums. */
static const char *const boot_choices[] = { "auto", "pvh", "image", NULL };
static const char *const accel_choices[] = { "auto", "kvm", "tcg", NULL };
static const char *const fail_on_choices[] = { "nothing", "oops", "warn", NULL };

/* clang-format off */
const struct option_row kernel_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Kernel:" },
	{ .name = "kernel", .letter = 'k', .argument = "SPEC", .kind = OPTION_STRING, SETTING,
	  GUEST(kernel), .values = OPTION_VALUES_KERNELS,
	  .help = "Kernel: a build tree, an image file, host, debian, debian:SUITE, or the name of a stored kernel" },
	{ .name = "output", .kind = OPTION_STRING, .traits = OPTION_IS_VARIABLE, GUEST(output),
	  .variable = "O", .argument = "DIR", .values = OPTION_VALUES_DIRECTORIES,
	  .help = "Where the kernel tree was built" },
	{ .name = "cross-compile", .kind = OPTION_STRING, .traits = OPTION_IS_VARIABLE, GUEST(cross_compile),
	  .variable = "CROSS_COMPILE", .argument = "PREFIX",
	  .help = "Prefix of the toolchain's programs" },
	{ .name = "llvm", .kind = OPTION_STRING, .traits = OPTION_IS_VARIABLE, GUEST(llvm),
	  .variable = "LLVM", .argument = "1",
	  .help = "The toolchain is LLVM's" },
	OPTION_ROWS_END,
};

const struct option_row arch_option_rows[] = {
	{ .name = "arch", .argument = "ARCH", .kind = OPTION_STRING, SETTING, GUEST(arch),
	  .variable = "ARCH", .check = check_arch, .values = OPTION_VALUES_ARCHS,
	  .help = "Architecture of the guest (the kernel's, else the host's)" },
	OPTION_ROWS_END,
};

const struct option_row boot_option_rows[] = {
	{ .name = "append", .letter = 'a', .argument = "ARGS", .kind = OPTION_LIST, SETTING, GUEST(append),
	  .help = "Add ARGS to the kernel's command line" },
	{ .name = "boot", .argument = "auto|pvh|image", .kind = OPTION_CHOICE, SETTING, GUEST(boot),
	  .choices = boot_choices,
	  .help = "How the kernel is started: pvh skips its decompressor where that can be done, image does not" },
	{ .name = "kaslr", .kind = OPTION_FLAG, SETTING, GUEST(kaslr),
	  .help = "Let the kernel choose its address at random (implies --boot=image on x86_64)" },
	{ .name = "plain", .kind = OPTION_FLAG, SETTING, GUEST(plain),
	  .help = "Leave out the kernel parameters that klab adds only to boot faster" },
	OPTION_ROWS_END,
};

const struct option_row machine_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Machine:" },
	{ .name = "memory", .letter = 'm', .argument = "SIZE", .kind = OPTION_SIZE, SETTING, GUEST(memory),
	  .unit = 1 << 20, .help = "Memory (1G); a bare number counts MiB" },
	{ .name = "cpus", .letter = 'p', .argument = "N", .kind = OPTION_NUMBER, SETTING, GUEST(cpus),
	  .minimum = 1, .maximum = 1024, .help = "Processors (1)" },
	{ .name = "accel", .argument = "auto|kvm|tcg", .kind = OPTION_CHOICE, SETTING, GUEST(accel),
	  .choices = accel_choices,
	  .help = "What runs the guest's code; auto takes KVM if it is proven fast" },
	{ .name = "machine", .argument = "TYPE", .kind = OPTION_STRING, SETTING, GUEST(machine),
	  .check = check_word, .help = "QEMU's machine type (q35 on x86_64, virt on aarch64)" },
	{ .name = "cpu", .argument = "MODEL", .kind = OPTION_STRING, SETTING, GUEST(cpu),
	  .help = "QEMU's CPU model" },
	{ .name = "disk", .argument = "FILE[,ro|,rw]", .kind = OPTION_LIST, RESTRICTED, GUEST(disks),
	  .values = OPTION_VALUES_FILES, .help = "Attach a disk image; what the guest writes is forgotten without --rw or \",rw\"" },
	{ .name = "net", .argument = "NET", .kind = OPTION_STRING, RESTRICTED, GUEST(net),
	  .check = network_check_word, .help = "none, user[,hostfwd=tcp::PORT-:PORT], tap=DEVICE, or socket=PATH (to another guest)" },
	{ .name = "display", .argument = "KIND", .kind = OPTION_STRING, RESTRICTED, GUEST(display),
	  .check = display_check_word, .help = "A screen with a shell on it: gtk, sdl (windows), vnc=unix:PATH, or none (for screendump)" },
	{ .name = "rodir", .argument = "G=H", .kind = OPTION_LIST, RESTRICTED, GUEST(read_only_dirs),
	  .check = check_share, .values = OPTION_VALUES_DIRECTORIES,
	  .help = "Mount this host's directory H at G in the guest, read-only" },
	{ .name = "rwdir", .argument = "G=H", .kind = OPTION_LIST, RESTRICTED, GUEST(writable_dirs),
	  .check = check_share, .values = OPTION_VALUES_DIRECTORIES,
	  .help = "The same, writable" },
	{ .name = "qemu", .argument = "PROGRAM", .kind = OPTION_STRING, RESTRICTED, GUEST(qemu),
	  .values = OPTION_VALUES_FILES, .help = "The QEMU to run" },
	{ .name = "qemu-opts", .argument = "OPTS", .kind = OPTION_LIST, RESTRICTED, GUEST(qemu_options),
	  .help = "Further options for QEMU, one line as for sh" },
	OPTION_ROWS_END,
};

const struct option_row image_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Root file system:" },
	{ .name = "root", .argument = "SPEC", .kind = OPTION_STRING, RESTRICTED, GUEST(root),
	  .values = OPTION_VALUES_FILES,
	  .help = "host[:9p|:virtiofs], with what is written forgotten; dir:PATH, tar:FILE or an image FILE as a disk; a recipe (busybox, hello, initsh, sysv, debian[:SUITE], or FILE.recipe); or none" },
	{ .name = "rw", .kind = OPTION_FLAG, RESTRICTED, GUEST(rw),
	  .help = "Keep what the guest writes to its disks" },
	{ .name = "disk-name", .argument = "NAME", .kind = OPTION_STRING, RESTRICTED, GUEST(disk_name),
	  .check = check_disk_name, .help = "Keep it in a disk of this name, made from --root if there is none (implies --rw)" },
	{ .name = "init", .argument = "PROGRAM", .kind = OPTION_STRING, SETTING, GUEST(init),
	  .check = check_init, .help = "This program of the guest is PID 1, klab's agent beside it; klab: the agent is, although the root has an init" },
	{ .kind = OPTION_TITLE, .help = "Initramfs:" },
	{ .name = "initrd", .argument = "FILE|none", .kind = OPTION_STRING, RESTRICTED, GUEST(initrd),
	  .values = OPTION_VALUES_FILES, .help = "Boot into this one instead of klab's own" },
	{ .name = "add", .argument = "SRC[:DST]", .kind = OPTION_LIST, RESTRICTED, GUEST(adds),
	  .values = OPTION_VALUES_FILES, .help = "Put a file or directory into the initramfs" },
	{ .name = "overlay", .argument = "DIR", .kind = OPTION_LIST, RESTRICTED, GUEST(overlays),
	  .values = OPTION_VALUES_DIRECTORIES, .help = "Lay what is in DIR over the initramfs's /" },
	{ .name = "module", .argument = "NAME", .kind = OPTION_LIST, SETTING, GUEST(modules),
	  .check = check_word, .help = "Put this module of the kernel and what it needs into the initramfs, and load it" },
	{ .name = "no-agent", .kind = OPTION_FLAG, GUEST(no_agent),
	  .help = "No agent of klab in the guest: only the console" },
	OPTION_ROWS_END,
};

const struct option_row session_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Command in the guest:" },
	{ .name = "sh", .kind = OPTION_FLAG, GUEST(shell_line),
	  .help = "CMD is one line for the guest's sh" },
	{ .name = "env", .argument = "NAME[=VALUE]", .kind = OPTION_LIST, RESTRICTED, GUEST(environment),
	  .check = check_env, .help = "Set a variable; without a value take the one set here" },
	{ .name = "cwd", .argument = "DIR", .kind = OPTION_STRING, SETTING, GUEST(cwd),
	  .check = check_absolute, .help = "Directory of the guest in which it starts" },
	{ .name = "user", .argument = "UID[:GID]", .kind = OPTION_STRING, SETTING, GUEST(user),
	  .help = "Run it as this user of the guest" },
	{ .name = "tty", .letter = 't', .kind = OPTION_CONSTANT, GUEST(tty), .constant = TTY_YES,
	  .help = "Give it a terminal, also without one here" },
	{ .name = "no-tty", .letter = 'T', .kind = OPTION_CONSTANT, GUEST(tty), .constant = TTY_NO,
	  .help = "Give it no terminal" },
	{ .name = "ktap", .kind = OPTION_FLAG, GUEST(ktap),
	  .help = "Its stdout is a test report (KTAP or TAP): status 1 if a test failed, 4 if all were skipped" },
	OPTION_ROWS_END,
};

const struct option_row limits_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Run:" },
	{ .name = "timeout", .argument = "TIME", .kind = OPTION_DURATION, SETTING, GUEST(timeout_ms),
	  .help = "End everything after TIME (60, 500ms, 5m) with status 124" },
	{ .name = "json", .argument = "FILE|fd:N", .kind = OPTION_STRING, .traits = OPTION_VALUE_OPTIONAL,
	  GUEST(json), .help = "Write the verdict there, by default as the last line of stderr" },
	OPTION_ROWS_END,
};

const struct option_row run_option_rows[] = {
	{ .name = "boot-timeout", .argument = "TIME", .kind = OPTION_DURATION, SETTING, GUEST(boot_timeout_ms),
	  .help = "Time that the guest has to boot; status 121" },
	{ .name = "fail-on", .argument = "oops|warn", .kind = OPTION_CHOICE, SETTING, GUEST(fail_on),
	  .choices = fail_on_choices,
	  .help = "End the run at an oops, or a warning too; status 123" },
	{ .name = "name", .argument = "NAME", .kind = OPTION_STRING, GUEST(name),
	  .check = check_guest_name, .help = "Name of the guest, for the other commands" },
	{ .name = "detach", .letter = 'd', .kind = OPTION_FLAG, GUEST(detach),
	  .help = "Leave the guest running in the background" },
	{ .name = "eval-late", .argument = "LINE", .kind = OPTION_LIST, GUEST(lates),
	  .help = "A line that the guest runs by itself, on its console, as soon as its services are up" },
	{ .name = "build", .kind = OPTION_FLAG, GUEST(build),
	  .help = "Build the kernel's tree first (klab build); --timeout counts from then" },
	{ .name = "dry-run", .kind = OPTION_FLAG, GUEST(dry_run),
	  .help = "Print the QEMU command instead of running it" },
	{ .name = "yes", .kind = OPTION_FLAG, RESTRICTED, GUEST(yes),
	  .help = "Answer every question with yes" },
	OPTION_ROWS_END,
};

const struct option_row archive_option_rows[] = {
	{ .kind = OPTION_TITLE, .help = "Archive:" },
	{ .name = "suite", .argument = "SUITE", .kind = OPTION_STRING, SETTING, ARCHIVE(suite),
	  .check = check_word, .help = "Suite of Debian: bookworm, trixie, sid (the host's own)" },
	{ .name = "flavour", .argument = "FLAVOUR", .kind = OPTION_STRING, SETTING, ARCHIVE(flavour),
	  .check = check_word, .help = "Kernel flavour: amd64, cloud-amd64, rt-amd64 (the default one)" },
	{ .name = "mirror", .argument = "URL", .kind = OPTION_STRING, RESTRICTED, ARCHIVE(mirror),
	  .help = "Mirror of the archive (the one that the host's own apt uses)" },
	{ .name = "keyring", .argument = "FILE", .kind = OPTION_STRING, RESTRICTED, ARCHIVE(keyring),
	  .values = OPTION_VALUES_FILES, .help = "Keys that verify the mirror (Debian's own)" },
	OPTION_ROWS_END,
};
/* clang-format on */

void guest_options_deinit(struct guest_options *options)
{
	const struct option_row *const tables[] = {
		kernel_option_rows,  arch_option_rows,	boot_option_rows,
		machine_option_rows, image_option_rows, session_option_rows,
		limits_option_rows,  run_option_rows,
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		option_rows_deinit(tables[i], options);
	strv_deinit(&options->command);
	*options = (struct guest_options){ 0 };
}

void archive_options_deinit(struct archive_options *options)
{
	option_rows_deinit(archive_option_rows, options);
}
