// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest's own command line again, under the name that it had. */
#include "lab/again.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/json.h"
#include "lab/attach.h"
#include "lab/debug-modules.h"
#include "lab/foreground.h"
#include "os/dirs.h"
#include "os/file.h"

void again_deinit(struct again *again)
{
	free(again->name);
	recalled_deinit(&again->run);
}

struct error *again_prepare(const char *guest_name, struct again *ret)
{
	_cleanup_again_ struct again again = { 0 };
	_cleanup_free_ char *run = NULL;

	TRY(debug_guest(guest_name, &again.name, &run));
	TRY(rundir_recall(path_base(run), &again.run));
	*ret = again;
	again = (struct again){ 0 };
	return NULL;
}

bool again_is_down(const struct again *again)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_json_ struct json_object *status = NULL;
	const char *state = NULL;
	struct error *err = attach_ask(again->name, "status", NULL, &answer);

	if (!err)
		err = json_parse_object(answer, strlen(answer), &status);
	if (!err)
		err = json_get_string(status, "state", &state);
	error_ignore(err);
	return !state || streq(state, "panicked");
}

struct error *again_start(const struct again *again)
{
	static const char *const force[] = { "--force", NULL };
	_cleanup_free_ char *answer = NULL, *self = NULL, *name = NULL;
	_cleanup_strv_ struct strv argv = { 0 };
	int status;

	/* It may have ended by itself. */
	error_ignore(attach_ask(again->name, "stop", force, &answer));
	TRY(dirs_self(&self));
	name = xasprintf("--name=%s", again->name);
	strv_push_all(&argv, (const char *const *)again->run.arguments.items);
	/* Behind "run", and before a name that it was given. */
	strv_insert_all(&argv, 1, (const char *const[]){ name, NULL });
	strv_insert_all(&argv, 0, (const char *const[]){ self, NULL });
	TRY(foreground_run(
		&(struct foreground){
			.argv = strv_argv(&argv),
			.directory = again->run.directory,
		},
		&status));
	return status == 0 ? NULL
			   : error_new(ERROR_FAILED, "the guest %s does not start again",
				       again->name);
}
