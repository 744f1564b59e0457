// SPDX-License-Identifier: GPL-2.0-or-later
/* klab config menu: the tree's own menuconfig, with the words that its make needs. */
#include "cli/config-menu.h"

#include <unistd.h>

#include "base/mem.h"
#include "cli/building.h"
#include "lab/foreground.h"
#include "os/file.h"

/* It is compiled when it is wanted first, and then needs a library of the host. */
static struct error *failed(const struct kbuild *kbuild)
{
	_cleanup_free_ char *program = path_join(kbuild->output, "scripts/kconfig/mconf");
	struct error *err =
		error_new(ERROR_FAILED, "make menuconfig in %s failed", kbuild->source);

	if (path_exists(program))
		return err;
	return error_hint(err,
			  "if ncurses is what it lacks: apt-get install libncurses-dev");
}

struct error *config_menu(struct call *call)
{
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };
	_cleanup_strv_ struct strv words = { 0 };
	struct foreground make = { .terminal = true };
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_hint(error_new(ERROR_MISSING, "the menu needs a terminal"),
				  "klab config set NAME=y needs none");
	TRY(building_open_tree(call, building_kernel(call), NULL, &kbuild));
	kbuild_command(&kbuild, &words);
	strv_push(&words, "menuconfig");
	make.argv = strv_argv(&words);
	TRY(foreground_run(&make, &status));
	return status ? failed(&kbuild) : NULL;
}
