// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kernel a module for a running guest is built against. */
#include "base/mem.h"
#include "format/json.h"
#include "lab/attach.h"
#include "lab/module.h"

#define ANSWER_MS 60000

static struct error *guest_arch(const char *guest_name, char **ret)
{
	_cleanup_free_ char *answer = NULL;
	_cleanup_json_ struct json_object *status = NULL;
	const char *arch;

	TRY(attach_ask(guest_name, "status", NULL, &answer));
	TRY(json_parse_object(answer, strlen(answer), &status));
	TRY(json_get_string(status, "arch", &arch));
	*ret = xstrdup(arch);
	return NULL;
}

/* uname -r in it, harmless. */
static struct error *guest_release(const char *guest_name, char **ret)
{
	static const char *const argv[] = { "uname", "-r", NULL };
	_cleanup_free_ char *answer = NULL;
	_cleanup_text_ struct text text = { 0 };

	TRY(attach_output(guest_name, argv, ANSWER_MS, &answer));
	text_append_harmless(&text, answer, strcspn(answer, "\n"));
	*ret = text_take(&text);
	return NULL;
}

/* The stored kernel of that release, else what would be booted here. */
static struct error *find(struct store *store, const struct module_build *build,
			  char *release, char *arch, struct module_target *ret)
{
	struct guest_options guest = *build->guest; /* borrowed, as all in it */
	struct module_build like = *build;
	struct error *err;

	like.guest = &guest;
	guest.arch = arch;
	if (guest.kernel)
		return module_target_find(store, &like, ret);
	guest.kernel = release;
	err = module_target_find(store, &like, ret);
	if (!error_is(err, ERROR_NOT_FOUND))
		return err;
	error_ignore(err); /* it runs a kernel that is not stored */
	guest.kernel = NULL;
	return module_target_find(store, &like, ret);
}

struct error *module_target_of_guest(struct store *store,
				     const struct module_build *build,
				     const char *guest_name, struct module_target *ret,
				     char **ret_remark)
{
	_cleanup_free_ char *release = NULL;
	_cleanup_free_ char *arch = NULL;

	TRY(guest_arch(guest_name, &arch));
	TRY(guest_release(guest_name, &release));
	TRY(find(store, build, release, arch, ret));
	*ret_remark = NULL;
	if (!ret->kernel->release || !streq(ret->kernel->release, release))
		*ret_remark = xasprintf("the guest runs %s, the module is built against "
					"%s; -k SPEC names another kernel",
					release, ret->kernel->name);
	return NULL;
}
