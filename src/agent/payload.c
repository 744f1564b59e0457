// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Payloads of frames: their fields, and the three that have many of them (HELLO, START,
 * EXIT).  What is read comes from a hostile peer: counts are checked against the bytes
 * that are there before anything is allocated.
 */
#include "agent/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void payload_u16(struct text *payload, uint16_t value)
{
	uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	text_append_bytes(payload, bytes, sizeof(bytes));
}

void payload_u32(struct text *payload, uint32_t value)
{
	uint8_t bytes[4];

	proto_put_u32(bytes, value);
	text_append_bytes(payload, bytes, sizeof(bytes));
}

void payload_u64(struct text *payload, uint64_t value)
{
	payload_u32(payload, (uint32_t)value);
	payload_u32(payload, (uint32_t)(value >> 32));
}

void payload_string(struct text *payload, const char *s)
{
	size_t length = s ? strlen(s) : 0;

	payload_u32(payload, (uint32_t)length);
	text_append_bytes(payload, s ? s : "", length);
}

void payload_strings(struct text *payload, const char *const *strings)
{
	uint32_t count = 0;

	while (strings && strings[count])
		count++;
	payload_u32(payload, count);
	for (uint32_t i = 0; i < count; i++)
		payload_string(payload, strings[i]);
}

struct error *payload_read_string(struct reader *r, char **ret)
{
	uint32_t length = reader_u32(r);
	const uint8_t *bytes = reader_bytes(r, length);

	if (!bytes)
		return error_new(ERROR_CORRUPT,
				 "a string runs over the end of its frame");
	if (memchr(bytes, 0, length))
		return error_new(ERROR_CORRUPT, "a string with a NUL in it");
	*ret = xstrndup((const char *)bytes, length);
	return NULL;
}

struct error *payload_read_strings(struct reader *r, struct strv *ret)
{
	uint32_t count = reader_u32(r);

	if (r->failed || count > reader_left(r) / sizeof(uint32_t))
		return error_new(ERROR_CORRUPT, "more strings than the frame can hold");
	for (uint32_t i = 0; i < count; i++) {
		char *s;

		TRY(payload_read_string(r, &s));
		strv_push_take(ret, s);
	}
	return NULL;
}

struct error *payload_end(const struct reader *r, const char *what)
{
	if (r->failed)
		return error_new(ERROR_CORRUPT, "%s is too short", what);
	if (reader_left(r))
		return error_new(ERROR_CORRUPT, "%s has bytes behind its end", what);
	return NULL;
}

void channel_send_hello(struct channel *channel, const char *const *facts)
{
	_cleanup_text_ struct text payload = { 0 };

	payload_u32(&payload, PROTO_MAGIC);
	payload_u16(&payload, PROTO_VERSION);
	payload_u16(&payload, PROTO_VERSION);
	payload_string(&payload, "klab " KLAB_VERSION);
	payload_strings(&payload, facts);
	channel_send(channel, PROTO_HELLO, 0, 0, payload.data, payload.length);
}

void channel_send_hello_answer(struct channel *channel)
{
	channel_send_hello(channel, (const char *const[]){ PROTO_ANSWER, NULL });
}

void channel_send_credit(struct channel *channel, uint8_t stream, uint32_t session,
			 uint32_t bytes)
{
	uint8_t payload[4];

	proto_put_u32(payload, bytes);
	channel_send(channel, PROTO_CREDIT, stream, session, payload, sizeof(payload));
}

void channel_send_exit(struct channel *channel, uint32_t session, enum proto_exit how,
		       uint32_t value, const char *message)
{
	_cleanup_text_ struct text payload = { 0 };

	payload_u32(&payload, how);
	payload_u32(&payload, value);
	payload_string(&payload, message);
	channel_send(channel, PROTO_EXIT, 0, session, payload.data, payload.length);
}

void hello_deinit(struct hello *hello)
{
	free(hello->who);
	strv_deinit(&hello->facts);
	*hello = (struct hello){ 0 };
}

static struct error *hello_decode(struct reader *r, struct hello *hello)
{
	uint32_t magic = reader_u32(r);
	uint16_t lowest = reader_u16(r);
	uint16_t highest = reader_u16(r);

	if (magic != PROTO_MAGIC)
		return error_new(ERROR_CORRUPT,
				 "the peer does not speak klab's protocol");
	TRY(payload_read_string(r, &hello->who));
	if (lowest > PROTO_VERSION || highest < PROTO_VERSION)
		return error_hint(
			error_new(
				ERROR_UNSUPPORTED,
				"%s speaks versions %u to %u of the protocol, this klab version %d",
				hello->who, lowest, highest, PROTO_VERSION),
			"start the guest and use it with the same klab");
	hello->version = PROTO_VERSION;
	TRY(payload_read_strings(r, &hello->facts));
	hello->answer = strv_contains(&hello->facts, PROTO_ANSWER);
	return payload_end(r, "HELLO");
}

struct error *hello_read(const struct frame *frame, struct hello *ret)
{
	_cleanup_(hello_deinit) struct hello hello = { 0 };
	struct reader r = reader_of(frame->payload, frame->size);

	TRY(hello_decode(&r, &hello));
	*ret = hello;
	hello = (struct hello){ 0 };
	return NULL;
}

void exit_report_deinit(struct exit_report *report)
{
	free(report->message);
	*report = (struct exit_report){ 0 };
}

struct error *exit_report_read(const struct frame *frame, struct exit_report *ret)
{
	struct reader r = reader_of(frame->payload, frame->size);
	uint32_t how = reader_u32(&r);
	uint32_t value = reader_u32(&r);
	_cleanup_free_ char *message = NULL;

	if (how >= PROTO_EXIT_COUNT)
		return error_new(ERROR_CORRUPT, "EXIT of unknown kind %u", how);
	TRY(payload_read_string(&r, &message));
	TRY(payload_end(&r, "EXIT"));
	*ret = (struct exit_report){ how, value, take_ptr(message) };
	return NULL;
}

void start_request_deinit(struct start_request *request)
{
	free(request->service);
	free(request->cwd);
	strv_deinit(&request->argv);
	strv_deinit(&request->environment);
	*request = (struct start_request){ 0 };
}

static struct error *start_request_decode(struct reader *r, struct start_request *request)
{
	request->flags = reader_u32(r);
	request->rows = reader_u16(r);
	request->columns = reader_u16(r);
	request->uid = reader_u32(r);
	request->gid = reader_u32(r);
	TRY(payload_read_string(r, &request->service));
	TRY(payload_read_string(r, &request->cwd));
	TRY(payload_read_strings(r, &request->argv));
	TRY(payload_read_strings(r, &request->environment));
	return payload_end(r, "START");
}

struct error *start_request_read(const struct frame *frame, struct start_request *ret)
{
	_cleanup_(start_request_deinit) struct start_request request = { 0 };
	struct reader r = reader_of(frame->payload, frame->size);

	TRY(start_request_decode(&r, &request));
	*ret = request;
	request = (struct start_request){ 0 };
	return NULL;
}

void start_request_write(const struct start_request *request, struct text *payload)
{
	payload_u32(payload, request->flags);
	payload_u16(payload, request->rows);
	payload_u16(payload, request->columns);
	payload_u32(payload, request->uid);
	payload_u32(payload, request->gid);
	payload_string(payload, request->service);
	payload_string(payload, request->cwd);
	payload_strings(payload, (const char *const *)request->argv.items);
	payload_strings(payload, (const char *const *)request->environment.items);
}
