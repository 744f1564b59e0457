// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice of the accelerator.  What was measured is kept (probe.h); whether the user may
 * open /dev/kvm costs nothing to ask, and is asked each time.
 */
#include "vm/accel.h"

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "vm/kvm-probe.h"
#include "vm/probe.h"

struct kvm_try {
	const struct arch *arch;
	const char *qemu;
};

/* Once for real, by itself and then with QEMU. */
static struct error *try_kvm(void *argument)
{
	const struct kvm_try *kvm = argument;
	const char *machine = arch_machine_find(kvm->arch, NULL)->name;
	const char *const words[] = {
		kvm->qemu,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-machine",
		machine,
		"-accel",
		"kvm",
		"-cpu",
		kvm->arch->cpu_kvm,
		"-S",
		"-qmp",
		"stdio",
		NULL,
	};
	_cleanup_strv_ struct strv argv = { 0 };

	TRY(kvm_probe());
	strv_push_all(&argv, words);
	return probe_qemu(&argv, NULL, 0, "KVM");
}

static struct error *probe(struct store *store, const struct arch *arch, const char *qemu)
{
	_cleanup_free_ char *path = program_find(qemu);
	struct kvm_try kvm = { .arch = arch, .qemu = path };

	if (!path)
		return error_new(ERROR_MISSING, "%s is not installed", qemu);
	return probe_ask(store, &(struct probe){
					.what = "kvm",
					.arch = arch,
					.programs = (const char *const[]){ path, NULL },
					.try = try_kvm,
					.argument = &kvm,
				});
}

/* NULL if KVM can and should be used; else the reason. */
static struct error *kvm_usable(struct store *store, const struct arch *arch,
				const char *qemu)
{
	const struct arch *host = arch_host();

	if (host != arch)
		return error_new(ERROR_UNSUPPORTED,
				 "the host's CPU is %s, the guest's %s",
				 host ? host->name : "unknown to klab", arch->name);
	TRY(kvm_check_access());
	return probe(store, arch, qemu);
}

struct error *accel_choose(struct store *store, const struct arch *arch, const char *qemu,
			   enum accel wanted, struct accel_choice *ret)
{
	_cleanup_error_ struct error *err = NULL;

	if (wanted == ACCEL_TCG) {
		*ret = (struct accel_choice){ ACCEL_TCG, xstrdup("asked for") };
		return NULL;
	}
	err = kvm_usable(store, arch, qemu ? qemu : arch->qemu);
	log_debug("accel: %s", err ? error_sentence(err) : "KVM is fast");
	if (err && wanted == ACCEL_KVM)
		return error_wrap(take_ptr(err), "KVM cannot be used");
	*ret = (struct accel_choice){
		.accel = err ? ACCEL_TCG : ACCEL_KVM,
		.reason = xstrdup(err ? error_sentence(err) : "KVM is fast here"),
	};
	return NULL;
}

void accel_choice_deinit(struct accel_choice *choice)
{
	free(choice->reason);
	*choice = (struct accel_choice){ 0 };
}
