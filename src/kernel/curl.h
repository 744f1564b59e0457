/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, opened when a file is fetched by its URL: linked, it would bring some thirty
 * libraries into every start of klab.
 */
#ifndef KLAB_KERNEL_CURL_H
#define KLAB_KERNEL_CURL_H

#include <curl/curl.h>

#include "base/error.h"

/* The functions that klab uses, by libcurl's own names for them. */
struct curl {
	typeof(curl_global_init) *global_init;
	typeof(curl_easy_init) *easy_init;
	typeof(curl_easy_setopt) *easy_setopt;
	typeof(curl_easy_perform) *easy_perform;
	typeof(curl_easy_getinfo) *easy_getinfo;
	typeof(curl_easy_strerror) *easy_strerror;
	typeof(curl_easy_cleanup) *easy_cleanup;
};

/* It stays open.  ERROR_MISSING on a host without it. */
struct error *curl_open(const struct curl **ret) _must_check_;

#endif
