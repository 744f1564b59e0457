// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl does it.  Every wait has an end, every redirect stays within the web and never
 * leaves https, and the digest is made of the bytes as they are written.
 */
#include "kernel/download.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "kernel/curl.h"
#include "os/clock.h"
#include "os/digest.h"
#include "os/file.h"

#define SIZE_MAX_ (UINT64_C(16) << 30)
#define REDIRECTS_MAX 5L
#define CONNECT_TIMEOUT_S 30L
/* Not a byte for so long. */
#define SILENCE_S 60L
#define REPORT_MS 200
#define USER_AGENT "klab/" KLAB_VERSION

struct downloading {
	const struct download *download;
	const char *path;
	int fd;
	struct digest *digest;
	uint64_t size; /* so far */
	uint64_t reported_ms;
	struct error *failed; /* why a callback stopped libcurl */
	char words[CURL_ERROR_SIZE];
};

static const char *const schemes[] = { "https", "http" };

bool download_is_url(const char *word)
{
	return strstr(word, "://") != NULL;
}

static bool has_scheme(const char *url, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncasecmp(url, scheme, length) == 0 && has_prefix(url + length, "://");
}

static bool is_sha256(const char *word)
{
	size_t length = 0;

	while (isxdigit((unsigned char)word[length]))
		length++;
	return length == DIGEST_HEX_SIZE - 1 && !word[length];
}

struct error *download_check(const struct download *download)
{
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		known |= has_scheme(download->url, schemes[i]);
	if (!known)
		return error_hint(error_new(ERROR_USAGE,
					    "%s is fetched neither by https nor by http",
					    download->url),
				  "what is on this machine needs no fetching: unpack it "
				  "with tar");
	if (!download->sha256)
		return error_hint(error_new(ERROR_USAGE,
					    "without its SHA-256 nobody knows what %s "
					    "brings",
					    download->url),
				  "--sha256 HEX, as the site's signed list has it "
				  "(kernel.org: sha256sums.asc beside the archives)");
	if (!is_sha256(download->sha256))
		return error_new(ERROR_USAGE,
				 "--sha256 takes 64 hexadecimal digits, "
				 "not \"%s\"",
				 download->sha256);
	return NULL;
}

static size_t on_data(char *data, size_t one, size_t size, void *argument)
{
	struct downloading *downloading = argument;

	downloading->size += size;
	if (downloading->size > SIZE_MAX_)
		downloading->failed =
			error_new(ERROR_CORRUPT, "it is larger than klab believes");
	else
		downloading->failed = fd_write_all(downloading->fd, data, size);
	if (downloading->failed) {
		downloading->failed =
			error_wrap(downloading->failed, "writing %s", downloading->path);
		return CURL_WRITEFUNC_ERROR;
	}
	digest_add(downloading->digest, data, size);
	return size;
}

static int on_progress(void *argument, curl_off_t total, curl_off_t done,
		       curl_off_t upload_total, curl_off_t upload_done)
{
	struct downloading *downloading = argument;
	const struct download *download = downloading->download;
	uint64_t now = clock_ms();

	if (now - downloading->reported_ms < REPORT_MS)
		return 0;
	downloading->reported_ms = now;
	downloading->failed =
		progress_report(download->progress, download->stage,
				total ? (uint64_t)done : 0, (uint64_t)total);
	return downloading->failed != NULL;
}

struct setting {
	CURLoption option;
	long number;
	const void *pointer; /* NULL: the number counts */
};

static struct error *set(const struct curl *curl, CURL *easy, struct downloading *to)
{
	const char *url = to->download->url;
	/* Who asked for https does not get http. */
	const char *redirects = has_scheme(url, "https") ? "https" : "http,https";
	const struct setting settings[] = {
		{ CURLOPT_URL, 0, url },
		{ CURLOPT_PROTOCOLS_STR, 0, "http,https" },
		{ CURLOPT_REDIR_PROTOCOLS_STR, 0, redirects },
		{ CURLOPT_FOLLOWLOCATION, 1, NULL },
		{ CURLOPT_MAXREDIRS, REDIRECTS_MAX, NULL },
		{ CURLOPT_SSL_VERIFYPEER, 1, NULL },
		{ CURLOPT_SSL_VERIFYHOST, 2, NULL },
		{ CURLOPT_FAILONERROR, 1, NULL },
		{ CURLOPT_NOSIGNAL, 1, NULL },
		{ CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S, NULL },
		{ CURLOPT_LOW_SPEED_LIMIT, 1, NULL },
		{ CURLOPT_LOW_SPEED_TIME, SILENCE_S, NULL },
		{ CURLOPT_USERAGENT, 0, USER_AGENT },
		{ CURLOPT_NOPROGRESS, 0, NULL },
		{ CURLOPT_ERRORBUFFER, 0, to->words },
		{ CURLOPT_WRITEDATA, 0, to },
		{ CURLOPT_XFERINFODATA, 0, to },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && code == CURLE_OK; i++) {
		const struct setting *setting = &settings[i];

		code = setting->pointer ? curl->easy_setopt(easy, setting->option,
							    setting->pointer)
					: curl->easy_setopt(easy, setting->option,
							    setting->number);
	}
	if (code == CURLE_OK)
		code = curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	if (code == CURLE_OK)
		code = curl->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	if (code == CURLE_OK)
		return NULL;
	return error_hint(error_new(ERROR_UNSUPPORTED, "this libcurl is not for klab: %s",
				    curl->easy_strerror(code)),
			  "it must be 7.85 or later");
}

/* What went wrong, by libcurl's number, and what can be done. */
static const struct {
	CURLcode code;
	enum error_code error;
	const char *sentence; /* NULL: libcurl's own words */
	const char *hint;
} troubles[] = {
	{ CURLE_PARTIAL_FILE, ERROR_CLOSED, "the connection ended before the file did",
	  "run it again" },
	{ CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT, NULL,
	  "run it again, or take another mirror" },
	{ CURLE_TOO_MANY_REDIRECTS, ERROR_REFUSED, "it redirects again and again",
	  "give the URL of the file itself" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERROR_REFUSED,
	  "it redirects to where klab does not follow",
	  "give the URL of the file itself" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERROR_REFUSED, NULL,
	  "the server is not proven to be the one that you named: see the clock and the "
	  "package ca-certificates" },
	{ CURLE_HTTP_RETURNED_ERROR, ERROR_NOT_FOUND, NULL, "see that the URL is right" },
	{ CURLE_OK, ERROR_FAILED, NULL, "see that the URL and the network are right" },
};

static struct error *explain(const struct curl *curl, CURLcode code,
			     const struct downloading *downloading)
{
	const char *sentence =
		*downloading->words ? downloading->words : curl->easy_strerror(code);
	_cleanup_text_ struct text harmless = { 0 };
	size_t i = 0;

	while (troubles[i].code != code && troubles[i].code != CURLE_OK)
		i++;
	if (troubles[i].sentence)
		sentence = troubles[i].sentence;
	text_append_harmless(&harmless, sentence, strlen(sentence));
	return error_hint(error_new(troubles[i].error, "%s", text_str(&harmless)), "%s",
			  troubles[i].hint);
}

static struct error *check_digest(const struct downloading *downloading)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(downloading->digest, hex);
	if (strcasecmp(hex, downloading->download->sha256) == 0)
		return NULL;
	return error_hint(error_new(ERROR_CORRUPT,
				    "it is not what was asked for: its SHA-256 is %s",
				    hex),
			  "compare that with the site's signed list");
}

static struct error *perform(const struct curl *curl, CURL *easy,
			     struct downloading *downloading)
{
	CURLcode code;

	TRY(set(curl, easy, downloading));
	code = curl->easy_perform(easy);
	if (downloading->failed)
		return take_ptr(downloading->failed);
	if (code != CURLE_OK)
		return explain(curl, code, downloading);
	return check_digest(downloading);
}

struct error *download_get(const struct download *download, int fd, const char *path)
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	struct downloading downloading = {
		.download = download,
		.path = path,
		.fd = fd,
		.digest = digest,
	};
	const struct curl *curl;
	struct error *err;
	CURL *easy;

	TRY(download_check(download));
	TRY(curl_open(&curl));
	easy = curl->easy_init();
	if (!easy)
		return error_new(ERROR_FAILED, "libcurl does not start");
	err = perform(curl, easy, &downloading);
	curl->easy_cleanup(easy);
	return err;
}
