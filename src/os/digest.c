// SPDX-License-Identifier: GPL-2.0-or-later
/* SHA-256 over nettle. */
#include "os/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/base16.h>
#include <nettle/sha2.h>

#include "base/mem.h"

#define DIGEST_CHUNK ((size_t)256 * 1024)

struct digest {
	struct sha256_ctx sha;
};

struct digest *digest_new(void)
{
	struct digest *digest = xnew(struct digest);

	sha256_init(&digest->sha);
	return digest;
}

void digest_free(struct digest *digest)
{
	free(digest);
}

void digest_add(struct digest *digest, const void *data, size_t size)
{
	if (size)
		sha256_update(&digest->sha, size, data);
}

void digest_add_u64(struct digest *digest, uint64_t value)
{
	uint8_t bytes[8];

	/* The same digest on every host: little-endian by hand. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	digest_add(digest, bytes, sizeof(bytes));
}

void digest_add_string(struct digest *digest, const char *s)
{
	size_t length = strlen(s);

	digest_add_u64(digest, length);
	digest_add(digest, s, length);
}

void digest_add_identity(struct digest *digest, const char *path, const struct stat *st)
{
	digest_add_string(digest, path);
	digest_add_u64(digest, st->st_dev);
	digest_add_u64(digest, st->st_ino);
	digest_add_u64(digest, (uint64_t)st->st_size);
	digest_add_u64(digest, (uint64_t)st->st_mtim.tv_sec);
	digest_add_u64(digest, (uint64_t)st->st_mtim.tv_nsec);
	digest_add_u64(digest, (uint64_t)st->st_ctim.tv_sec);
	digest_add_u64(digest, (uint64_t)st->st_ctim.tv_nsec);
}

void digest_hex(struct digest *digest, char ret[DIGEST_HEX_SIZE])
{
	uint8_t sum[SHA256_DIGEST_SIZE];

	sha256_digest(&digest->sha, sizeof(sum), sum);
	base16_encode_update(ret, sizeof(sum), sum);
	ret[DIGEST_HEX_SIZE - 1] = 0;
}

void digest_bytes(const void *data, size_t size, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();

	digest_add(digest, data, size);
	digest_hex(digest, ret);
}

/* Read, not mapped: the file may be somebody's who truncates it meanwhile. */
struct error *digest_file(const char *path, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	_cleanup_free_ uint8_t *chunk = xcalloc(1, DIGEST_CHUNK);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return error_os(errno, "reading %s", path);
	while ((n = read(fd, chunk, DIGEST_CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "reading %s", path);
		digest_add(digest, chunk, (size_t)n);
	}
	digest_hex(digest, ret);
	return NULL;
}
