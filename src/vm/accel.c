// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The choice of the accelerator.  What was measured is kept in the store, under a key of
 * this boot of the host, this QEMU and this architecture; whether the user may open
 * /dev/kvm costs nothing to ask, and is asked each time.
 */
#include "vm/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/digest.h"
#include "os/file.h"
#include "os/spawn.h"
#include "vm/kvm-probe.h"

#define PROBE_KIND "probe"
#define PROBE_FILE "kvm"
#define PROBE_YES "yes"
/* QEMU with KVM under -S: starts, answers, quits. */
#define QEMU_TRY_TIMEOUT_MS 10000

/* ---- QEMU, once for real ---- */

static struct error *feed_commands(int *ret_fd)
{
	static const char commands[] = "{\"execute\":\"qmp_capabilities\"}\n"
				       "{\"execute\":\"quit\"}\n";
	_cleanup_close_ int out = -1;
	_cleanup_close_ int in = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_os(errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	TRY(fd_write_all(out, commands, sizeof(commands) - 1));
	*ret_fd = take_fd(in);
	return NULL;
}

static struct error *qemu_try(const struct arch *arch, const char *qemu)
{
	_cleanup_process_ struct process process = PROCESS_NONE;
	const char *machine = arch_machine_find(arch, NULL)->name;
	const char *const argv[] = {
		qemu,	    "-nodefaults", "-no-user-config",
		"-display", "none",	   "-machine",
		machine,    "-accel",	   "kvm",
		"-cpu",	    arch->cpu_kvm, "-S",
		"-qmp",	    "stdio",	   NULL,
	};
	_cleanup_close_ int commands = -1;
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int status;

	TRY(feed_commands(&commands));
	TRY(process_spawn(&(struct spawn_options){ .argv = (char *const *)argv,
						   .standard_input = &commands,
						   .standard_output = &null,
						   .standard_error = &null,
						   .die_with_parent = true,
						   .new_process_group = true },
			  &process));
	TRY_WRAP(process_wait(&process, clock_ms() + QEMU_TRY_TIMEOUT_MS, &status),
		 "%s with KVM", path_base(qemu));
	if (WIFSIGNALED(status))
		return error_new(ERROR_FAILED, "%s with KVM dies by signal %d",
				 path_base(qemu), WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_new(ERROR_FAILED, "%s with KVM fails with status %d",
				 path_base(qemu), WEXITSTATUS(status));
	return NULL;
}

/* ---- What is known ---- */

static struct error *probe_key(const struct arch *arch, const char *qemu,
			       char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	_cleanup_free_ char *boot = NULL;
	struct stat st;

	if (stat(qemu, &st) < 0)
		return error_os(errno, "cannot look at %s", qemu);
	TRY(file_read_line("/proc/sys/kernel/random/boot_id", &boot));
	digest_add_string(digest, boot);
	digest_add_string(digest, arch->name);
	digest_add_identity(digest, qemu, &st);
	digest_hex(digest, ret);
	return NULL;
}

static char *probe_recall(struct store *store, const char *key)
{
	_cleanup_free_ char *entry = store_lookup(store, PROBE_KIND, key);
	_cleanup_free_ char *path = entry ? path_join(entry, PROBE_FILE) : NULL;
	char *result = NULL;

	/* One that cannot be read is measured again. */
	if (path)
		error_ignore(file_read_line(path, &result));
	return result;
}

static struct error *probe_remember(struct store *store, const char *key,
				    const char *result)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *entry = NULL;

	TRY(store_draft_new(store, PROBE_KIND, key, &draft));
	path = path_join(store_draft_path(draft), PROBE_FILE);
	TRY(file_write(path, result, strlen(result), 0644));
	return store_draft_publish(take_ptr(draft), &entry);
}

/* "yes", or the reason why not. */
static char *probe_measure(const struct arch *arch, const char *qemu)
{
	struct error *err = kvm_probe();
	char *result;

	if (!err)
		err = qemu_try(arch, qemu);
	result = xstrdup(err ? error_sentence(err) : PROBE_YES);
	error_free(err);
	return result;
}

static struct error *probe(struct store *store, const struct arch *arch, const char *qemu)
{
	_cleanup_free_ char *path = program_find(qemu);
	_cleanup_free_ char *result = NULL;
	char key[DIGEST_HEX_SIZE];

	if (!path)
		return error_new(ERROR_MISSING, "%s is not installed", qemu);
	TRY(probe_key(arch, path, key));
	if (store)
		result = probe_recall(store, key);
	if (!result) {
		result = probe_measure(arch, path);
		/* Next time it is measured again: no harm but its time. */
		if (store)
			error_ignore(probe_remember(store, key, result));
	}
	if (streq(result, PROBE_YES))
		return NULL;
	return error_new(ERROR_FAILED, "%s", result);
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
