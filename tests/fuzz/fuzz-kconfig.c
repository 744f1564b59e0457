// SPDX-License-Identifier: GPL-2.0-or-later
/* A .config, and a kernel that may hold one. */
#include <stddef.h>
#include <stdint.h>

#include "format/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text inside = { 0 };
	struct error *err = kconfig_extract(data, size, &inside);

	if (err)
		error_ignore(err); /* it holds none */
	else
		(void)kconfig_enabled(text_str(&inside), inside.length, "PVH", true);
	free(kconfig_get((const char *)data, size, "CONFIG_PVH"));
	free(kconfig_get((const char *)data, size, "LOCALVERSION"));
	return 0;
}
