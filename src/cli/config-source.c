// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a configuration is found: in a tree, beside a kernel, inside of it. */
#include "cli/config-source.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cli/building.h"
#include "format/kconfig.h"
#include "kernel/kernel.h"
#include "os/file.h"

#define CONFIG_MAX (4 << 20)

static struct error *read_file(const char *path, struct config_source *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };

	TRY(file_read(path, CONFIG_MAX, &bytes));
	ret->name = xstrdup(path);
	ret->text =
		bytes.size ? xstrndup((const char *)bytes.data, bytes.size) : xstrdup("");
	ret->size = strlen(ret->text);
	return NULL;
}

/* CONFIG_IKCONFIG */
static struct error *read_inside(struct store *store, const struct kernel *kernel,
				 struct config_source *ret)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_text_ struct text text = { 0 };
	_cleanup_free_ char *path = NULL;
	struct error *err;

	TRY(kernel_uncompressed(store, kernel, &path));
	TRY(file_map(path, &bytes));
	err = kconfig_extract(bytes.data, bytes.size, &text);
	if (error_is(err, ERROR_NOT_FOUND))
		return error_hint(
			error_wrap(err, "the configuration of %s does not lie beside it",
				   kernel->name),
			"only one built with CONFIG_IKCONFIG=y has it inside");
	TRY_WRAP(err, "%s", kernel->image);
	ret->name = xstrdup(kernel->image);
	ret->text = text_take(&text);
	ret->size = strlen(ret->text);
	return NULL;
}

static struct error *of_kernel(const struct call *call, struct config_source *ret)
{
	const struct kernel_resolve_options options = {
		.spec = call->guest->kernel,
		.arch = call->guest->arch ? arch_find(call->guest->arch) : NULL,
		.output = call->guest->output,
	};
	_cleanup_(store_freep) struct store *store = NULL;
	_cleanup_(kernel_freep) struct kernel *kernel = NULL;

	TRY(store_open(NULL, &store));
	TRY(kernel_resolve(store, &options, &kernel));
	ret->arch = kernel->arch;
	return kernel->config ? read_file(kernel->config, ret)
			      : read_inside(store, kernel, ret);
}

struct error *config_source_find(const struct call *call, struct config_source *ret)
{
	const char *spec = building_kernel(call);
	_cleanup_kbuild_ struct kbuild kbuild = { 0 };

	if (spec && !path_is_dir(spec))
		return of_kernel(call, ret);
	TRY(building_open_tree(call, spec, NULL, &kbuild));
	if (!kbuild_is_configured(&kbuild))
		return error_hint(error_new(ERROR_NOT_FOUND, "%s is not configured",
					    kbuild.output),
				  "klab config set --fragment base, which begins with a "
				  "defconfig");
	ret->arch = kbuild.arch;
	return read_file(kbuild.config, ret);
}

void config_source_deinit(struct config_source *source)
{
	free(source->name);
	free(source->text);
	*source = (struct config_source){ 0 };
}
