// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor: the programs of the host, and the accelerator. */
#include <unistd.h>

#include "base/mem.h"
#include "lab/doctor.h"
#include "os/file.h"
#include "os/spawn.h"
#include "vm/accel.h"
#include "vm/virtiofsd.h"

#define PROGRAM_TIMEOUT_MS 10000
#define PROGRAM_OUTPUT_MAX (64 * 1024)

/* "apt-get install X", with what makes it root's where that is needed. */
static char *install_command(const char *package)
{
	_cleanup_free_ char *apt = program_find("apt-get");

	if (!apt)
		return xasprintf("install what Debian calls %s", package);
	return xasprintf("%sapt-get install %s", geteuid() ? "sudo " : "", package);
}

/* What PROGRAM prints if asked with these words, or why it prints nothing. */
static struct error *ask(const char *program, const char *option, const char *value,
			 char **ret)
{
	char *const argv[] = { (char *)program, (char *)option, (char *)value, NULL };
	_cleanup_bytes_ struct bytes output = {}, complaint = {};
	int status;

	TRY(process_capture(argv, PROGRAM_TIMEOUT_MS, PROGRAM_OUTPUT_MAX, &output,
			    &complaint, &status));
	if (status)
		return error_new(ERROR_FAILED, "%s %s fails: %.*s", program, option,
				 (int)MIN(complaint.size, (size_t)200),
				 complaint.size ? (const char *)complaint.data : "");
	*ret = xstrndup(output.size ? (const char *)output.data : "", output.size);
	return NULL;
}

/* The path of the program if it can be used, else NULL. */
static char *check_program(struct doctor *doctor, const char *area, const char *name,
			   const char *package, enum doctor_status without)
{
	struct doctor_check *check = doctor_add(doctor, area, name);
	_cleanup_free_ char *path = program_find(name);
	struct error *err;

	if (!path) {
		check->status = without;
		check->why = xstrdup("there is no such program");
		check->fix = install_command(package);
		return NULL;
	}
	err = ask(path, "--version", NULL, &check->why);
	if (err) {
		doctor_fail(check, without, err);
		return NULL;
	}
	check->why[strcspn(check->why, "\n")] = '\0';
	check->value = xstrdup(path);
	return take_ptr(path);
}

static void find_arch(struct doctor *doctor)
{
	const char *name = doctor->settings.guest.arch;
	struct doctor_check *check = doctor_add(doctor, "host", "architecture");

	doctor->arch = name ? arch_find(name) : arch_host();
	if (doctor->arch) {
		check->value = xstrdup(doctor->arch->name);
		return;
	}
	check->status = DOCTOR_BAD;
	check->why = xasprintf("klab knows %s", arch_names());
	check->fix = xstrdup("klab run --arch ARCH, or a line arch = ARCH in klab.conf");
}

static void check_qemus(struct doctor *doctor)
{
	const char *chosen = doctor->settings.guest.qemu;

	for (const struct arch *const *a = arch_all(); *a; a++) {
		bool needed = *a == doctor->arch;
		char *path;

		path = check_program(doctor, "QEMU",
				     needed && chosen ? chosen : (*a)->qemu,
				     (*a)->qemu_package,
				     needed ? DOCTOR_BAD : DOCTOR_LIMIT);
		if (needed)
			doctor->qemu = path;
		else
			free(path);
	}
}

/* Is the machine in the list of those that this QEMU has, one a line? */
static bool is_listed(const char *list, const char *machine)
{
	size_t length = strlen(machine);

	for (const char *line = list; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, machine, length) == 0 && line[length] == ' ')
			return true;
	}
	return false;
}

/* A QEMU of another architecture, or one that was built small. */
static void check_machine(struct doctor *doctor)
{
	const char *wanted = doctor->settings.guest.machine;
	_cleanup_free_ char *list = NULL;
	struct doctor_check *check;
	struct error *err;

	if (!doctor->qemu)
		return;
	check = doctor_add(doctor, "QEMU", "machine");
	check->value = xstrdup(wanted ? wanted : doctor->arch->machines[0].name);
	err = ask(doctor->qemu, "-machine", "help", &list);
	if (!err && !is_listed(list, check->value))
		err = error_hint(
			error_new(ERROR_UNSUPPORTED, "%s has no such machine",
				  doctor->qemu),
			"name a QEMU for %s guests: --qemu, KLAB_QEMU, or qemu in "
			"klab.conf",
			doctor->arch->name);
	if (err)
		doctor_fail(check, DOCTOR_BAD, err);
}

static void check_accel(struct doctor *doctor)
{
	struct doctor_check *check;
	struct accel_choice choice = {};
	struct error *err;

	if (!doctor->qemu || !doctor->store)
		return;
	check = doctor_add(doctor, "QEMU", "accelerator");
	err = accel_choose(doctor->store, doctor->arch, doctor->qemu,
			   doctor->settings.guest.accel, &choice);
	if (err) {
		doctor_fail(check, DOCTOR_BAD, err);
		return;
	}
	check->value = xstrdup(choice.accel == ACCEL_KVM ? "kvm" : "tcg");
	check->why = take_ptr(choice.reason);
	accel_choice_deinit(&choice);
}

/* How the files of the host would come; either way works. */
static void check_host_root(struct doctor *doctor)
{
	_cleanup_free_ char *program = NULL;
	struct doctor_check *check;
	struct error *err;

	if (!doctor->qemu || !doctor->store || doctor->arch != arch_host())
		return;
	check = doctor_add(doctor, "QEMU", "--root host");
	err = virtiofsd_check_limit();
	if (!err)
		err = virtiofsd_find(doctor->store, doctor->arch, doctor->qemu, &program);
	if (err)
		doctor_fail(check, DOCTOR_OK, err);
	check->value = program ? xasprintf("virtio-fs by %s", program)
			       : xstrdup("9p, slow with many files");
}

void doctor_check_host(struct doctor *doctor)
{
	find_arch(doctor);
	check_qemus(doctor);
	check_machine(doctor);
	check_accel(doctor);
	check_host_root(doctor);
	free(check_program(doctor, "debugging", "gdb", "gdb", DOCTOR_LIMIT));
	free(check_program(doctor, "debugging", "gdb-multiarch", "gdb-multiarch",
			   DOCTOR_LIMIT));
}
