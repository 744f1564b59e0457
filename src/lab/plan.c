// SPDX-License-Identifier: GPL-2.0-or-later
/* spec -> kernel -> image -> machine. */
#include "lab/plan.h"

#include "base/log.h"
#include "base/mem.h"
#include "lab/display.h"
#include "lab/late.h"
#include "lab/needs.h"
#include "lab/plan-internal.h"
#include "lab/shares.h"
#include "os/file.h"

static struct error *find_arch(const struct guest_options *options,
			       const struct arch **ret)
{
	*ret = NULL; /* the kernel's, or the host's */
	if (!options->arch)
		return NULL;
	*ret = arch_find(options->arch);
	if (!*ret)
		return error_hint(error_new(ERROR_USAGE, "no architecture \"%s\"",
					    options->arch),
				  "one of: %s", arch_names());
	return NULL;
}

static struct error *find_kernel(const struct guest_options *options,
				 const struct plan_ui *ui, struct plan *plan)
{
	struct kernel_resolve_options resolve = {
		.spec = options->kernel,
		.output = options->output,
		.fetch = ui->fetch,
	};

	TRY(find_arch(options, &resolve.arch));
	return kernel_resolve(plan->store, &resolve, &plan->kernel);
}

struct adds {
	struct image_add *items;
	size_t count;
};

static void adds_deinit(struct adds *adds)
{
	for (size_t i = 0; i < adds->count; i++)
		image_add_deinit(&adds->items[i]);
	free(adds->items);
}

/* The modules that this guest's devices need, where there is somebody to load them. */
static void wanted_modules(const struct guest_options *options, const struct plan *plan,
			   struct strv *ret)
{
	const struct arch *arch = plan->kernel->arch;

	if (!plan->recipe.alone)
		strv_push_all(ret, arch->channel_modules);
	if (options->disks.count)
		strv_push_all(ret, arch->disk_modules);
	if (options->net && !streq(options->net, "none"))
		strv_push_all(ret, arch->net_modules);
	if (options->display)
		strv_push_all(ret, arch->screen_modules);
	if (options->read_only_dirs.count || options->writable_dirs.count)
		strv_push_all(ret, arch->share_modules);
	root_add_modules(plan->root, arch, ret);
	strv_push_all(ret, (const char *const *)options->modules.items);
}

/* Of klab's own modules needs_check() knows which must be there. */
static struct error *check_modules(const struct guest_options *options,
				   const struct plan *plan)
{
	for (size_t i = 0; i < options->modules.count; i++) {
		const char *name = options->modules.items[i];

		if (strv_contains(&plan->image.missing_modules, name))
			return error_hint(error_new(ERROR_NOT_FOUND,
						    "the kernel %s has no module %s",
						    plan->kernel->name, name),
					  "name one that it has (--module, as modprobe "
					  "takes it), or another kernel: -k SPEC");
	}
	return NULL;
}

static struct error *build_image(const struct guest_options *options,
				 const struct plan_ui *ui, const char *setup,
				 struct plan *plan)
{
	_cleanup_strv_ struct strv modules = { 0 };
	_cleanup_(adds_deinit) struct adds adds = {
		.items = xcalloc(options->adds.count, sizeof(*adds.items)),
	};
	struct image_options image = {
		/* What becomes a disk is not in the initramfs as well. */
		.recipe = plan->recipe.format == RECIPE_EXT4 ? NULL : &plan->recipe,
		.kernel = plan->kernel,
		.overlays = (const char *const *)options->overlays.items,
		.arch = plan->kernel->arch,
		.setup = setup,
		.no_agent = !plan->machine.agent,
		.cross_compile = options->cross_compile,
		.fetch = ui->fetch,
	};

	for (; adds.count < options->adds.count; adds.count++)
		TRY(image_add_parse(options->adds.items[adds.count],
				    &adds.items[adds.count]));
	wanted_modules(options, plan, &modules);
	image.modules = (const char *const *)modules.items;
	image.adds = adds.items;
	image.add_count = adds.count;
	TRY(image_build(plan->store, &image, &plan->image));
	TRY(check_modules(options, plan));
	return plan->machine.agent ? needs_check(plan->kernel, &plan->image) : NULL;
}

/* PVH unless it can't be, or must not be. */
static struct error *choose_boot(const struct guest_options *options, struct plan *plan)
{
	enum boot_method wish = options->boot;

	plan->kaslr = options->kaslr;
	if (wish == BOOT_PVH && options->kaslr)
		return error_hint(error_new(ERROR_USAGE,
					    "--kaslr and --boot pvh exclude each other"),
				  "a PVH start skips the code that randomises addresses; "
				  "use --boot image");
	if (wish != BOOT_IMAGE && !options->kaslr) {
		TRY(kernel_pvh_image(plan->store, plan->kernel, &plan->machine.kernel));
		if (plan->machine.kernel) {
			plan->boot = BOOT_PVH;
			return NULL;
		}
		if (wish == BOOT_PVH)
			return error_hint(error_new(ERROR_UNSUPPORTED,
						    "%s cannot be started by PVH",
						    plan->kernel->name),
					  "build it with CONFIG_PVH=y, or leave out "
					  "--boot pvh");
		plan->boot_reason =
			xstrdup(plan->kernel->arch->elf_machine ==
						arch_find("x86_64")->elf_machine
					? "the kernel has no PVH note (CONFIG_PVH)"
					: "PVH is x86's");
	} else {
		plan->boot_reason = xstrdup(options->kaslr ? "--kaslr" : "--boot image");
	}
	plan->boot = BOOT_IMAGE;
	return kernel_plain_image(plan->store, plan->kernel, &plan->machine.kernel);
}

static void append_word(struct text *line, const char *word)
{
	if (!word || !*word)
		return;
	if (line->length)
		text_append_char(line, ' ');
	text_append(line, word);
}

/* klab's agent reads init= itself; without it, only the kernel is there to do so. */
static char *init_word(const struct guest_options *options, const struct plan *plan)
{
	const char *init = options->init ? options->init : plan->recipe.init;

	/* What the kernel starts by itself, or nobody, needs no word. */
	if (!init || streq(init, "klab") ||
	    (!plan->machine.agent && streq(init, "/init")))
		return NULL;
	return xasprintf("%s=%s", plan->machine.agent ? "init" : "rdinit", init);
}

/* klab's own parameters first, so that the user's win. */
static char *command_line(const struct guest_options *options, enum plan_purpose purpose,
			  const struct plan *plan)
{
	const struct arch *arch = plan->kernel->arch;
	_cleanup_free_ char *console = xasprintf("console=%s", arch->console);
	_cleanup_free_ char *init = init_word(options, plan);
	_cleanup_text_ struct text line = { 0 };

	if (options->display)
		append_word(&line, "console=tty0");
	append_word(&line, console); /* the last is /dev/console */
	if (purpose == PLAN_COMMAND)
		append_word(&line, "panic=-1");
	if (!options->plain)
		append_word(&line, arch->append_fast);
	if (!options->kaslr)
		append_word(&line, arch->append_nokaslr);
	append_word(&line, root_append(plan->root));
	append_word(&line, init);
	for (size_t i = 0; i < options->append.count; i++)
		append_word(&line, options->append.items[i]);
	return text_take(&line);
}

static struct error *find_qemu(const struct guest_options *options,
			       const struct arch *arch, char **ret)
{
	const char *name = options->qemu ? options->qemu : arch->qemu;

	*ret = program_find(name);
	if (!*ret)
		return error_hint(error_new(ERROR_MISSING, "there is no program %s",
					    name),
				  "apt-get install %s, or pass --qemu PROGRAM",
				  arch->qemu_package);
	return NULL;
}

static struct error *add_disks(const struct guest_options *options, struct plan *plan)
{
	struct machine *m = &plan->machine;

	for (size_t i = 0; i < options->disks.count; i++)
		TRY(machine_add_disk(m, options->disks.items[i],
				     options->rw ? MACHINE_DISK_KEEP
						 : MACHINE_DISK_DISCARD));
	return NULL;
}

static struct error *describe_machine(const struct guest_options *options,
				      enum plan_purpose purpose, struct plan *plan)
{
	const struct arch *arch = plan->kernel->arch;
	const struct arch_machine *machine = arch_machine_find(arch, options->machine);
	struct machine *m = &plan->machine;

	if (!machine)
		return error_hint(error_new(ERROR_USAGE, "%s has no machine \"%s\"",
					    arch->name, options->machine),
				  "see klab run --help");
	m->arch = arch;
	m->machine = xstrdup(machine->name);
	m->cpu = options->cpu ? xstrdup(options->cpu) : NULL;
	m->accel = plan->accel.accel;
	m->cpus = options->cpus ? options->cpus : 1;
	m->memory = options->memory ? options->memory : arch->memory_default;
	m->boot = plan->boot;
	m->append = command_line(options, purpose, plan);
	if (m->boot == BOOT_PVH && !options->plain && arch->firmware_fast &&
	    qemu_brings(m->qemu, arch->firmware_fast))
		m->firmware = xstrdup(arch->firmware_fast);
	m->no_reboot = purpose == PLAN_COMMAND;
	m->start_halted = purpose == PLAN_DEBUG;
	for (size_t i = 0; i < options->qemu_options.count; i++)
		TRY_WRAP(strv_split_shell(options->qemu_options.items[i],
					  &m->qemu_options),
			 "--qemu-opts");
	return add_disks(options, plan);
}

static struct error *find_root(const struct guest_options *options,
			       const struct plan_ui *ui, struct plan *plan)
{
	const struct root_request request = {
		.store = plan->store,
		.options = options,
		.arch = plan->kernel->arch,
		.fetch = ui->fetch,
		.kernel = plan->kernel,
		.qemu = plan->machine.qemu,
	};

	return root_resolve(&request, &plan->root);
}

static struct error *fill(const struct guest_options *options, enum plan_purpose purpose,
			  const struct plan_ui *ui, struct plan *plan)
{
	_cleanup_shares_ struct shares shares = { 0 };
	_cleanup_text_ struct text setup = { 0 };

	TRY(root_check_options(options));
	TRY(plan_choose_init(options, plan));
	TRY(shares_parse(options, plan->machine.agent && !options->initrd, &shares));
	shares_add(&shares, &plan->machine, &setup);
	display_plan(options->display,
		     plan->machine.agent && !options->init && !plan->recipe.init,
		     &plan->machine, &setup);
	TRY(network_plan(options->net, &plan->machine.net, &setup, &plan->network));
	if (plan->machine.agent && plan->recipe.ready && !options->init)
		text_append(&setup, "ready " RECIPE_READY_PIPE "\n");
	TRY(late_plan(options, plan->machine.agent && !options->initrd, &setup));
	TRY(store_open(NULL, &plan->store));
	TRY(find_kernel(options, ui, plan));
	TRY(find_qemu(options, plan->kernel->arch, &plan->machine.qemu));
	TRY(find_root(options, ui, plan));
	TRY(root_add(plan->root, options, plan->kernel, &plan->machine, &setup));
	if (options->initrd) {
		plan->user_initramfs = true;
		if (!streq(options->initrd, "none"))
			TRY(path_absolute(options->initrd, &plan->machine.initrd));
	} else if (!plan_has_no_root(options)) {
		TRY(build_image(options, ui, text_str(&setup), plan));
		TRY(root_check_kernel(plan->root, plan->kernel, &plan->image));
		TRY(shares_check_kernel(&shares, plan->kernel, &plan->image));
		plan->machine.initrd = xstrdup(plan->image.path);
	}
	TRY(choose_boot(options, plan));
	TRY(accel_choose(plan->store, plan->kernel->arch, plan->machine.qemu,
			 options->accel, &plan->accel));
	TRY(describe_machine(options, purpose, plan));
	return machine_check_memory(&plan->machine);
}

struct error *plan_make(const struct guest_options *options, enum plan_purpose purpose,
			const struct plan_ui *ui, struct plan *ret)
{
	_cleanup_plan_ struct plan plan = { 0 };

	TRY(fill(options, purpose, ui, &plan));
	*ret = plan;
	plan = (struct plan){ 0 };
	return NULL;
}

void plan_deinit(struct plan *plan)
{
	network_free(plan->network);
	root_free(plan->root);
	machine_deinit(&plan->machine);
	accel_choice_deinit(&plan->accel);
	image_deinit(&plan->image);
	recipe_deinit(&plan->recipe);
	kernel_free(plan->kernel);
	store_free(plan->store);
	free(plan->boot_reason);
	*plan = (struct plan){ 0 };
}

char *plan_describe(const struct plan *plan)
{
	const struct machine *m = &plan->machine;

	return xasprintf("%s on %s (%s), %s: %s", plan->kernel->name, m->arch->name,
			 m->machine, m->accel == ACCEL_KVM ? "KVM" : "TCG",
			 plan->accel.reason);
}
