// SPDX-License-Identifier: GPL-2.0-or-later
/* gdb on a guest. */
#include "lab/debug.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "lab/attach.h"
#include "lab/debug-modules.h"
#include "lab/run-internal.h"
#include "os/dirs.h"
#include "os/file.h"
#include "os/spawn.h"

static void note(const struct run_ui *ui, const char *text)
{
	if (ui->note)
		ui->note(text, ui->argument);
}

/* gdb as Debian packages it knows its own architecture, gdb-multiarch all. */
static struct error *find_gdb(const struct gdb_options *gdb, const struct arch *arch,
			      char **ret)
{
	const char *names[] = { gdb->program, "gdb-multiarch", "gdb" };
	size_t i = gdb->program ? 0 : arch == arch_host() ? 2 : 1;

	*ret = program_find(names[i]);
	if (*ret)
		return NULL;
	if (!gdb->program && i == 2 && (*ret = program_find("gdb-multiarch")))
		return NULL;
	return error_hint(error_new(ERROR_MISSING, "there is no program %s", names[i]),
			  gdb->program ? "check --gdb" : "apt-get install gdb-multiarch");
}

static void push_command(struct strv *words, const char *option, const char *command)
{
	strv_push(words, option);
	strv_push(words, command);
}

/* Go to the place at once.  gdb would ask whether a name that it does not know may come
 * with a library, and on its own answer let the guest run for ever.  A script, unlike a row
 * of -ex, ends at its first error; a batch ends with it. */
static struct error *push_break(const struct gdb_options *gdb, const char *run,
				struct strv *ret)
{
	_cleanup_free_ char *script = path_join(run, "break.gdb");
	_cleanup_free_ char *source = xasprintf("source %s", script);
	/* A hardware breakpoint: it needs no memory that can be written, which under KVM
	 * there is not before the kernel has made its page tables. */
	_cleanup_free_ char *text = xasprintf("set breakpoint pending off\n"
					      "thbreak %s\n"
					      "set breakpoint pending auto\n"
					      "set $klab_missed = \"echo\"\n"
					      "continue\n",
					      gdb->break_at);

	TRY(file_write(script, text, strlen(text), 0600));
	push_command(ret, "-ex", "set $klab_missed = \"quit 1\"");
	push_command(ret, "-ex", source);
	if (gdb->batch)
		push_command(ret, "-ex", "eval \"%s\", $klab_missed");
	push_command(ret, "-ex", "set breakpoint pending auto");
	return NULL;
}

/* What gdb is started with: our preparation, then what the user said. */
static struct error *gdb_command(const struct gdb_options *gdb, const char *guest,
				 const char *run, const struct debug_facts *facts,
				 struct strv *ret)
{
	const struct arch *arch = arch_find(facts->arch);
	_cleanup_free_ char *program = NULL, *self = NULL, *pipe = NULL, *line = NULL;
	_cleanup_free_ char *modules = NULL;
	_cleanup_strv_ struct strv remote = { 0 };

	TRY(find_gdb(gdb, arch, &program));
	TRY(dirs_self(&self));
	strv_push_all(&remote,
		      (const char *const[]){ self, "gdb", "--stdio", guest, NULL });
	pipe = strv_shell(&remote);
	line = xasprintf("target remote | %s", pipe);

	strv_push_take(ret, take_ptr(program));
	strv_push(ret, "-q");
	push_command(ret, "-iex", "set pagination off");
	/* The tree's own scripts (vmlinux-gdb.py) are what its owner wants. */
	if (facts->source) {
		_cleanup_free_ char *safe =
			xasprintf("add-auto-load-safe-path %s", facts->source);

		push_command(ret, "-iex", safe);
	}
	if (facts->vmlinux)
		strv_push(ret, facts->vmlinux);
	if (facts->source) {
		_cleanup_free_ char *directory = xasprintf("directory %s", facts->source);

		push_command(ret, "-ex", directory);
	}
	if (!facts->vmlinux) {
		_cleanup_free_ char *set =
			xasprintf("set architecture %s", arch->gdb_architecture);

		push_command(ret, "-ex", set);
	}
	TRY(debug_modules_prepare(run, &modules));
	push_command(ret, "-ex", modules);
	push_command(ret, "-ex", line);
	if (gdb->break_at)
		TRY(push_break(gdb, run, ret));
	strv_push_all(ret, (const char *const *)gdb->arguments->items);
	return NULL;
}

static char *how_to_get_symbols(const struct debug_facts *facts)
{
	bool foreign = arch_find(facts->arch) != arch_host();

	return xasprintf("\"klab fetch debian --debug%s%s\" brings the distribution's "
			 "debug package, a tree built with CONFIG_DEBUG_INFO has its own",
			 foreign ? " --arch " : "", foreign ? facts->arch : "");
}

static const char *kernel_name(const struct debug_facts *facts)
{
	return facts->name ? facts->name : "this kernel";
}

static void explain_symbols(const struct debug_facts *facts, const struct run_ui *ui)
{
	_cleanup_free_ char *how = NULL, *text = NULL;

	if (facts->kaslr)
		note(ui, "the guest was started with KASLR: the addresses of symbols are "
			 "wrong by its offset");
	if (facts->vmlinux)
		return;
	how = how_to_get_symbols(facts);
	text = xasprintf("%s comes without symbols; %s", kernel_name(facts), how);
	note(ui, text);
}

/* Without symbols there are only addresses to go to. */
static struct error *check_break(const struct gdb_options *gdb,
				 const struct debug_facts *facts)
{
	_cleanup_free_ char *how = NULL;

	if (!gdb->break_at || facts->vmlinux || *gdb->break_at == '*')
		return NULL;
	how = how_to_get_symbols(facts);
	return error_hint(error_new(ERROR_MISSING,
				    "there is no going to %s: %s comes without symbols",
				    gdb->break_at, kernel_name(facts)),
			  "%s; -b '*0xADDRESS' works without", how);
}

static struct error *start_gdb(const struct gdb_options *gdb, const char *guest,
			       const char *run, const struct debug_facts *facts,
			       struct process *ret)
{
	_cleanup_strv_ struct strv words = { 0 };
	static const int input = STDIN_FILENO;

	TRY(gdb_command(gdb, guest, run, facts, &words));
	return process_spawn(&(struct spawn_options){ .argv = strv_argv(&words),
						      .standard_input = &input,
						      .die_with_parent = true },
			     ret);
}

static int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? STATUS_SIGNAL + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}

/* A new guest under gdb. */
struct debugged {
	struct run run;
	struct process gdb;
};

static struct error *on_gdb_ended(int status, void *argument)
{
	struct debugged *debugged = argument;

	guest_finish(debugged->run.guest, ENDED_EXITED, status_of(status));
	return NULL;
}

static void on_ended(void *argument)
{
	struct debugged *debugged = argument;

	loop_exit(debugged->run.loop);
}

static void on_panicked(void *argument)
{
	struct debugged *debugged = argument;

	note(debugged->run.options->ui, "the guest has panicked");
}

static void on_nothing(void *argument)
{
}

static void on_crash_line(const char *line, size_t size, void *argument)
{
}

/* Ctrl-C is gdb's, which is in the same foreground group as we are. */
static struct error *on_interrupt(int signal, void *argument)
{
	return NULL;
}

static struct error *on_terminate(int signal, void *argument)
{
	struct debugged *debugged = argument;

	guest_finish(debugged->run.guest, ENDED_INTERRUPTED, STATUS_SIGNAL + signal);
	return NULL;
}

static struct error *debug_to_end(struct debugged *debugged,
				  const struct gdb_options *gdb)
{
	struct run *run = &debugged->run;
	struct guest_handlers handlers = {
		.ready = on_nothing,
		.reset = on_nothing,
		.panicked = on_panicked,
		.ended = on_ended,
		.crash_line = on_crash_line,
		.argument = debugged,
	};
	_cleanup_(loop_source_freep) struct loop_source *child = NULL, *interrupt = NULL,
							*terminate = NULL;
	_cleanup_(debug_facts_deinit) struct debug_facts facts = { 0 };

	TRY(run_prepare(run, PLAN_DEBUG));
	TRY(rundir_debug_facts(run->rundir.path, &facts));
	TRY(check_break(gdb, &facts));
	note(run->options->ui, "KASLR is off in this guest");
	explain_symbols(&facts, run->options->ui);
	TRY(run_start_guest(run, PLAN_DEBUG, &handlers));
	TRY(loop_add_signal(run->loop, SIGINT, on_interrupt, debugged, &interrupt));
	TRY(loop_add_signal(run->loop, SIGTERM, on_terminate, debugged, &terminate));
	TRY(start_gdb(gdb, run->name, run->rundir.path, &facts, &debugged->gdb));
	TRY(loop_add_child(run->loop, &debugged->gdb, on_gdb_ended, debugged, &child));
	return loop_run(run->loop);
}

void debug_new_guest(const struct run_options *options, const struct gdb_options *gdb,
		     struct verdict *ret)
{
	struct debugged debugged = {
		.run = { .options = options, .rundir = { .lock_fd = -1 } },
		.gdb = PROCESS_NONE,
	};
	struct error *err;

	*ret = (struct verdict){ 0 };
	err = debug_to_end(&debugged, gdb);
	process_deinit(&debugged.gdb);
	run_conclude(&debugged.run, err, ret);
	run_deinit(&debugged.run);
}

struct error *debug_attach(const char *guest_name, const struct gdb_options *gdb,
			   const struct run_ui *ui, int *ret_status)
{
	_cleanup_(debug_facts_deinit) struct debug_facts facts = { 0 };
	_cleanup_free_ char *name = NULL, *run = NULL;
	_cleanup_process_ struct process process = PROCESS_NONE;
	int status;

	TRY(debug_guest(guest_name, &name, &run));
	TRY(rundir_debug_facts(run, &facts));
	TRY(check_break(gdb, &facts));
	explain_symbols(&facts, ui);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is gdb's */
	TRY(start_gdb(gdb, name, run, &facts, &process));
	TRY(process_wait(&process, 0, &status));
	*ret_status = status_of(status);
	return NULL;
}
