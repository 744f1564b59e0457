// SPDX-License-Identifier: GPL-2.0-or-later
/* agent/copy: trees to records and back, through the real agent and without, and records
 * of a guest that wants out. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent-fixture.h"
#include "agent/copy.h"
#include "agent/queue.h"
#include "os/file.h"

static void make_file(const char *dir, const char *name, const void *data, size_t size,
		      mode_t mode)
{
	_cleanup_free_ char *path = path_join(dir, name);

	assert_ok(file_write(path, data, size, mode));
	assert_return_code(chmod(path, mode), 0);
}

static void make_tree(const char *dir)
{
	static uint8_t large[300000];
	_cleanup_free_ char *sub = path_join(dir, "tree/sub/deep");
	_cleanup_free_ char *read_only = path_join(dir, "tree/sub");
	_cleanup_free_ char *link = path_join(dir, "tree/link");
	_cleanup_free_ char *dangling = path_join(dir, "tree/dangling");

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	assert_ok(dir_make(sub, 0755));
	make_file(dir, "tree/empty", "", 0, 0600);
	make_file(dir, "tree/sub/large", large, sizeof(large), 0640);
	make_file(dir, "tree/sub/deep/run me", "#!/bin/sh\n", 10, 0755);
	assert_return_code(symlink("sub/large", link), 0);
	assert_return_code(symlink("/nowhere/../x", dangling), 0);
	assert_return_code(chmod(read_only, 0555), 0);
}

/* Names, kinds, modes, link targets and contents agree; with times if "%Ts" is given. */
static void assert_same_tree(const char *a, const char *b, const char *times)
{
	_cleanup_free_ char *line = xasprintf(
		"diff -r --no-dereference '%s' '%s' && "
		"[ \"$(cd '%s' && find . -printf '%%P %%y %%m %%l %s\\n' | sort)\" = "
		"\"$(cd '%s' && find . -printf '%%P %%y %%m %%l %s\\n' | sort)\" ]",
		a, b, a, times, b, times);

	if (system(line) != 0)
		fail_msg("%s and %s differ", a, b);
}

struct outcome {
	bool ended;
	struct error *err;
	struct copy_stats stats;
	struct text remarks;
};

static struct error *copy_ended(struct error *err, const struct copy_stats *stats,
				void *argument)
{
	struct outcome *outcome = argument;

	outcome->ended = true;
	outcome->err = err;
	outcome->stats = *stats;
	return NULL;
}

static void copy_remarked(const char *text, void *argument)
{
	struct outcome *outcome = argument;

	text_appendf(&outcome->remarks, "%s\n", text);
}

static void outcome_deinit(struct outcome *outcome)
{
	error_free(outcome->err);
	text_deinit(&outcome->remarks);
	*outcome = (struct outcome){ 0 };
}
#define _cleanup_outcome_ _cleanup_(outcome_deinit)

typedef struct error *(*copy_fn)(struct client *client, const struct copy_options *);

static void copy(struct fixture *f, copy_fn start, const char *from, const char *to,
		 bool into, struct outcome *outcome)
{
	outcome_deinit(outcome);
	assert_ok(start(f->client, &(struct copy_options){ .from = from,
							   .to = to,
							   .into = into,
							   .remark = copy_remarked,
							   .on_end = copy_ended,
							   .argument = outcome }));
	loop_until(f, outcome->ended);
}

static void test_there_and_back(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_outcome_ struct outcome outcome = { 0 };
	_cleanup_free_ char *tree = NULL, *guest = NULL, *back = NULL, *inside = NULL;

	assert_ok(temp_dir_make("klab-test", &dir));
	make_tree(dir);
	tree = path_join(dir, "tree");
	guest = path_join(dir, "guest");
	back = path_join(dir, "back");

	copy(f, copy_to_guest, tree, guest, false, &outcome); /* as it: "guest" is new */
	assert_ok(take_ptr(outcome.err));
	assert_int_equal(outcome.stats.files, 3);
	assert_int_equal(outcome.stats.links, 2);
	assert_int_equal(outcome.stats.directories, 3);
	assert_int_equal(outcome.stats.bytes, 300010);
	assert_same_tree(tree, guest, "%Ts");

	assert_ok(dir_make(back, 0755));
	copy(f, copy_from_guest, guest, back, true,
	     &outcome); /* below: "back" is there */
	assert_ok(take_ptr(outcome.err));
	assert_int_equal(outcome.stats.files, 3);
	inside = path_join(back, "guest");
	assert_same_tree(tree, inside, "%Ts");

	/* Again over what is there already, the contents alone. */
	free(inside);
	inside = path_join(tree, ".");
	copy(f, copy_to_guest, inside, guest, false, &outcome);
	assert_ok(take_ptr(outcome.err));
	assert_same_tree(tree, guest, "");
}

static void test_one_file(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_outcome_ struct outcome outcome = { 0 };
	_cleanup_free_ char *here = NULL, *there = NULL, *text = NULL;

	assert_ok(temp_dir_make("klab-test", &dir));
	here = path_join(dir, "version");
	/* No size, but content. */
	copy(f, copy_from_guest, "/proc/version", here, false, &outcome);
	assert_ok(take_ptr(outcome.err));
	assert_ok(file_read_line(here, &text));
	assert_non_null(strstr(text, "Linux version"));

	there = path_join(dir, "copy");
	copy(f, copy_to_guest, here, there, false, &outcome);
	assert_ok(take_ptr(outcome.err));
	assert_true(path_exists(there));
}

static void test_failures(void **state)
{
	_cleanup_fixture_ struct fixture *f = fixture_new();
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_outcome_ struct outcome outcome = { 0 };
	_cleanup_free_ char *file = NULL, *missing = NULL, *fifo = NULL;

	assert_ok(temp_dir_make("klab-test", &dir));
	file = path_join(dir, "file");
	missing = path_join(dir, "no/such/place");
	make_file(dir, "file", "x", 1, 0644);

	copy(f, copy_from_guest, missing, dir, false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_REFUSED, "No such file");
	copy(f, copy_to_guest, file, missing, false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_REFUSED, "No such file");
	copy(f, copy_to_guest, file, file, true, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_REFUSED, "Not a directory");
	copy(f, copy_from_guest, file, missing, false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_OS, "No such file");
	assert_error(copy_to_guest(f->client,
				   &(struct copy_options){ .from = missing, .to = dir }),
		     ERROR_OS, "No such file");
	assert_error(copy_from_guest(f->client, &(struct copy_options){ .from = file,
									.to = file,
									.into = true }),
		     ERROR_OS, "Not a directory");

	/* Devices stay where they are, at both ends. */
	copy(f, copy_to_guest, file, "/dev/null", false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_REFUSED, "null: File exists");
	copy(f, copy_from_guest, file, "/dev/null", false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_EXISTS, "null");

	fifo = path_join(dir, "fifo");
	assert_return_code(mkfifo(fifo, 0600), 0);
	missing[strlen(missing) - strlen("/such/place")] = 0;
	copy(f, copy_from_guest, dir, missing, false, &outcome);
	assert_error(take_ptr(outcome.err), ERROR_FAILED, "not everything");
	assert_non_null(strstr(text_str(&outcome.remarks), "fifo: neither file"));
}

/* Records by hand. */
static void record(struct text *stream, char kind, uint32_t mode, const char *name,
		   const char *target)
{
	payload_u32(stream, PROTO_COPY_MAGIC);
	payload_u32(stream, (uint32_t)kind);
	payload_u32(stream, mode);
	payload_u64(stream, 0);
	payload_u64(stream, 1000000000);
	payload_u64(stream, 0);
	payload_string(stream, name);
	payload_string(stream, target);
	if (kind == 'f') {
		payload_u32(stream, 3);
		text_append_bytes(stream, "abc", 3);
		payload_u32(stream, 0);
	}
}

/* One byte at a time, so that every cut through a record is tried. */
static struct error *feed(const char *to, const struct text *stream)
{
	_cleanup_(copy_sink_freep) struct copy_sink *sink = NULL;

	TRY(copy_sink_new(to, false, NULL, NULL, &sink));
	for (size_t i = 0; i < stream->length; i++)
		TRY(copy_sink_write(sink, stream->data + i, 1));
	return copy_sink_finish(sink);
}

static void test_byte_by_byte(void **state)
{
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_text_ struct text stream = { 0 };
	_cleanup_free_ char *file = NULL;
	struct stat st;

	assert_ok(temp_dir_make("klab-test", &dir));
	record(&stream, 'd', 0755, "top", "");
	record(&stream, 'f', 06755, "file", "");
	record(&stream, 'u', 0, "", "");
	assert_error(feed(dir, &stream), ERROR_CLOSED, "not complete");
	record(&stream, 'e', 0, "", "");
	assert_ok(feed(dir, &stream));
	file = path_join(dir, "top/file");
	assert_return_code(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755); /* the set-id bits are gone */
	assert_int_equal(st.st_mtime, 1000000000);
}

static void test_no_way_out(void **state)
{
	static const char *const names[] = {
		"", ".", "..", "../x", "/x", "a/b", "a/",
	};
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_free_ char *inner = NULL, *outside = NULL;

	assert_ok(temp_dir_make("klab-test", &dir));
	inner = path_join(dir, "inner");
	outside = path_join(dir, "x");
	assert_ok(dir_make(inner, 0755));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_text_ struct text top = { 0 }, below = { 0 };

		record(&top, 'f', 0644, names[i], "");
		assert_error(feed(inner, &top), ERROR_CORRUPT, "the guest sent");
		record(&below, 'd', 0755, "top", "");
		record(&below, 'f', 0644, names[i], "");
		assert_error(feed(inner, &below), ERROR_CORRUPT, "the guest sent");
	}
	assert_false(path_exists(outside));
}

static void test_no_way_through_links(void **state)
{
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_text_ struct text stream = { 0 }, file = { 0 };
	_cleanup_free_ char *inner = NULL, *outside = NULL, *target = NULL, *text = NULL;

	assert_ok(temp_dir_make("klab-test", &dir));
	inner = path_join(dir, "inner");
	outside = path_join(dir, "outside");
	target = path_join(dir, "outside/file");
	assert_ok(dir_make(inner, 0755));
	assert_ok(dir_make(outside, 0755));
	make_file(outside, "file", "mine", 4, 0644);

	record(&stream, 'd', 0755, "top", "");
	record(&stream, 'l', 0777, "way", outside);
	record(&stream, 'd', 0755, "way", "");
	record(&stream, 'f', 0644, "file", "");
	assert_error(feed(inner, &stream), ERROR_OS, "way: Not a directory");

	/* A file over a link replaces the link, not what it leads to. */
	record(&file, 'd', 0755, "top2", "");
	record(&file, 'l', 0777, "way", target);
	record(&file, 'f', 0644, "way", "");
	record(&file, 'u', 0, "", "");
	record(&file, 'e', 0, "", "");
	assert_ok(feed(inner, &file));
	assert_ok(file_read_line(target, &text));
	assert_string_equal(text, "mine");
}

static void test_broken_structure(void **state)
{
	static const char *const orders[] = { "u",   "fu",   "ff", "ee", "dd?",
					      "duu", "dudu", "?",  "de", "duef" };

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		_cleanup_temp_dir_ char *dir = NULL;
		_cleanup_text_ struct text stream = { 0 };

		assert_ok(temp_dir_make("klab-test", &dir));
		for (const char *c = orders[i]; *c; c++)
			record(&stream, *c, 0755, "name", "");
		assert_error(feed(dir, &stream), ERROR_CORRUPT, "the guest sent");
	}
}

static void test_too_deep(void **state)
{
	_cleanup_temp_dir_ char *dir = NULL;
	_cleanup_text_ struct text stream = { 0 };

	assert_ok(temp_dir_make("klab-test", &dir));
	for (int i = 0; i <= PROTO_COPY_DEPTH_MAX; i++)
		record(&stream, 'd', 0755, "d", "");
	assert_error(feed(dir, &stream), ERROR_CORRUPT, "too many directories");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_no_way_out),
		cmocka_unit_test(test_no_way_through_links),
		cmocka_unit_test(test_broken_structure),
		cmocka_unit_test(test_too_deep),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
