// SPDX-License-Identifier: GPL-2.0-or-later
/* klab build: configure, build, and know the result. */
#include "lab/build.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kernel.h"
#include "lab/build-steps.h"
#include "os/clock.h"
#include "os/dirs.h"
#include "os/digest.h"
#include "os/file.h"

/* What a compiler of a large file takes with its linker; the link of vmlinux with debug
 * information takes more, but runs alone. */
#define JOB_BYTES (UINT64_C(768) << 20)
#define MEMINFO_MAX (64 << 10)

struct building {
	const struct build_options *options;
	struct kbuild kbuild;
	char *directory; /* STATE/builds/DIGEST */
	int log;
	struct build_steps steps;
	uint64_t estimate;
	struct build_result result;
};

void build_result_deinit(struct build_result *result)
{
	free(result->tree);
	free(result->release);
	free(result->image);
	free(result->log);
	*result = (struct build_result){ 0 };
}

static void building_deinit(struct building *building)
{
	kbuild_deinit(&building->kbuild);
	free(building->directory);
	close_fd(building->log);
	build_result_deinit(&building->result);
}

/* MemAvailable of /proc/meminfo; 0: not known. */
static uint64_t memory_available(void)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	unsigned long long kib = 0;
	const char *line;

	error_ignore(file_read("/proc/meminfo", MEMINFO_MAX, &bytes)); /* then 0 */
	line = bytes.data ? strstr((const char *)bytes.data, "\nMemAvailable:") : NULL;
	if (line)
		kib = strtoull(line + strlen("\nMemAvailable:"), NULL, 10);
	return kib << 10;
}

unsigned int build_jobs_default(void)
{
	uint64_t fitting = memory_available() / JOB_BYTES;
	unsigned int processors = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = (unsigned int)CPU_COUNT(&set);
	if (fitting && fitting < processors)
		return (unsigned int)fitting;
	return processors;
}

/* The directory in which distributions have links by the names of compilers that lead to
 * ccache, if one is there for this tree's: make's command lines stay as they are then, and
 * with them what is built already. */
static char *find_ccache(const struct kbuild *kbuild, const struct kbuild_options *tree)
{
	static const char *const places[] = { "/usr/lib/ccache", "/usr/lib64/ccache",
					      "/usr/lib/ccache/bin",
					      "/usr/local/lib/ccache" };
	bool llvm = tree->llvm && *tree->llvm;
	_cleanup_free_ char *name =
		llvm ? xstrdup("clang") : xasprintf("%sgcc", kbuild_cross(kbuild, tree));
	_cleanup_free_ char *program = program_find("ccache");

	for (size_t i = 0; program && *name != '/' && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = path_join(places[i], name);

		if (access(path, X_OK) == 0)
			return xstrdup(places[i]);
	}
	return NULL;
}

static void on_tick(void *argument)
{
	struct building *building = argument;
	const struct build_ui *ui = building->options->ui;
	uint64_t done = building->result.steps;

	if (ui && ui->step)
		ui->step("building", done,
			 building->estimate > done ? building->estimate : 0,
			 ui->argument);
}

static struct error *on_line(const char *line, void *argument)
{
	struct building *building = argument;

	TRY(fd_write_all(building->log, line, strlen(line)));
	TRY(fd_write_all(building->log, "\n", 1));
	if (!build_is_step(line))
		return NULL;
	building->result.steps++;
	on_tick(building);
	return NULL;
}

static struct error *on_complaint(const char *bytes, size_t size, void *argument)
{
	struct building *building = argument;
	const struct build_ui *ui = building->options->ui;

	TRY(fd_write_all(building->log, bytes, size));
	if (ui && ui->complaint)
		ui->complaint(bytes, size, ui->argument);
	return NULL;
}

static void on_waiting(const char *target, void *argument)
{
	const struct build_ui *ui = argument;

	ui->step(target, 0, 0, ui->argument);
}

static struct error *open_state(struct building *building)
{
	_cleanup_free_ char *state = NULL, *builds = NULL;
	char hex[DIGEST_HEX_SIZE];

	TRY(dirs_state(&state));
	digest_bytes(building->kbuild.output, strlen(building->kbuild.output), hex);
	hex[16] = '\0';
	builds = path_join(state, "builds");
	building->directory = path_join(builds, hex);
	TRY(dir_make(building->directory, 0777));
	building->result.log = path_join(building->directory, "log");
	building->log = open(building->result.log,
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (building->log < 0)
		return error_os(errno, "opening %s", building->result.log);
	build_steps_load(building->directory, &building->steps);
	return NULL;
}

/* A new tree is configured; one whose Kconfig files have changed since (git bisect goes from
 * release to release) gets the defaults of its new options. */
static struct error *configure(struct building *building)
{
	const struct build_options *options = building->options;
	bool configured = kbuild_is_configured(&building->kbuild);
	_cleanup_config_request_ struct config_request request = { 0 };
	_cleanup_config_result_ struct config_result result = { 0 };
	_cleanup_kconfig_symbols_ struct kconfig_symbols symbols = { 0 };
	size_t count = options->fragments ? options->fragments->count : 0;

	if (configured && count)
		return error_hint(error_new(ERROR_USAGE, "%s is configured already",
					    building->kbuild.output),
				  "klab config set --fragment %s, then klab build",
				  options->fragments->items[0]);
	if (configured && !kbuild_is_config_stale(&building->kbuild))
		return NULL;
	if (configured)
		return kbuild_make_quietly(&building->kbuild, "olddefconfig", NULL);
	for (size_t i = 0; i < count; i++)
		TRY(config_request_fragment(&request, options->fragments->items[i],
					    building->kbuild.arch));
	if (!count)
		TRY(config_request_fragment(&request, "base", building->kbuild.arch));
	TRY(config_symbols(&building->kbuild, &symbols));
	TRY(config_apply(&building->kbuild, &request, NULL, &symbols, &result));
	if (options->ui && options->ui->configured)
		options->ui->configured(&building->kbuild, &symbols, &result,
					options->ui->argument);
	return NULL;
}

static struct error *failed(const struct building *building, int status)
{
	struct error *err;

	if (WIFSIGNALED(status))
		err = error_new(ERROR_FAILED, "make was killed by signal %d",
				WTERMSIG(status));
	else
		err = error_new(ERROR_FAILED, "the build of %s failed",
				building->kbuild.output);
	return error_hint(err, "less %s, for all that make said", building->result.log);
}

static struct error *make(struct building *building)
{
	const struct kbuild_listener listener = { .line = on_line,
						  .complaint = on_complaint,
						  .tick = on_tick,
						  .argument = building };
	_cleanup_free_ char *ccache = NULL;
	_cleanup_strv_ struct strv words = { 0 };
	struct kbuild_run run = { .words = &words, .listener = &listener };
	bool whole = build_is_whole(building->kbuild.output);
	struct error *err;
	int status = 0;

	if (!building->options->no_ccache)
		ccache = find_ccache(&building->kbuild, &building->options->tree);
	run.search = ccache;
	building->result.ccache = ccache != NULL;
	building->result.jobs =
		building->options->jobs ? building->options->jobs : build_jobs_default();
	strv_pushf(&words, "-j%u", building->result.jobs);
	kbuild_default_targets(&building->kbuild, &words);
	building->estimate = build_steps_estimate(&building->steps, whole);
	err = kbuild_make(&building->kbuild, &run, &status);
	build_steps_count(&building->steps, whole, !err && !status,
			  building->result.steps);
	build_steps_save(building->directory, &building->steps);
	TRY(err);
	return status ? failed(building, status) : NULL;
}

static uint64_t count_lines(const char *directory, const char *name)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_bytes_ struct bytes bytes = { 0 };
	uint64_t lines = 0;

	error_ignore(file_read(path, 16 << 20, &bytes)); /* a kernel without modules */
	for (size_t i = 0; i < bytes.size; i++)
		lines += bytes.data[i] == '\n';
	return lines;
}

/* As klab run will find it. */
static struct error *look(struct building *building)
{
	const struct kernel_resolve_options options = { .spec = building->kbuild.output };
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;
	struct build_result *result = &building->result;

	TRY(kernel_resolve(NULL, &options, &kernel));
	result->tree = xstrdup(building->kbuild.output);
	result->arch = kernel->arch;
	result->image = xstrdup(kernel->image);
	result->release = kernel->release ? xstrdup(kernel->release) : NULL;
	if (kernel_option(kernel, "CONFIG_MODULES") == 'y')
		result->modules = count_lines(building->kbuild.output, "modules.order");
	return NULL;
}

struct error *build_run(const struct build_options *options, struct build_result *ret)
{
	_cleanup_(building_deinit) struct building building = { .options = options,
								.log = -1 };
	uint64_t started_ms = clock_ms();

	TRY(kbuild_open(&options->tree, &building.kbuild));
	TRY(open_state(&building));
	if (options->ui && options->ui->step) {
		building.kbuild.waiting = on_waiting;
		building.kbuild.waiting_argument = (void *)options->ui;
	}
	TRY(configure(&building));
	TRY(make(&building));
	building.result.seconds = (double)(clock_ms() - started_ms) / 1000;
	TRY(look(&building));
	*ret = building.result;
	building.result = (struct build_result){ 0 };
	return NULL;
}
