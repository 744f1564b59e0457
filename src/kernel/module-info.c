// SPDX-License-Identifier: GPL-2.0-or-later
/* .modinfo by libkmod, which reads compressed modules too. */
#include "kernel/module-info.h"

#include <libkmod.h>
#include <stdlib.h>

#include "base/mem.h"

void module_info_deinit(struct module_info *info)
{
	free(info->name);
	free(info->vermagic);
	strv_deinit(&info->depends);
}

static void take(struct module_info *info, const char *key, const char *value)
{
	if (streq(key, "vermagic") && !info->vermagic)
		info->vermagic = xstrdup(value);
	else if (streq(key, "name") && !info->name)
		info->name = xstrdup(value);
	else if (streq(key, "depends"))
		strv_split(value, ",", &info->depends);
}

static struct error *read_module(struct kmod_ctx *kmod, const char *path,
				 struct module_info *info)
{
	struct kmod_list *list = NULL, *item;
	struct kmod_module *module;
	int result = kmod_module_new_from_path(kmod, path, &module);

	if (result < 0)
		return error_os(-result, "opening the module %s", path);
	result = kmod_module_get_info(module, &list);
	kmod_list_foreach(item, list)
	{
		take(info, kmod_module_info_get_key(item),
		     kmod_module_info_get_value(item));
	}
	kmod_module_info_free_list(list);
	/* Modules of before 4.13 say no name: it is the file's. */
	if (!info->name)
		info->name = xstrdup(kmod_module_get_name(module));
	kmod_module_unref(module);
	if (result < 0)
		return error_hint(error_new(ERROR_CORRUPT, "%s is no kernel module",
					    path),
				  "klab module build makes one");
	return NULL;
}

struct error *module_info_read(const char *path, struct module_info *ret)
{
	static const char *const no_config[] = { NULL };
	_cleanup_module_info_ struct module_info info = { 0 };
	struct kmod_ctx *kmod = kmod_new("/", no_config);
	struct error *err;

	if (!kmod)
		return error_new(ERROR_FAILED, "starting libkmod");
	err = read_module(kmod, path, &info);
	kmod_unref(kmod);
	TRY(err);
	*ret = info;
	info = (struct module_info){ 0 };
	return NULL;
}
