// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor: what a guest is made of.  The kernel is resolved and the initramfs built for
 * real, only nothing is fetched.
 */
#include "base/mem.h"
#include "image/image.h"
#include "kernel/kernel.h"
#include "lab/doctor.h"
#include "os/file.h"

/* Not stored yet, but the first run would get it. */
static bool is_fetchable(const struct doctor *doctor)
{
	const char *spec = doctor->settings.guest.kernel;
	_cleanup_free_ char *apt = program_find("apt-get");

	return apt && (!spec || has_prefix(spec, "debian"));
}

static char *describe_kernel(const struct kernel *kernel)
{
	return xasprintf("%s, %s%s%s",
			 kernel->release ? kernel->release : "release unknown",
			 kernel->modules ? "modules" : "no modules",
			 kernel->has_btf ? ", BTF" : "",
			 kernel->has_dwarf ? ", DWARF" : "");
}

static void check_kernel(struct doctor *doctor)
{
	struct doctor_check *check = doctor_add(doctor, "guest", "kernel");
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	const struct kernel_resolve_options options = {
		.spec = doctor->settings.guest.kernel,
		.arch = doctor->settings.guest.arch ? doctor->arch : NULL,
		.output = doctor->settings.guest.output,
	};
	struct error *err = kernel_resolve(doctor->store, &options, &kernel);

	if (!err) {
		check->value = xstrdup(kernel->name);
		check->why = describe_kernel(kernel);
		return;
	}
	if (is_fetchable(doctor)) {
		error_ignore(err); /* it said that a fetch is needed */
		check->value = xstrdup("debian");
		check->why = xstrdup("not there yet: the first run fetches it");
		check->fix = xstrdup("klab fetch debian");
		return;
	}
	doctor_fail(check, DOCTOR_BAD, err);
}

/* Without a kernel's modules: agent and busybox are what can be missing. */
static void check_image(struct doctor *doctor, const struct arch *arch)
{
	_cleanup_free_ char *subject = xasprintf("initramfs for %s", arch->name);
	struct doctor_check *check = doctor_add(doctor, "guest", subject);
	_cleanup_image_ struct image image = {};
	const struct image_options options = { .arch = arch };
	struct error *err = image_build(doctor->store, &options, &image);

	if (err)
		doctor_fail(check, arch == doctor->arch ? DOCTOR_BAD : DOCTOR_LIMIT, err);
	else
		check->value = format_size(image.size);
}

void doctor_check_guest(struct doctor *doctor)
{
	if (!doctor->store || !doctor->arch)
		return;
	check_kernel(doctor);
	for (const struct arch *const *arch = arch_all(); *arch; arch++)
		check_image(doctor, *arch);
}
