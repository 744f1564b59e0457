// SPDX-License-Identifier: GPL-2.0-or-later
/* Starting the keeper's QEMU: the sockets between the two, and the process. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "os/file.h"
#include "vm/keeper-internal.h"
#include "vm/virtiofsd.h"

/* QEMU's descriptors, in its own numbers. */
enum { QEMU_QMP_FD = 3, QEMU_AGENT_FD, QEMU_CONSOLE_FD, QEMU_SHARE_FD };

void wires_deinit(struct wires *wires)
{
	for (int i = 0; i < 2; i++) {
		close_fd(wires->qmp[i]);
		close_fd(wires->agent[i]);
		close_fd(wires->console[i]);
		close_fd(wires->output[i]);
	}
	for (size_t i = 0; i < wires->share_count; i++)
		close_fd(wires->shares[i]);
	free(wires->shares);
}

struct error *wires_make(struct wires *wires)
{
	int *const pairs[] = { wires->qmp, wires->agent, wires->console };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]) < 0)
			return error_os(errno, "cannot make sockets for QEMU");
	if (pipe2(wires->output, O_CLOEXEC) < 0)
		return error_os(errno, "cannot make a pipe for QEMU");
	return fd_set_nonblock(wires->output[0], true);
}

struct error *servers_spawn(struct keeper *keeper, const struct machine *machine,
			    struct wires *wires)
{
	wires->shares = xcalloc(machine->share_count, sizeof(*wires->shares));
	keeper->servers = xcalloc(machine->share_count, sizeof(*keeper->servers));
	for (size_t i = 0; i < machine->share_count; i++) {
		const struct machine_share *share = &machine->shares[i];

		if (!share->server)
			continue;
		TRY(virtiofsd_start(share->server, share->path, keeper->runtime.path,
				    wires->output[1],
				    &keeper->servers[keeper->server_count],
				    &wires->shares[wires->share_count]));
		keeper->server_count++;
		wires->share_count++;
	}
	return NULL;
}

void servers_end(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->server_count; i++)
		process_deinit(&keeper->servers[i]);
	free(keeper->servers);
}

/* What QEMU gets, in the numbers that its command line has. */
static struct spawn_fd *qemu_fds(const struct wires *wires, size_t *ret_count)
{
	const struct spawn_fd fixed[] = {
		{ wires->qmp[1], QEMU_QMP_FD },
		{ wires->agent[1], QEMU_AGENT_FD },
		{ wires->console[1], QEMU_CONSOLE_FD },
	};
	size_t count = ARRAY_SIZE(fixed);
	struct spawn_fd *fds = xcalloc(count + wires->share_count, sizeof(*fds));

	memcpy(fds, fixed, sizeof(fixed));
	for (size_t i = 0; i < wires->share_count; i++)
		fds[count++] =
			(struct spawn_fd){ wires->shares[i], QEMU_SHARE_FD + (int)i };
	*ret_count = count;
	return fds;
}

static struct error *qemu_check_installed(const struct machine *machine)
{
	const char *name = machine->qemu ? machine->qemu : machine->arch->qemu;
	_cleanup_free_ char *found = program_find(name);

	if (found)
		return NULL;
	return error_hint(error_new(ERROR_MISSING, "%s is not installed", name),
			  "On Debian: apt install %s", machine->arch->qemu_package);
}

struct error *qemu_spawn(const struct machine *machine, const struct wires *wires,
			 struct process *ret)
{
	_cleanup_strv_ struct strv argv = { 0 };
	const struct machine_wires numbers = {
		.qmp_fd = QEMU_QMP_FD,
		.agent_fd = QEMU_AGENT_FD,
		.console_fd = QEMU_CONSOLE_FD,
		.share_fd = QEMU_SHARE_FD,
	};
	_cleanup_free_ struct spawn_fd *fds = NULL;
	size_t fd_count;

	TRY(qemu_check_installed(machine));
	TRY(qemu_command(machine, &numbers, &argv));
	fds = qemu_fds(wires, &fd_count);
	/* Out of reach of the terminal's Ctrl-C: that is the guest command's. */
	return process_spawn(
		&(struct spawn_options){
			.argv = strv_argv(&argv),
			.standard_output = &wires->output[1],
			.standard_error = &wires->output[1],
			.fds = fds,
			.fd_count = fd_count,
			.die_with_parent = true,
			.new_process_group = true,
		},
		ret);
}
