// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtiofsd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "os/file.h"
#include "vm/probe.h"

#define NAME "virtiofsd"
#define SOCKET NAME ".socket"
#define HELP_TIMEOUT_MS 10000
#define HELP_MAX (256 * 1024)
/* As many files as a guest of 1 GiB looks at before it forgets the first again, about. */
#define FILES_MIN (128 * 1024)
#define LISTEN_FD 3 /* in virtiofsd */
#define QEMU_FD 3   /* in QEMU, when it is tried */
#define TRY_SIZE "64M"

struct error *virtiofsd_check_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max >= FILES_MIN)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 NAME
			 " may have only %llu files open (ulimit -Hn), which a guest "
			 "that looks at many would exhaust",
			 (unsigned long long)limit.rlim_max);
}

/* Those that klab needs: QEMU's own of old has no way to refuse writes. */
static struct error *check_options(const char *program)
{
	static const char *const options[] = { "--fd", "--readonly", "--sandbox",
					       "--no-announce-submounts" };
	char *const argv[] = { (char *)program, (char *)"--help", NULL };
	_cleanup_bytes_ struct bytes help = { 0 };
	_cleanup_free_ char *text = NULL;
	int status;

	TRY(process_capture(argv, HELP_TIMEOUT_MS, HELP_MAX, &help, NULL, &status));
	text = xstrndup(help.size ? (const char *)help.data : "", help.size);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strstr(text, options[i]))
			return error_new(ERROR_UNSUPPORTED, "%s has no option %s",
					 program, options[i]);
	return NULL;
}

/* A socket that listens, and a connection to it that waits there.  Its name is needed for
 * that only; sun_path is short: go by /proc/self/fd. */
static struct error *make_connection(const char *directory, int *ret_listening,
				     int *ret_connected)
{
	_cleanup_close_ int place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_close_ int connected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *to = (const struct sockaddr *)&address;
	bool done;

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "/proc/self/fd/%d/" SOCKET, place);
	done = place >= 0 && bind(listening, to, sizeof(address)) == 0 &&
	       listen(listening, 1) == 0 && connect(connected, to, sizeof(address)) == 0;
	if (!done)
		return error_os(errno, "cannot make a socket for " NAME " in %s",
				directory);
	if (unlinkat(place, SOCKET, 0) < 0)
		return error_os(errno, "cannot remove " SOCKET " in %s", directory);
	*ret_listening = take_fd(listening);
	*ret_connected = take_fd(connected);
	return NULL;
}

struct error *virtiofsd_start(const char *program, const char *shared,
			      const char *directory, int output, struct process *ret,
			      int *ret_fd)
{
	/* Without a sandbox of its own, for which it would need privilege.  What is mounted
	 * below shall look like any directory: an overlay refuses the others. */
	const char *const words[] = {
		program,
		"--shared-dir",
		shared,
		"--readonly",
		"--sandbox=none",
		"--no-announce-submounts",
		"--log-level=error",
		NULL,
	};
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_close_ int listening = -1;
	_cleanup_close_ int connected = -1;

	strv_push_all(&argv, words);
	strv_pushf(&argv, "--fd=%d", LISTEN_FD);
	TRY(make_connection(directory, &listening, &connected));
	TRY(process_spawn(
		&(struct spawn_options){
			.argv = strv_argv(&argv),
			.standard_output = &output,
			.standard_error = &output,
			.fds = &(struct spawn_fd){ listening, LISTEN_FD },
			.fd_count = 1,
			.die_with_parent = true,
			.new_process_group = true,
		},
		ret));
	*ret_fd = take_fd(connected);
	return NULL;
}

struct virtiofsd_try {
	const char *program;
	const struct arch *arch;
	const char *qemu;
};

/* Both together: QEMU makes such a device only if the other end answers. */
static struct error *try_in(const struct virtiofsd_try *it, const char *directory)
{
	const char *const words[] = {
		it->qemu,
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-machine",
		arch_machine_find(it->arch, NULL)->name,
		"-S",
		"-qmp",
		"stdio",
		"-m",
		TRY_SIZE,
		"-object",
		"memory-backend-memfd,id=ram,share=on,size=" TRY_SIZE,
		"-machine",
		"memory-backend=ram",
		"-device",
		"vhost-user-fs-pci,chardev=share,tag=try",
		NULL,
	};
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	_cleanup_strv_ struct strv argv = { 0 };

	TRY(virtiofsd_start(it->program, directory, directory, null, &process, &fd));
	strv_push_all(&argv, words);
	strv_push(&argv, "-chardev");
	strv_pushf(&argv, "socket,id=share,fd=%d", QEMU_FD);
	return probe_qemu(&argv, &(struct spawn_fd){ fd, QEMU_FD }, 1, it->program);
}

static struct error *try_virtiofsd(void *argument)
{
	const struct virtiofsd_try *it = argument;
	_cleanup_temp_dir_ char *directory = NULL;

	TRY(check_options(it->program));
	TRY(temp_dir_make("klab-virtiofsd", &directory));
	return try_in(it, directory);
}

static char *find_program(void)
{
	static const char *const places[] = {
		NAME,
		"/usr/libexec/" NAME,
		"/usr/lib/" NAME,
		"/usr/lib/qemu/" NAME,
	};
	char *path = NULL;

	for (size_t i = 0; !path && i < ARRAY_SIZE(places); i++)
		path = program_find(places[i]);
	return path;
}

struct error *virtiofsd_find(struct store *store, const struct arch *arch,
			     const char *qemu, char **ret)
{
	_cleanup_free_ char *program = find_program();
	struct virtiofsd_try it = { program, arch, qemu };

	if (!program)
		return error_hint(error_new(ERROR_MISSING, "there is no virtiofsd"),
				  "the package virtiofsd, where there is one");
	TRY(probe_ask(store,
		      &(struct probe){
			      .what = NAME,
			      .arch = arch,
			      .programs = (const char *const[]){ program, qemu, NULL },
			      .try = try_virtiofsd,
			      .argument = &it,
		      }));
	*ret = take_ptr(program);
	return NULL;
}
