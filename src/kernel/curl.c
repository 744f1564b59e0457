// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding libcurl's functions. */
#include "kernel/curl.h"

#include <dlfcn.h>
#include <string.h>

#include "base/mem.h"

/* The builds with GnuTLS and with OpenSSL differ in nothing else. */
static const char *const libraries[] = { "libcurl-gnutls.so.4", "libcurl.so.4" };

#define ROW(member)                                                     \
	{                                                               \
		.name = "curl_" #member, offsetof(struct curl, member), \
	}

static const struct {
	const char *name;
	size_t offset; /* of a pointer to a function */
} functions[] = {
	ROW(global_init),  ROW(easy_init),     ROW(easy_setopt),  ROW(easy_perform),
	ROW(easy_getinfo), ROW(easy_strerror), ROW(easy_cleanup),
};

static struct error *missing(const char *what)
{
	return error_hint(error_new(ERROR_MISSING, "cannot fetch by URL: %s", what),
			  "apt-get install libcurl3-gnutls");
}

static void *open_library(void)
{
	void *library = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(libraries) && !library; i++)
		library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
	return library;
}

struct error *curl_open(const struct curl **ret)
{
	static struct curl curl;
	void *library = open_library();

	if (!library)
		return missing("there is no libcurl");
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return missing(functions[i].name);
		memcpy((char *)&curl + functions[i].offset, &function, sizeof(function));
	}
	if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return missing("libcurl does not start");
	*ret = &curl;
	return NULL;
}
