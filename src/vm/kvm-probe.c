// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The measurement of kvm-probe.h.  It runs in a child, since a KVM that is emulated may
 * hold its caller in the kernel for as long as it likes; the child tells how far it came
 * in a page that both see, and is killed at the deadline.
 */
#include "vm/kvm-probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "os/spawn.h"

#define KVM_DEVICE "/dev/kvm"
/* For a child that was killed to be gone; after that it is left to itself. */
#define KILL_PATIENCE_MS 30

/* Written by the child, read by us. */
struct probe_report {
	unsigned int rounds;
	int err_no;
	const char *failed; /* our own string: a fork has it at the same address */
	unsigned int exit_reason;
};

static int kvm_open(void)
{
	return open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
}

struct error *kvm_check_access(void)
{
	_cleanup_close_ int fd = kvm_open();

	if (fd >= 0)
		return NULL;
	if (errno == EACCES || errno == EPERM)
		return error_hint(
			error_new(ERROR_MISSING, "no permission to open " KVM_DEVICE),
			"Mostly the group kvm may: sudo usermod -aG kvm $USER, and log in "
			"again.");
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return error_hint(
			error_new(ERROR_MISSING, "this host has no " KVM_DEVICE),
			"The CPU's virtualization may be switched off, the module "
			"kvm not loaded, or this be a container or guest without it.");
	return error_os(errno, "cannot open " KVM_DEVICE);
}

/* ---- In the child ---- */

static _noreturn_ void child_fails(struct probe_report *report, const char *what)
{
	report->err_no = errno;
	report->failed = what;
	_exit(1);
}

static struct kvm_run *child_make_cpu(struct probe_report *report, int kvm, int *ret_cpu)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0UL);
	long run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
	struct kvm_userspace_memory_region region = { .memory_size = KVM_PROBE_MEMORY };
	const char *failed;
	uint8_t *memory;
	void *run;

	if (vm < 0 || run_size < (long)sizeof(struct kvm_run))
		child_fails(report, "KVM_CREATE_VM");
	memory = mmap(NULL, KVM_PROBE_MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		child_fails(report, "mmap");
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		child_fails(report, "KVM_SET_USER_MEMORY_REGION");
	failed = kvm_guest_prepare_vm(vm);
	if (failed)
		child_fails(report, failed);
	*ret_cpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
	if (*ret_cpu < 0)
		child_fails(report, "KVM_CREATE_VCPU");
	run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, *ret_cpu,
		   0);
	if (run == MAP_FAILED)
		child_fails(report, "mmap");
	failed = kvm_guest_load(kvm, vm, *ret_cpu, memory);
	if (failed)
		child_fails(report, failed);
	return run;
}

static _noreturn_ void child_measure(struct probe_report *report, pid_t parent)
{
	struct kvm_run *run;
	int kvm, cpu;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	kvm = kvm_open();
	if (kvm < 0)
		child_fails(report, "open");
	run = child_make_cpu(report, kvm, &cpu);
	while (report->rounds < KVM_PROBE_ROUNDS) {
		if (ioctl(cpu, KVM_RUN, 0UL) < 0) {
			if (errno == EINTR)
				continue;
			child_fails(report, "KVM_RUN");
		}
		report->exit_reason = run->exit_reason;
		if (run->exit_reason != KVM_EXIT_IO && run->exit_reason != KVM_EXIT_MMIO)
			_exit(1);
		report->rounds++;
	}
	_exit(0);
}

/* ---- In the parent ---- */

static struct error *child_start(struct probe_report *report, struct process *ret)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		child_measure(report, parent);
	if (pid < 0)
		return error_os(errno, "fork");
	ret->pid = pid;
	ret->pidfd = pidfd_open(pid, 0);
	if (ret->pidfd < 0)
		return error_os(errno, "pidfd_open");
	return NULL;
}

static struct error *child_judge(const struct probe_report *report, uint64_t took_ms)
{
	if (report->rounds == KVM_PROBE_ROUNDS)
		return NULL;
	if (report->failed)
		return error_os(report->err_no, KVM_DEVICE " does not work: %s",
				report->failed);
	if (took_ms < KVM_PROBE_DEADLINE_MS)
		/* One that runs in any KVM that works. */
		return error_new(ERROR_FAILED,
				 KVM_DEVICE
				 " is broken (a test guest dies in it: KVM exit %u "
				 "after %u ms)",
				 report->exit_reason, (unsigned int)took_ms);
	return error_new(ERROR_FAILED,
			 KVM_DEVICE
			 " is too slow (%.1f of %u million loop turns in %u ms)",
			 (double)report->rounds / KVM_PROBE_ROUNDS * KVM_PROBE_TURNS /
				 1e6,
			 KVM_PROBE_TURNS / 1000000, (unsigned int)KVM_PROBE_DEADLINE_MS);
}

static struct error *child_watch(const struct probe_report *report, struct process *child)
{
	uint64_t began_ms = clock_ms();
	uint64_t took_ms;
	struct error *err, *killed;
	int status;

	err = process_wait(child, began_ms + KVM_PROBE_DEADLINE_MS, &status);
	took_ms = clock_ms() - began_ms;
	log_debug("kvm: %u of %u rounds in %u ms", report->rounds, KVM_PROBE_ROUNDS,
		  (unsigned int)took_ms);
	if (!err)
		return child_judge(report, took_ms);
	error_free(err);
	err = child_judge(report, KVM_PROBE_DEADLINE_MS);
	process_kill(child, SIGKILL);
	killed = process_wait(child, clock_ms() + KILL_PATIENCE_MS, &status);
	if (error_is(killed, ERROR_TIMEOUT)) {
		/* Stuck in the kernel: it dies when that lets go of it. */
		child->pid = 0;
		close_fd(child->pidfd);
	}
	error_ignore(killed);
	return err;
}

struct error *kvm_probe(void)
{
	_cleanup_process_ struct process child = PROCESS_NONE;
	struct probe_report *report;
	struct error *err;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return error_os(errno, "mmap");
	err = child_start(report, &child);
	if (!err)
		err = child_watch(report, &child);
	(void)munmap(report, sizeof(*report)); /* ours */
	return err;
}
