// SPDX-License-Identifier: GPL-2.0-or-later
/* Sources by URL, from a server of this test's own that has bad habits (serve.py). */
#include "kernel/download.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/fetch-source.h"
#include "os/digest.h"
#include "os/file.h"
#include "os/spawn.h"
#include "unit.h"

#define SCRIPT_TIMEOUT_MS 60000

struct fixture {
	char *root;
	char *served;
	char *wanted; /* the directory */
	char *base;   /* of the server's URLs, without a slash */
	struct store *store;
	struct process server;
};

static void shell(const struct fixture *f, const char *script)
{
	char name[] = "sh", option[] = "-ec";
	_cleanup_free_ char *line = xasprintf("cd '%s'; %s", f->served, script);
	char *const argv[] = { name, option, line, NULL };
	_cleanup_bytes_ struct bytes out = { 0 }, errors = { 0 };
	int status;

	assert_ok(process_capture(argv, SCRIPT_TIMEOUT_MS, 1 << 20, &out, &errors,
				  &status));
	if (status != 0)
		fail_msg("%s: %.*s", script, (int)errors.size, (const char *)errors.data);
}

/* Until it says its port. */
static void start_server(struct fixture *f, const char *scheme, const char *certificate,
			 const char *key)
{
	_cleanup_strv_ struct strv argv = { 0 };
	char port[16] = "";
	int ends[2];

	strv_push_take(&argv, path_join(getenv("KLAB_TESTS"), "unit/serve.py"));
	strv_push(&argv, f->served);
	if (certificate) {
		strv_push(&argv, certificate);
		strv_push(&argv, key);
	}
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	process_deinit(&f->server);
	assert_ok(process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv),
							 .standard_output = &ends[1],
							 .die_with_parent = true },
				&f->server));
	close(ends[1]);
	assert_true(read(ends[0], port, sizeof(port) - 1) > 0);
	close(ends[0]);
	free(f->base);
	f->base = xasprintf("%s://127.0.0.1:%d", scheme, atoi(port));
}

static int set_up(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	f->server = PROCESS_NONE;
	assert_ok(temp_dir_make("klab-download", &f->root));
	f->served = path_join(f->root, "served");
	f->wanted = path_join(f->root, "wanted");
	store = path_join(f->root, "store");
	assert_ok(dir_make(f->served, 0755));
	assert_ok(store_open(store, &f->store));
	shell(f, "mkdir -p linux-1.2/init; echo VERSION = 1 >linux-1.2/Makefile;"
		 "head -c 300000 /dev/urandom >linux-1.2/init/main.c;"
		 "for z in gz xz zst; do tar -caf linux-1.2.tar.$z linux-1.2; done");
	setenv("no_proxy", "127.0.0.1", 1);
	start_server(f, "http", NULL, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	process_deinit(&f->server);
	store_free(f->store);
	temp_dir_free(f->root);
	free(f->served);
	free(f->wanted);
	free(f->base);
	free(f);
	return 0;
}

static const char some_digest[] =
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* From this path of the server; file says whose digest it must have, NULL: none's. */
static struct error *fetch(const struct fixture *f, const char *path, const char *file,
			   const struct fetch_progress *progress)
{
	_cleanup_free_ char *url = xasprintf("%s/%s", f->base, path);
	_cleanup_free_ char *directory = NULL;
	char sha256[DIGEST_HEX_SIZE];
	struct tarball_options options = { .url = url,
					   .sha256 = some_digest,
					   .directory = f->wanted,
					   .progress = progress };

	if (file) {
		_cleanup_free_ char *served = path_join(f->served, file);

		assert_ok(digest_file(served, sha256));
		options.sha256 = sha256;
	}
	TRY(kernel_fetch_tarball(f->store, &options, &directory));
	assert_string_equal(directory, f->wanted);
	return NULL;
}

static void assert_none(const struct fixture *f, const char *what)
{
	_cleanup_free_ char *pattern = path_join(f->root, what);
	glob_t found = { 0 };

	if (glob(pattern, 0, NULL, &found) != GLOB_NOMATCH)
		fail_msg("%s is left", found.gl_pathv[0]);
}

static void assert_nothing_left(const struct fixture *f)
{
	assert_none(f, "wanted*");
	assert_none(f, "store/tmp/*");
	assert_none(f, "store/entries/*");
}

static void test_any_compression(void **state)
{
	static const char *const files[] = { "linux-1.2.tar.gz", "linux-1.2.tar.xz",
					     "linux-1.2.tar.zst" };
	struct fixture *f = *state;
	_cleanup_free_ char *makefile = path_join(f->wanted, "Makefile");

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *line = NULL;

		assert_ok(fetch(f, files[i], files[i], NULL));
		assert_ok(file_read_line(makefile, &line));
		assert_string_equal(line, "VERSION = 1");
		assert_ok(tree_remove(f->wanted));
		assert_nothing_left(f);
	}
}

static void test_what_is_there_is_not_touched(void **state)
{
	struct fixture *f = *state;

	assert_ok(dir_make(f->wanted, 0755));
	assert_error(fetch(f, "linux-1.2.tar.gz", "linux-1.2.tar.gz", NULL), ERROR_EXISTS,
		     "is there already");
	assert_none(f, "served/requests"); /* nor was anything asked */
}

static void test_another_file(void **state)
{
	struct fixture *f = *state;

	assert_error(fetch(f, "linux-1.2.tar.gz", NULL, NULL), ERROR_CORRUPT,
		     "its SHA-256 is ");
	assert_nothing_left(f);
}

static void test_no_file(void **state)
{
	struct fixture *f = *state;

	assert_error(fetch(f, "linux-1.3.tar.gz", NULL, NULL), ERROR_NOT_FOUND, "404");
	assert_nothing_left(f);
}

static void test_half_a_file(void **state)
{
	struct fixture *f = *state;

	assert_error(fetch(f, "short/linux-1.2.tar.gz", "linux-1.2.tar.gz", NULL),
		     ERROR_CLOSED, "the connection ended before the file did");
	assert_nothing_left(f);
}

static void test_no_server(void **state)
{
	struct fixture *f = *state;

	process_deinit(&f->server);
	f->server = PROCESS_NONE;
	assert_error(fetch(f, "linux-1.2.tar.gz", NULL, NULL), ERROR_FAILED, "connect");
	assert_nothing_left(f);
}

static void test_no_tarball(void **state)
{
	struct fixture *f = *state;

	shell(f,
	      "echo '<html>' >page.tar.gz; head -c 2000 linux-1.2.tar.xz >half.tar.xz");
	assert_error(fetch(f, "page.tar.gz", "page.tar.gz", NULL), ERROR_FAILED, "tar: ");
	assert_nothing_left(f);
	assert_error(fetch(f, "half.tar.xz", "half.tar.xz", NULL), ERROR_FAILED, "tar: ");
	assert_nothing_left(f);
}

static void test_paths_that_lead_elsewhere(void **state)
{
	struct fixture *f = *state;

	shell(f, "tar -P -cf up.tar --transform 's,^linux-1.2,linux-1.2/../../../evil,' "
		 "linux-1.2; mkdir evil; ln -s ../../.. evil/link; tar -cf link.tar evil;"
		 "rm evil/link; mkdir -p evil/link; echo x >evil/link/evil;"
		 "tar -rf link.tar evil/link/evil; rm -r evil");
	assert_error(fetch(f, "up.tar", "up.tar", NULL), ERROR_FAILED, "contains '..'");
	assert_nothing_left(f);
	assert_error(fetch(f, "link.tar", "link.tar", NULL), ERROR_FAILED, "tar: ");
	assert_nothing_left(f);
	assert_none(f, "evil");
	assert_none(f, "../evil");
}

static void test_redirects(void **state)
{
	struct fixture *f = *state;

	assert_ok(fetch(f, "again/4/linux-1.2.tar.gz", "linux-1.2.tar.gz", NULL));
	assert_ok(tree_remove(f->wanted));
	assert_error(fetch(f, "loop", NULL, NULL), ERROR_REFUSED, "again and again");
	assert_error(fetch(f, "file", NULL, NULL), ERROR_REFUSED, "does not follow");
	assert_error(fetch(f, "ftp", NULL, NULL), ERROR_REFUSED, "does not follow");
	assert_nothing_left(f);
}

/* Nobody whom this machine trusts says who this server is. */
static void test_https_is_verified(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *certificate = path_join(f->root, "certificate");
	_cleanup_free_ char *key = path_join(f->root, "key");

	shell(f,
	      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
	      "-addext subjectAltName=IP:127.0.0.1 -keyout ../key -out ../certificate");
	start_server(f, "https", certificate, key);
	assert_error(fetch(f, "linux-1.2.tar.gz", "linux-1.2.tar.gz", NULL),
		     ERROR_REFUSED, "certificate");
	assert_nothing_left(f);
	assert_none(f, "served/requests");
}

static struct error *stop_in_file(const char *stage, uint64_t done, uint64_t total,
				  void *argument)
{
	bool *stopped = argument;

	if (!done)
		return NULL;
	assert_string_equal(stage, "linux-1.2.tar.gz");
	assert_true(done < total);
	*stopped = true;
	return error_new(ERROR_INTERRUPTED, "stopped by the user");
}

static void test_interrupted(void **state)
{
	struct fixture *f = *state;
	bool stopped = false;
	const struct fetch_progress progress = { stop_in_file, &stopped };

	assert_error(fetch(f, "stall/linux-1.2.tar.gz", "linux-1.2.tar.gz", &progress),
		     ERROR_INTERRUPTED, "stopped by the user");
	assert_true(stopped);
	assert_nothing_left(f);
	assert_ok(fetch(f, "linux-1.2.tar.gz", "linux-1.2.tar.gz", NULL));
}

static void test_words_that_cannot_be(void **state)
{
	static const struct {
		const char *url, *sha256, *directory, *words;
	} rows[] = {
		{ "file:///etc/passwd", some_digest, "x",
		  "neither by https nor by http" },
		{ "ftp://host/x.tar.gz", some_digest, "x", "neither by" },
		{ "httpx://host/x.tar.gz", some_digest, "x", "neither by" },
		{ "http://host/x.tar.gz", NULL, "x", "without its SHA-256" },
		{ "http://host/x.tar.gz", "abc", "x", "64 hexadecimal digits" },
		{ "http://host/download?x.tar.gz", some_digest, NULL, "no name" },
		{ "https://host/.tar.gz", some_digest, NULL, "no name" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct tarball_options options = { .url = rows[i].url,
							 .sha256 = rows[i].sha256,
							 .directory = rows[i].directory };
		char *directory;

		assert_error(kernel_fetch_tarball(f->store, &options, &directory),
			     ERROR_USAGE, rows[i].words);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_any_compression), TEST(test_what_is_there_is_not_touched),
		TEST(test_another_file),    TEST(test_no_file),
		TEST(test_half_a_file),	    TEST(test_no_server),
		TEST(test_no_tarball),	    TEST(test_paths_that_lead_elsewhere),
		TEST(test_redirects),	    TEST(test_https_is_verified),
		TEST(test_interrupted),	    TEST(test_words_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
