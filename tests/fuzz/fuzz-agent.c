// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hostile host: its bytes into the agent's frame parser and START decoder.  They are
 * part of another program, so their sources are compiled in here.
 */
#include "../../guest/frames.c"
#include "../../guest/request.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t told;

static void touch(char *const *strings)
{
	for (; strings && *strings; strings++)
		told += strlen(*strings);
}

static const char *handle(const struct proto_header *header, uint8_t *payload)
{
	struct request request;
	const char *wrong;

	if (proto_check(header))
		abort(); /* the parser's business */
	for (size_t i = 0; i < header->length; i++)
		told += payload[i];
	if (header->type != PROTO_START)
		return header->type == PROTO_EXIT ? "a frame to be refused" : NULL;
	wrong = request_read(&request, payload, header->length);
	if (!wrong) {
		told += strlen(request.service) + strlen(request.cwd);
		touch(request.argv);
		touch(request.environment);
	}
	request_deinit(&request);
	return wrong;
}

static void broken(const char *wrong)
{
	told += strlen(wrong);
}

/* The first byte says in which pieces the rest arrives. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frames frames;
	size_t piece = size && data[0] ? data[0] : FRAMES_SIZE;

	frames.size = 0;
	frames.lost = true;
	for (size_t at = 1; at < size;) {
		size_t room, n;
		uint8_t *to = frames_room(&frames, &room);

		if (!room)
			abort(); /* the agent would stop hearing */
		n = size - at < piece ? size - at : piece;
		n = n < room ? n : room;
		memcpy(to, data + at, n);
		frames_parse(&frames, n, handle, broken);
		at += n;
	}
	return 0;
}
