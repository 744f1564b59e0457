// SPDX-License-Identifier: GPL-2.0-or-later
/* The user's words about a guest. */
#include "lab/options.h"

#include <stdlib.h>

void guest_options_deinit(struct guest_options *options)
{
	char **const strings[] = {
		&options->kernel, &options->arch, &options->output, &options->machine,
		&options->cpu,	  &options->net,  &options->qemu,   &options->cwd,
		&options->user,	  &options->name, &options->json,
	};
	struct strv *const vectors[] = {
		&options->append,      &options->disks,	   &options->qemu_options,
		&options->adds,	       &options->overlays, &options->command,
		&options->environment,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(*strings[i]);
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		strv_deinit(vectors[i]);
	*options = (struct guest_options){ 0 };
}
