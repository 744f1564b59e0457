// SPDX-License-Identifier: GPL-2.0-or-later
/* Fetching against an archive of the test's own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "archive-fixture.h"
#include "kernel/fetch-source.h"
#include "kernel/headers.h"
#include "kernel/packages.h"

static int set_up(void **state)
{
	struct archive_fixture *f = xnew(struct archive_fixture);

	archive_fixture_init(f);
	MAKE(f, "kernel", "amd64", "6.1.0-1-amd64", "6.1.1-1");
	sign(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct archive_fixture *f = *state;

	archive_fixture_deinit(f);
	free(f);
	return 0;
}

static struct fetch_options options_of(const struct archive_fixture *f)
{
	return (struct fetch_options){
		.suite = "test",
		.arch = arch_find("x86_64"),
		.mirror = f->uri,
		.keyring = f->keyring,
	};
}

static size_t count_entries(const struct archive_fixture *f, const char *directory)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", store_root(f->store), directory);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	return count;
}

static void test_fetches_and_keeps(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_(kernel_freep) struct kernel *again = NULL;
	_cleanup_free_ char *module = NULL;
	_cleanup_free_ char *link = NULL;
	_cleanup_free_ char *readme = NULL;

	assert_ok(kernel_fetch(f->store, &options, &kernel));
	assert_string_equal(kernel->name, "debian-6.1.0-1-amd64");
	assert_string_equal(kernel->release, "6.1.0-1-amd64");
	assert_ptr_equal(kernel->arch, arch_find("x86_64"));
	assert_true(has_suffix(kernel->image, "/boot/vmlinuz-6.1.0-1-amd64"));
	assert_true(kernel->has_btf);
	assert_null(kernel->vmlinux);
	module = path_join(kernel->modules, "kernel/fs/foo.ko");
	assert_true(path_exists(module));

	/* Links of the package, and what klab has no use for, stay out. */
	link = path_join(kernel->modules, "build");
	assert_false(path_exists(link));
	readme = xasprintf("%s/entries/kernel/%s/usr/share/doc/README",
			   store_root(f->store), kernel->name);
	assert_false(path_exists(readme));

	/* Nothing is left over, and without the archive the stored one does. */
	assert_int_equal(count_entries(f, "tmp"), 0);
	assert_ok(tree_remove(f->archive));
	assert_ok(kernel_fetch(f->store, &options, &again));
	assert_string_equal(again->image, kernel->image);
}

static void test_newer_version_appears(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *old = NULL;
	_cleanup_(kernel_freep) struct kernel *stored = NULL;
	_cleanup_(kernel_freep) struct kernel *new = NULL;

	assert_ok(kernel_fetch(f->store, &options, &old));
	MAKE(f, "kernel", "amd64", "6.1.0-10-amd64", "6.1.10-1");
	sign(f);
	assert_ok(kernel_fetch(f->store, &options, &stored));
	assert_string_equal(stored->release, "6.1.0-1-amd64");
	options.again = true;
	assert_ok(kernel_fetch(f->store, &options, &new));
	assert_string_equal(new->release, "6.1.0-10-amd64");
	assert_int_equal(count_entries(f, "entries/kernel"), 2);
}

/* The archive builds the same release once more: the store has the newer build. */
static void test_rebuilt_under_the_same_name(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *root = xstrdup(store_root(f->store));
	_cleanup_free_ char *meta = NULL;
	_cleanup_bytes_ struct bytes bytes = { 0 };

	assert_ok(kernel_fetch(f->store, &options, &kernel));
	kernel_free(take_ptr(kernel));
	MAKE(f, "kernel", "amd64", "6.1.0-1-amd64", "6.1.1-2");
	sign(f);
	options.again = true;
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_BUSY, "in use");

	store_free(f->store);
	assert_ok(store_open(root, &f->store));
	assert_ok(kernel_fetch(f->store, &options, &kernel));
	meta = xasprintf("%s/entries/kernel/%s/meta.json", root, kernel->name);
	assert_ok(file_read(meta, 1 << 20, &bytes));
	assert_non_null(memmem(bytes.data, bytes.size, "6.1.1-2", 7));
}

static void test_split_packages(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;

	MAKE(f, "split", "amd64", "7.2.1+x-cloud-amd64", "7.2.1-1", "cloud-amd64");
	sign(f);
	options.flavour = "cloud-amd64";
	assert_ok(kernel_fetch(f->store, &options, &kernel));
	assert_string_equal(kernel->release, "7.2.1+x-cloud-amd64");
	assert_true(has_suffix(kernel->image, "/vmlinuz"));
	assert_non_null(kernel->modules);
	assert_true(path_exists(kernel->image));
}

static void test_debug(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *plain = NULL;
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;

	assert_ok(kernel_fetch(f->store, &options, &plain));
	assert_null(plain->vmlinux);
	options.debug = true;
	assert_ok(kernel_fetch(f->store, &options, &kernel));
	assert_true(has_suffix(kernel->vmlinux, "vmlinux-6.1.0-1-amd64"));
	assert_int_equal(count_entries(f, "entries/kernel-debug"), 1);
}

static void assert_nothing_stored(const struct archive_fixture *f)
{
	assert_int_equal(count_entries(f, "entries/kernel"), 0);
	assert_int_equal(count_entries(f, "tmp"), 0);
}

/* One byte is changed, the size is not.  Twice, since what the first try left lying must
 * not pass in the second. */
static void test_tampered_package(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *deb =
		xasprintf("%s/pool/linux-image-6.1.0-1-amd64_6.1.1-1_amd64.deb",
			  f->archive);
	int fd = open(deb, O_RDWR | O_CLOEXEC);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, 100000), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 100000), 1);
	close(fd);
	for (int i = 0; i < 2; i++) {
		assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_CORRUPT,
			     "linux-image");
		assert_nothing_stored(f);
	}
}

static void test_tampered_list(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *list =
		xasprintf("%s/dists/test/main/binary-amd64/Packages", f->archive);
	int fd = open(list, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "q", 1, 3), 1);
	close(fd);
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_CORRUPT, "");
	assert_nothing_stored(f);
}

static void test_foreign_signature(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *other = path_join(f->root, "other");
	_cleanup_free_ char *keyring = path_join(other, "key.gpg");

	assert_ok(dir_make(other, 0755));
	make_archive(other, "key", NULL);
	options.keyring = keyring;
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_REFUSED, "");
	assert_nothing_stored(f);
}

static void test_unsigned_archive(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *signed_list =
		xasprintf("%s/dists/test/InRelease", f->archive);

	assert_int_equal(unlink(signed_list), 0);
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_REFUSED,
		     "not signed");
	assert_nothing_stored(f);
}

/* What a spec resolves to is fetched as the caller says, and the store keeps to the size
 * that the caller says. */
static void test_resolving_fetches(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options fetch = options_of(f);
	const struct kernel_resolve_options resolve = { .spec = "debian:test",
							.arch = arch_find("x86_64"),
							.fetch = &fetch };
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *root = xstrdup(store_root(f->store));
	_cleanup_free_ char *old = NULL;
	struct store_draft *draft;

	assert_ok(store_draft_new(f->store, "vmlinux", "old", &draft));
	assert_ok(store_draft_publish(draft, &old));
	store_free(f->store); /* and with it the use of the old one */
	assert_ok(store_open(root, &f->store));
	assert_ok(kernel_resolve(f->store, &resolve, &kernel));
	assert_string_equal(kernel->release, "6.1.0-1-amd64");
	assert_true(path_is_dir(old));
	MAKE(f, "kernel", "amd64", "6.1.0-2-amd64", "6.1.2-1");
	sign(f);
	kernel_free(take_ptr(kernel));
	fetch.again = true;
	fetch.store_budget = 1;
	assert_ok(kernel_fetch(f->store, &fetch, &kernel));
	assert_false(path_is_dir(old));
	assert_int_equal(count_entries(f, "entries/kernel"),
			 2); /* only who asks loses them */
}

static void test_what_the_archive_lacks(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;

	options.arch = arch_find("aarch64");
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_NOT_FOUND,
		     "no package linux-image-arm64 for arm64");
	options = options_of(f);
	options.flavour = "rt-amd64";
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_NOT_FOUND,
		     "linux-image-rt-amd64");
	options = options_of(f);
	options.suite = "nosuch";
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_NOT_FOUND,
		     "nosuch");
	assert_nothing_stored(f);
}

static void test_no_network(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_error_ struct error *err = NULL;

	/* A name that can't exist (RFC 2606). */
	options.mirror = "http://archive.invalid/debian";
	err = kernel_fetch(f->store, &options, &kernel);
	assert_non_null(err);
	assert_non_null(strstr(error_sentence(err), "archive.invalid"));
	assert_non_null(strstr(error_hint_text(err), "-k"));
}

static void test_no_apt(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *path = xstrdup(getenv("PATH"));

	setenv("PATH", f->root, 1);
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_MISSING, "apt-get");
	setenv("PATH", path, 1);
}

static void test_program_for_guests(void **state)
{
	struct archive_fixture *f = *state;
	struct package_file_options options = {
		.package = "busybox-static",
		.file = "bin/busybox",
		.arch = arch_find("aarch64"),
	};
	struct fetch_options fetch = options_of(f);
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *again = NULL;

	MAKE(f, "busybox", "arm64", "1:1.35.0-4");
	sign(f);
	/* The test itself is no static program. */
	options.host = "/proc/self/exe";
	assert_error(package_file(f->store, &options, &path), ERROR_MISSING,
		     "busybox-static");
	options.fetch = &fetch;
	assert_ok(package_file(f->store, &options, &path));
	assert_int_equal(access(path, X_OK), 0);
	assert_ok(tree_remove(f->archive));
	assert_ok(package_file(f->store, &options, &again));
	assert_string_equal(path, again);
}

/* A server of the archive that stops in the middle of each package and waits until the
 * client goes away.  Exits with 0 when that happened. */
static void serve_one(int fd, const char *archive)
{
	char request[4096] = "";
	size_t length = 0;

	while (!strstr(request, "\r\n\r\n")) {
		ssize_t n = read(fd, request + length, sizeof(request) - 1 - length);

		if (n <= 0)
			return;
		length += (size_t)n;
		request[length] = '\0';
	}
	char *path = request + strlen("GET /");
	path[strcspn(path, " ")] = '\0';
	_cleanup_free_ char *name = path_join(archive, path);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	if (file_read(name, 1 << 20, &bytes)) {
		dprintf(fd, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
		return serve_one(fd, archive);
	}
	dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes.size);
	if (!strstr(name, "/linux-image-6")) {
		if (fd_write_all(fd, bytes.data, bytes.size))
			return;
		return serve_one(fd, archive);
	}
	if (fd_write_all(fd, bytes.data, bytes.size / 2))
		_exit(1);
	struct pollfd gone = { .fd = fd, .events = POLLIN | POLLRDHUP };
	_exit(poll(&gone, 1, SCRIPT_TIMEOUT_MS) == 1 ? 0 : 1);
}

static pid_t start_server(const char *archive, uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		alarm(SCRIPT_TIMEOUT_MS / 1000);
		for (;;) {
			int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			serve_one(client, archive);
			close(client);
		}
	}
	close(fd);
	return pid;
}

static struct error *stop_in_package(const char *stage, uint64_t done, uint64_t total,
				     void *argument)
{
	bool *stopped = argument;

	if (!has_prefix(stage, "linux-image-6") || done == 0)
		return NULL;
	assert_true(done < total);
	*stopped = true;
	return error_new(ERROR_INTERRUPTED, "stopped by the user");
}

static void test_interrupted(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	bool stopped = false;
	const struct fetch_progress progress = { stop_in_package, &stopped };
	_cleanup_free_ char *uri = NULL;
	uint16_t port;
	pid_t server;
	int status;

	server = start_server(f->archive, &port);
	setenv("no_proxy", "127.0.0.1", 1);
	uri = xasprintf("http://127.0.0.1:%u", port);
	options.mirror = uri;
	options.progress = &progress;
	assert_error(kernel_fetch(f->store, &options, &kernel), ERROR_INTERRUPTED,
		     "stopped by the user");
	assert_true(stopped);
	/* apt and its helper are gone, or the server would still wait for them. */
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
	assert_nothing_stored(f);

	options = options_of(f);
	assert_ok(kernel_fetch(f->store, &options, &kernel));
}

/* A file below the directory of headers, its first line. */
static void assert_line(const char *directory, const char *name, const char *wanted)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_free_ char *line = NULL;

	assert_ok(file_read_line(path, &line));
	assert_string_equal(line, wanted);
}

static void assert_no_tree(const struct archive_fixture *f, const char *name)
{
	_cleanup_free_ char *pattern = xasprintf("%s/%s*", f->root, name);
	glob_t found = { 0 };

	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
}

static void test_source(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_free_ char *wanted = path_join(f->root, "tree");
	_cleanup_free_ char *directory = NULL;

	assert_error(kernel_fetch_source(f->store, &options, wanted, &directory),
		     ERROR_NOT_FOUND, "fetching the source of a kernel");
	MAKE(f, "source", "6.1.4-1", "6.1");
	sign(f);
	options.again = true;
	assert_ok(kernel_fetch_source(f->store, &options, wanted, &directory));
	assert_string_equal(directory, wanted);
	assert_line(directory, "Makefile", "VERSION = 6");
	assert_line(directory, "init/link", "VERSION = 6");
	free(take_ptr(directory));
	assert_error(kernel_fetch_source(f->store, &options, wanted, &directory),
		     ERROR_EXISTS, "is there already");
	assert_ok(tree_remove(wanted));

	/* What is no tarball leaves nothing. */
	MAKE(f, "source", "6.1.5-1", "6.1", "hello");
	sign(f);
	assert_error(kernel_fetch_source(f->store, &options, wanted, &directory),
		     ERROR_FAILED, "tar");
	assert_no_tree(f, "tree");
}

/* kbuild's programs run here, whatever architecture the kernel is of. */
static void test_headers(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *again = NULL;

	MAKE(f, "kernel", "arm64", "6.1.0-1-arm64", "6.1.1-1");
	MAKE(f, "headers", "arm64", "6.1.0-1-arm64", "6.1.1-1", "6.1");
	sign(f);
	options.arch = arch_find("aarch64");
	assert_ok(kernel_fetch(f->store, &options, &kernel));
	assert_string_equal(kernel->suite, "test");
	assert_ok(kernel_build_directory(f->store, kernel, &options, &directory));
	assert_true(has_suffix(directory, "/usr/src/linux-headers-6.1.0-1-arm64"));
	assert_line(directory, "scripts/program", arch_host()->debian);
	assert_line(directory, "../linux-headers-common/scripts/program",
		    arch_host()->debian);
	assert_line(directory, "Makefile",
		    "include $(dir $(lastword $(MAKEFILE_LIST)))../linux-headers-common/"
		    "Makefile");
	assert_int_equal(count_entries(f, "tmp"), 0);

	/* Stored: the archive is not asked again. */
	assert_ok(tree_remove(f->archive));
	assert_ok(kernel_build_directory(f->store, kernel, &options, &again));
	assert_string_equal(again, directory);
}

static void test_headers_that_are_gone(void **state)
{
	struct archive_fixture *f = *state;
	struct fetch_options options = options_of(f);
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	_cleanup_free_ char *directory = NULL;
	struct error *err;

	assert_ok(kernel_fetch(f->store, &options, &kernel));
	err = kernel_build_directory(f->store, kernel, &options, &directory);
	assert_non_null(err);
	assert_non_null(strstr(error_hint_text(err), "--again"));
	assert_error(err, ERROR_NOT_FOUND, "linux-headers-6.1.0-1-amd64");
	assert_int_equal(count_entries(f, "entries/kernel-headers"), 0);
	assert_int_equal(count_entries(f, "tmp"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_fetches_and_keeps),
		TEST(test_newer_version_appears),
		TEST(test_rebuilt_under_the_same_name),
		TEST(test_split_packages),
		TEST(test_debug),
		TEST(test_tampered_package),
		TEST(test_tampered_list),
		TEST(test_foreign_signature),
		TEST(test_unsigned_archive),
		TEST(test_resolving_fetches),
		TEST(test_what_the_archive_lacks),
		TEST(test_no_network),
		TEST(test_no_apt),
		TEST(test_program_for_guests),
		TEST(test_interrupted),
		TEST(test_source),
		TEST(test_headers),
		TEST(test_headers_that_are_gone),
	};

	if (!archive_fixture_is_possible())
		return 77; /* meson: skipped; tests/skips has to list it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
