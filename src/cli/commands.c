// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands. */
#include "cli/command.h"

/* In the order of the help, within their groups; man/meson.build reads these rows too. */
/* clang-format off */
static const struct command *const commands[] = {
	&command_run,
	&command_exec,
	&command_shell,
	&command_cp,
	&command_console,
	&command_monitor,
	&command_logs,
	&command_list,
	&command_stop,
	&command_rerun,
	&command_debug,
	&command_gdb,
	&command_build,
	&command_clean,
	&command_config,
	&command_fetch,
	&command_kernels,
	&command_module,
	&command_image,
	&command_store,
	&command_doctor,
	&command_help,
	&command_complete,
	&command_man,
	NULL,
};
/* clang-format on */

const struct command *const *commands_all(void)
{
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (streq(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

const char *command_group_title(enum command_group group)
{
	static const char *const titles[COMMAND_GROUP_COUNT] = {
		[COMMAND_GUESTS] = "Guests",
		[COMMAND_DEBUGGING] = "Debugging",
		[COMMAND_KERNELS] = "Kernels and images",
		[COMMAND_KLAB] = "klab itself",
	};

	return titles[group];
}
