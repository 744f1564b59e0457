// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole images, of a made-up kernel, agent and busybox in a temporary directory, listed
 * and unpacked by the real cpio.
 */
#include "image/image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/pack.h"
#include "os/file.h"
#include "os/spawn.h"
#include "unit.h"

struct fixture {
	char *root;
	struct store *store;
	struct kernel kernel;
	struct image_options options;
};

static void write_file(const struct fixture *f, const char *name, const char *content)
{
	_cleanup_free_ char *path = path_join(f->root, name);
	_cleanup_free_ char *directory = path_parent(path);

	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(path, content, strlen(content), 0644));
}

/* The smallest static program: a header without any program headers but one. */
static void make_busybox(const struct fixture *f)
{
	static const char applets[] = "\0[\0ash\0busybox\0cat\0cp\0date\0dd\0df\0echo\0"
				      "false\0insmod\0ls\0mount\0mv\0ps\0rm\0sh\0true";
	_cleanup_free_ char *path = path_join(f->root, "bin/busybox");
	_cleanup_free_ char *directory = path_join(f->root, "bin");
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr load;
		char rodata[sizeof(applets)];
	} elf = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.load = { .p_type = PT_LOAD },
	};

	memcpy(elf.rodata, applets, sizeof(applets));
	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(path, &elf, sizeof(elf), 0755));
	setenv("PATH", directory, 1);
}

/* A module that says what it needs, and nothing else. */
static void make_module(const struct fixture *f, const char *name, const char *depends)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	_cleanup_free_ char *path = xasprintf("%s/modules/kernel/%s.ko", f->root, name);
	_cleanup_free_ char *directory = path_parent(path);
	struct {
		Elf64_Ehdr header;
		Elf64_Shdr sections[3];
		char names[sizeof(names)];
		char info[256];
	} elf = {
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			.e_type = ET_REL,
			.e_machine = EM_X86_64,
			.e_version = 1,
			.e_shoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_shentsize = sizeof(Elf64_Shdr),
			.e_shnum = 3,
			.e_shstrndx = 2,
		},
	};
	int length;

	memcpy(elf.names, names, sizeof(names));
	length = snprintf(elf.info, sizeof(elf.info),
			  "license=GPL%cdepends=%s%cname=%s%c"
			  "alias=test:%s*",
			  0, depends, 0, name, 0, name);
	elf.sections[1] =
		(Elf64_Shdr){ .sh_name = 1,
			      .sh_type = SHT_PROGBITS,
			      .sh_offset = (size_t)((char *)elf.info - (char *)&elf),
			      .sh_size = (size_t)length + 1 };
	elf.sections[2] =
		(Elf64_Shdr){ .sh_name = 10,
			      .sh_type = SHT_STRTAB,
			      .sh_offset = (size_t)((char *)elf.names - (char *)&elf),
			      .sh_size = sizeof(elf.names) };
	assert_ok(dir_make(directory, 0755));
	assert_ok(file_write(path, &elf, sizeof(elf), 0644));
}

/* klab's recipes are those of the build. */
static void link_data(const struct fixture *f)
{
	static char *build;
	_cleanup_free_ char *data = NULL, *link = path_join(f->root, "data");

	if (!build)
		build = xstrdup(getenv("KLAB_DATA"));
	data = path_join(build, "data");
	assert_int_equal(symlink(data, link), 0);
}

static const char *const wanted[] = { "top-driver", "no_such", NULL };

static int setup(void **state)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *store = NULL;

	assert_ok(temp_dir_make("klab-image", &f->root));
	store = path_join(f->root, "store");
	assert_ok(store_open(store, &f->store));
	make_busybox(f);
	make_module(f, "bus/bus", "");
	make_module(f, "middle", "bus");
	make_module(f, "top-driver", "middle,bus");
	make_module(f, "other", "");
	write_file(f, "modules/modules.order",
		   "kernel/bus/bus.ko\nkernel/middle.ko\n"
		   "kernel/top-driver.ko\nkernel/other.ko\n");
	write_file(f, "modules/modules.builtin", "kernel/fs/ext9.ko\n");
	write_file(f, "guest/agent-x86_64", "the agent");
	link_data(f);
	setenv("KLAB_DATA", f->root, 1);
	f->kernel = (struct kernel){
		.source = KERNEL_STORED,
		.name = xstrdup("test"),
		.release = xstrdup("9.9.9-test"),
		.arch = arch_find("x86_64"),
		.modules = path_join(f->root, "modules"),
	};
	f->options = (struct image_options){
		.kernel = &f->kernel,
		.modules = wanted,
		.arch = arch_find("x86_64"),
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	temp_dir_free(f->root);
	free(f->kernel.name);
	free(f->kernel.release);
	free(f->kernel.modules);
	free(f);
	return 0;
}

/* What sh says in the fixture's directory, with $image. */
static char *shell(const struct fixture *f, const struct image *image, const char *script)
{
	_cleanup_bytes_ struct bytes output = { 0 };
	_cleanup_bytes_ struct bytes messages = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	int status;

	strv_push(&argv, "/bin/sh");
	strv_push(&argv, "-c");
	strv_pushf(&argv, "PATH=/usr/bin:/bin; image=%s; cd %s && %s", image->path,
		   f->root, script);
	assert_ok(process_capture(strv_argv(&argv), 30000, 1 << 20, &output, &messages,
				  &status));
	if (status)
		fail_msg("%s: %.*s", script, (int)messages.size,
			 (const char *)messages.data);
	return xstrndup((const char *)output.data, output.size);
}

static void assert_shell(const struct fixture *f, const struct image *image,
			 const char *script, const char *expected)
{
	_cleanup_free_ char *output = shell(f, image, script);

	assert_string_equal(output, expected);
}

#define CPIO "cpio --quiet -i "

static void test_lists_what_it_should(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(
		f, &image,
		CPIO
		"-tvn <$image |"
		"sed -En 's/^(.{10}) +[12] 0 +0 +(.*) Jan  1  1970/\\1 \\2/p' |"
		"grep -E '[0-9] ([.]|init|bin|dev|dev/null|tmp|usr/bin/(busybox|ls))( ->.*)?$'",
		"drwxr-xr-x 0 .\n"
		"lrwxrwxrwx 7 bin -> usr/bin\n"
		"drwxr-xr-x 0 dev\n"
		"crw-rw-rw- 1,   3 dev/null\n"
		"-rwxr-xr-x 9 init\n"
		"drwxrwxrwt 0 tmp\n"
		"-rwxr-xr-x 200 usr/bin/busybox\n"
		"lrwxrwxrwx 7 usr/bin/ls -> busybox\n");
}

static void test_modules_are_in_load_order(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(f, &image,
		     "cpio --quiet -i --to-stdout usr/lib/klab/modules.load <$image",
		     "/lib/modules/9.9.9-test/kernel/bus/bus.ko\n"
		     "/lib/modules/9.9.9-test/kernel/middle.ko\n"
		     "/lib/modules/9.9.9-test/kernel/top-driver.ko\n");
	assert_shell(
		f, &image,
		"cpio --quiet -i --to-stdout '*/modules.dep' '*/modules.alias' <$image",
		"alias test:bus/bus* bus\n"
		"alias test:middle* middle\n"
		"alias test:top-driver* top_driver\n"
		"kernel/bus/bus.ko:\n"
		"kernel/middle.ko: kernel/bus/bus.ko\n"
		"kernel/top-driver.ko: kernel/middle.ko kernel/bus/bus.ko\n");
	assert_int_equal(image.missing_modules.count, 1);
	assert_string_equal(image.missing_modules.items[0], "no_such");
}

static void test_compressed_modules_are_unpacked(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };
	const struct image none = { .path = f->root };

	free(shell(
		f, &none,
		"cp modules/kernel/middle.ko plain.ko &&"
		"xz modules/kernel/middle.ko && zstd -q --rm modules/kernel/bus/bus.ko"));
	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(f, &image,
		     CPIO "-t <$image | grep '[.]ko' &&" CPIO
			  "--to-stdout '*/middle.ko' <$image | cmp - plain.ko",
		     "usr/lib/modules/9.9.9-test/kernel/bus/bus.ko\n"
		     "usr/lib/modules/9.9.9-test/kernel/middle.ko\n"
		     "usr/lib/modules/9.9.9-test/kernel/top-driver.ko\n");
}

static void test_no_kernel_no_modules(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	f->options.kernel = NULL;
	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(f, &image, CPIO "-t <$image | grep -c modules || true", "0\n");
}

static void test_without_agent_init_is_a_script(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	f->options.no_agent = true;
	/* It must not be looked for. */
	free(shell(f, &(struct image){ .path = f->root }, "rm guest/agent-x86_64"));
	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(f, &image,
		     CPIO
		     "--to-stdout init <$image >script && sh -n script && head -1 script",
		     "#!/bin/sh\n");
}

static void test_a_missing_agent_is_named(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	free(shell(f, &(struct image){ .path = f->root }, "rm guest/agent-x86_64"));
	assert_error(image_build(f->store, &f->options, &image), ERROR_MISSING,
		     "no agent for the x86_64 guest");
}

/* Two stores, so that nothing of the first can help the second. */
static void test_same_input_same_bytes(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "other.cpio");
	_cleanup_free_ char *root = path_join(f->root, "other-store");
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_image_ struct image image = { 0 };
	_cleanup_image_ struct image other = { 0 };

	assert_ok(image_build(f->store, &f->options, &image));
	assert_ok(store_open(root, &store));
	assert_ok(image_write(store, &f->options, path, &other));
	assert_shell(f, &image, "cmp $image other.cpio", "");
	assert_string_equal(image.digest, other.digest);
	assert_int_equal(image.size, other.size);
	assert_int_equal(image.size % 512, 0);
}

static void build_again(struct fixture *f, struct image *image)
{
	image_deinit(image);
	assert_ok(image_build(f->store, &f->options, image));
}

static void test_the_store_is_used_until_something_changes(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image first = { 0 };
	_cleanup_image_ struct image image = { 0 };
	struct stat before, after;

	assert_ok(image_build(f->store, &f->options, &first));
	assert_int_equal(stat(first.path, &before), 0);
	build_again(f, &image);
	assert_string_equal(image.path, first.path);
	assert_int_equal(stat(image.path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);

	write_file(f, "guest/agent-x86_64", "AN AGENT!");
	build_again(f, &image);
	assert_string_not_equal(image.digest, first.digest);
	assert_shell(f, &image, CPIO "--to-stdout init <$image", "AN AGENT!");
}

/* A rebuilt module may need another one now, although modules.order is as before. */
static void test_a_new_dependency_is_seen(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	assert_ok(image_build(f->store, &f->options, &image));
	make_module(f, "top-driver", "middle,other");
	build_again(f, &image);
	assert_shell(f, &image,
		     CPIO "--to-stdout '*/modules.dep' <$image | grep top-driver.ko:",
		     "kernel/top-driver.ko: kernel/other.ko kernel/middle.ko "
		     "kernel/bus/bus.ko\n");
}

/* --add of one source. */
static struct error *build_with(struct fixture *f, const char *source,
				const char *destination, struct image *ret)
{
	_cleanup_free_ char *path = path_join(f->root, source);
	_cleanup_free_ char *to = xstrdup(destination);
	struct image_add add = { .source = path, .destination = to };

	f->options.adds = &add;
	f->options.add_count = 1;
	return image_build(f->store, &f->options, ret);
}

static void test_a_directory_arrives_as_it_is(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };
	_cleanup_free_ char *expected = NULL;
	static const char script[] = "find . -printf '%P %y %m %s %l\\n' | grep -v '^ ' |"
				     "sed 's/ d \\([0-9]*\\) [0-9]*/ d \\1/' | sort";
	_cleanup_free_ char *there = xasprintf("cd tree && %s", script);
	_cleanup_free_ char *here =
		xasprintf("mkdir out && cd out && " CPIO
			  "-d 'my/tree/*' <$image && cd my/tree && %s",
			  script);

	free(shell(
		f, &(struct image){ .path = f->root },
		"mkdir -p tree/sub/deep && cd tree && echo 1 >plain && echo 2 >run &&"
		"chmod 4755 run && chmod 640 plain && chmod 1777 sub && : >sub/empty &&"
		"ln -s nowhere broken && ln -s loop loop && ln -s ../plain sub/up &&"
		"mkfifo pipe && head -c 300000 /dev/zero >big &&"
		"echo 3 >'new\nline' && echo 4 >'a space' && echo 5 >'-dash'"));
	assert_ok(build_with(f, "tree", "/my/tree", &image));
	expected = shell(f, &image, there);
	assert_shell(f, &image, here, expected);
}

static void test_a_slash_means_into(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	write_file(f, "dir/file", "x");
	assert_ok(build_with(f, "dir/file", "/opt/", &image));
	assert_shell(f, &image, CPIO "-t <$image | grep opt", "opt\nopt/file\n");
	image_deinit(&image);
	assert_ok(build_with(f, "dir/", "/opt/", &image));
	assert_shell(f, &image, CPIO "-t <$image | grep opt",
		     "opt\nopt/dir\nopt/dir/file\n");
	image_deinit(&image);
	assert_ok(build_with(f, "dir/.", "/opt/", &image));
	assert_shell(f, &image, CPIO "-t <$image | grep dir/file", "opt/dir/file\n");
	image_deinit(&image);
	assert_error(build_with(f, "dir/file", "/etc", &image), ERROR_USAGE,
		     "/etc is a directory");
	assert_error(build_with(f, "dir/file", "opt", &image), ERROR_USAGE,
		     "must begin with a slash");
}

static void test_what_cannot_be_added(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_error(build_with(f, "nothing", "/x", &image), ERROR_OS, "nothing");
	assert_error(build_with(f, "nothing:x", "/x", &image), ERROR_OS, "nothing:x");

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s/socket", f->root);
	write_file(f, "s/file", "x");
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_error(build_with(f, "s/socket", "/x", &image), ERROR_USAGE, "is a socket");
	assert_ok(build_with(f, "s", "/s", &image));
	assert_shell(f, &image, CPIO "-t <$image | grep '^s/'", "s/file\n");
	image_deinit(&image);

	free(shell(f, &(struct image){ .path = f->root },
		   "ln -s loop loop && truncate -s 5G sparse"));
	assert_error(build_with(f, "loop", "/x", &image), ERROR_OS, "loop");
	assert_error(build_with(f, "sparse", "/x", &image), ERROR_UNSUPPORTED,
		     "smaller than 4 GiB");
}

/* A link named by the user stands for the file. */
static void test_a_link_as_source_is_followed(void **state)
{
	struct fixture *f = *state;
	_cleanup_image_ struct image image = { 0 };

	free(shell(f, &(struct image){ .path = f->root }, "echo real >a; ln -s a b"));
	assert_ok(build_with(f, "b", "/", &image));
	assert_shell(f, &image, CPIO "--to-stdout b <$image", "real\n");
}

static void test_overlays_win_over_klab_and_the_last_over_all(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *first = path_join(f->root, "one");
	_cleanup_free_ char *second = path_join(f->root, "two");
	const char *const overlays[] = { first, second, NULL };
	_cleanup_image_ struct image image = { 0 };

	write_file(f, "one/init", "first");
	write_file(f, "one/bin/ls", "my ls");
	write_file(f, "one/usr/sbin/new", "n");
	write_file(f, "two/init", "second");
	f->options.overlays = overlays;
	assert_ok(image_build(f->store, &f->options, &image));
	assert_shell(f, &image, CPIO "--to-stdout init usr/bin/ls usr/bin/new <$image",
		     "secondmy lsn");
	assert_shell(f, &image,
		     CPIO "--to-stdout usr/bin/busybox <$image | cmp - bin/busybox", "");
}

static void test_a_file_as_overlay(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "file");
	const char *const overlays[] = { path, NULL };
	_cleanup_image_ struct image image = { 0 };

	write_file(f, "file", "x");
	f->options.overlays = overlays;
	assert_error(image_build(f->store, &f->options, &image), ERROR_USAGE,
		     "is not a directory");
}

/* In a child with a limit, since a test cannot fill a disk. */
static void assert_fails_when_full(struct fixture *f, const char *path)
{
	const struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct image image = { 0 };
		struct error *err;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		err = path ? image_write(f->store, &f->options, path, &image)
			   : image_build(f->store, &f->options, &image);
		if (error_is_errno(err, EFBIG) && error_hint_text(err))
			_exit(0);
		fprintf(stderr, "%s\n", err ? error_sentence(err) : "it fits");
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_a_full_disk_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "out/image.cpio");
	_cleanup_image_ struct image image = { 0 };

	write_file(f, "out/image.cpio", "what was there");
	assert_fails_when_full(f, path);
	assert_fails_when_full(f, NULL);
	assert_shell(
		f, &(struct image){ .path = f->root },
		"ls -A out; cat out/*; find store/tmp -type f; ls store/entries 2>&1 |"
		"grep -c cpio || true",
		"image.cpio\nwhat was there0\n");
	assert_ok(image_build(f->store, &f->options, &image));
}

/* The size is in the header already when the content is copied. */
static void test_a_file_that_changes_is_an_error(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = path_join(f->root, "grows");
	_cleanup_free_ char *out = path_join(f->root, "out");
	_cleanup_(plan_freep) struct plan *plan = plan_new();
	_cleanup_close_ int fd = open(out, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct stat st;
	uint64_t size;

	write_file(f, "grows", "1");
	assert_int_equal(stat(path, &st), 0);
	assert_ok(plan_add_file(plan, "/x", 0644, path, &st));
	write_file(f, "grows", "12");
	assert_error(pack_write(plan, fd, &size), ERROR_BUSY, "changed while");
}

static void assert_parsed(const char *word, const char *source, const char *destination)
{
	struct image_add add = { 0 };

	assert_ok(image_add_parse(word, &add));
	assert_string_equal(add.source, source);
	assert_string_equal(add.destination, destination);
	image_add_deinit(&add);
}

static void test_words_of_add(void **state)
{
	struct image_add add = { 0 };

	assert_parsed("a", "a", "/");
	assert_parsed("a:/b", "a", "/b");
	assert_parsed("a:/b/", "a", "/b/");
	assert_parsed("a:b", "a:b", "/");
	assert_parsed("/x:y/z:/b", "/x:y/z", "/b");
	assert_parsed("a:/b:/c", "a:/b", "/c");
	assert_error(image_add_parse("", &add), ERROR_USAGE, "names no file");
	assert_error(image_add_parse(":/b", &add), ERROR_USAGE, "names no file");
}

int main(void)
{
#define image_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		image_test(test_lists_what_it_should),
		image_test(test_modules_are_in_load_order),
		image_test(test_compressed_modules_are_unpacked),
		image_test(test_no_kernel_no_modules),
		image_test(test_without_agent_init_is_a_script),
		image_test(test_a_missing_agent_is_named),
		image_test(test_same_input_same_bytes),
		image_test(test_the_store_is_used_until_something_changes),
		image_test(test_a_new_dependency_is_seen),
		image_test(test_a_directory_arrives_as_it_is),
		image_test(test_a_slash_means_into),
		image_test(test_what_cannot_be_added),
		image_test(test_a_link_as_source_is_followed),
		image_test(test_overlays_win_over_klab_and_the_last_over_all),
		image_test(test_a_file_as_overlay),
		image_test(test_a_full_disk_leaves_nothing),
		image_test(test_a_file_that_changes_is_an_error),
		image_test(test_words_of_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
