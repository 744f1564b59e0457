// SPDX-License-Identifier: GPL-2.0-or-later
/* Copy records on blocking descriptors. */
#include "copy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"

void copy_remark(const char *fmt, ...)
{
	char line[PROTO_COPY_TARGET_MAX];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	n = n < (int)sizeof(line) - 2 ? n : (int)sizeof(line) - 2;
	line[n] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n + 1); /* nowhere else to say it */
}

void copy_read(void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(STDIN_FILENO, (char *)data + done, size - done);

		if (n == 0)
			exec_fail(PROTO_EXIT_REFUSED, 0,
				  "the copy ended in the middle: it is not complete");
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			exec_fail(PROTO_EXIT_REFUSED, errno, "reading the copy");
	}
}

void copy_write(const void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(STDOUT_FILENO, (const char *)data + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			exec_fail(PROTO_EXIT_REFUSED, errno, "sending the copy");
	}
}

static uint64_t get_u64(const uint8_t *p)
{
	return proto_u32(p) | (uint64_t)proto_u32(p + 4) << 32;
}

static void put_u64(uint8_t *p, uint64_t value)
{
	proto_put_u32(p, (uint32_t)value);
	proto_put_u32(p + 4, (uint32_t)(value >> 32));
}

static void read_string(char *s, uint32_t max)
{
	uint8_t head[4];
	uint32_t size;

	copy_read(head, sizeof(head));
	size = proto_u32(head);
	if (size > max)
		exec_fail(PROTO_EXIT_REFUSED, 0, "a copy record with too long a name");
	copy_read(s, size);
	s[size] = 0;
	if (strlen(s) != size)
		exec_fail(PROTO_EXIT_REFUSED, 0, "a copy record with a NUL in a name");
}

void record_read(struct record *record)
{
	uint8_t head[PROTO_COPY_HEADER_SIZE];

	copy_read(head, sizeof(head));
	if (proto_u32(head) != PROTO_COPY_MAGIC)
		exec_fail(PROTO_EXIT_REFUSED, 0, "no copy record where one should be");
	record->kind = (enum proto_copy_kind)head[4];
	record->mode = proto_u32(head + 8) & 07777;
	record->uid = proto_u32(head + 12);
	record->gid = proto_u32(head + 16);
	record->mtime = get_u64(head + 20);
	record->size = get_u64(head + 28);
	read_string(record->name, PROTO_COPY_NAME_MAX);
	read_string(record->target, PROTO_COPY_TARGET_MAX);
}

static void write_string(const char *s)
{
	uint8_t head[4];
	size_t size = strlen(s);

	proto_put_u32(head, (uint32_t)size);
	copy_write(head, sizeof(head));
	copy_write(s, size);
}

void record_write(const struct record *record)
{
	uint8_t head[PROTO_COPY_HEADER_SIZE] = { 0 };

	proto_put_u32(head, PROTO_COPY_MAGIC);
	head[4] = (uint8_t)record->kind;
	proto_put_u32(head + 8, record->mode);
	proto_put_u32(head + 12, record->uid);
	proto_put_u32(head + 16, record->gid);
	put_u64(head + 20, record->mtime);
	put_u64(head + 28, record->size);
	copy_write(head, sizeof(head));
	write_string(record->name);
	write_string(record->target);
}
