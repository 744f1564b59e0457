/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire protocol of klab, and its only documentation: between the keeper and the agent
 * (a virtio-serial port), and between a klab command and the keeper (a unix socket).  It
 * is the same protocol, so a keeper forwards sessions by renumbering them.  This header
 * is self-contained: the guest agent includes nothing else of klab.
 *
 * Frames
 *
 * The wire is one ordered byte stream of frames, little endian:
 *
 *	u32 length	bytes of payload, at most PROTO_PAYLOAD_MAX
 *	u8  type	enum proto_type
 *	u8  stream	for DATA, CLOSE, CREDIT: enum proto_stream; else 0
 *	u16 zero
 *	u32 session	chosen by the side that opens it (the client); 0: the connection
 *	payload
 *
 * Payloads are fixed little-endian fields followed by strings; a string is u32 length and
 * its bytes without a NUL (embedded NULs are an error).  A vector is u32 count and that
 * many strings.  Nothing follows the last field.
 *
 * type		from	payload
 * HELLO	both	u32 PROTO_MAGIC, u16 lowest version, u16 highest version spoken,
 *			string who ("klab 0.1"), vector facts ("release=6.1.0-49-amd64",
 *			"arch=x86_64", "pid=1"..., "trouble=SENTENCE" if the agent will start
 *			nothing since it could not do what was ordered)
 * START	client	u32 flags (PROTO_START_*), u16 rows, u16 columns, u32 uid, u32 gid,
 *			string service, string cwd, vector argv, vector environment
 * STARTED	service	u32 pid (0: none)
 * DATA		both	bytes of a stream, at least one
 * CREDIT	both	u32 bytes granted more on a stream, at least one
 * CLOSE	both	empty: this side is through with the stream, see below
 * SIGNAL	client	u32 signal number (of the generic Linux table, as on x86 and arm64)
 * RESIZE	client	u16 rows, u16 columns
 * CANCEL	client	empty: nobody waits any longer
 * EXIT		service	u32 how (enum proto_exit), u32 value, string message
 * PING, PONG	both	u64 cookie; a PONG repeats it.  Session 0
 * SHUTDOWN	client	u32 how (enum proto_shutdown), session 0: the agent syncs, ends
 *			processes, unmounts and does it
 * FAULT	agent	string: what went wrong that no session can carry.  Session 0
 *
 * proto_check() below holds these rules as a table.
 *
 * Greeting
 *
 * A connection begins with a HELLO in each direction.  Whoever gets one answers it, unless
 * it has sent one for which no HELLO came yet (that one is the answer), or unless the one
 * it got is an answer (it has the fact PROTO_ANSWER): so two peers that lost count of
 * their greetings don't greet for ever.  A HELLO that is to be answered begins the
 * connection anew: a new keeper may find an agent that spoke to another
 * one (a restored guest), a new agent may find its keeper in mid-sentence.  All sessions
 * of before are void, without an EXIT.  The version spoken is the highest that both know;
 * without one the connection ends.  A client need not wait for the answer before START.
 *
 * Sessions
 *
 * A session is one service at work: a command, a file copy, a monitor line.  START opens
 * it under a number that is free; the service answers STARTED, or EXIT at once.  It has
 * three byte streams: 0 to the service, 1 and 2 from it.  EXIT is the last frame of a
 * session from the service's side, after everything on its streams; the number is then
 * free again.  What the client still had under way is dropped silently.
 *
 * One stream must not block another, so each has credit: the sender may send as many DATA
 * bytes as the receiver has granted: PROTO_CREDIT_INITIAL to begin with, then CREDIT
 * frames.  A receiver grants what it has handed on, so that no more than
 * PROTO_CREDIT_MAX are ever outstanding.  A receiver that throws data away grants it too.
 *
 * CLOSE from the sender of a stream: its end; no DATA follows.  CLOSE from its receiver:
 * "I take no more", as when a pipe loses its reader.  The sender stops (the agent closes
 * its end, so that the guest's command sees SIGPIPE; a client stops reading its stdin);
 * what was under way is dropped, credit no longer matters.  Each side may do it once.
 *
 * SIGNAL goes to the process group of the command.  CANCEL hangs it up: SIGHUP and
 * SIGCONT, two seconds later SIGKILL; its output is dropped, EXIT follows when it has gone.
 *
 * On PROTO_START_TTY all three streams are one terminal of rows x columns in the guest;
 * stream 2 stays unused; the end of stream 0 becomes the terminal's end-of-file character.
 *
 * EXIT comes when the command itself has ended and what it had written by then has been
 * sent.  Processes that it left behind and that hold its streams open are not waited for.
 *
 * Hostile peers
 *
 * Both peers treat the other as hostile.  A frame that breaks the rules ends the
 * connection; the agent, which cannot end it, reports FAULT, drops its sessions and looks
 * for the next HELLO (its frame has the magic at a fixed place).  A frame for a session
 * that is not there is dropped silently: it was under way when the session ended.
 *
 * Services of the agent
 *
 * "exec": argv as given, argv[0] looked up in the PATH of the environment given, else of
 * the default.  The environment is added to PATH, HOME and TERM; the default directory is
 * "/root" if it is there, else "/".  "shell": argv[0] is one line for /bin/sh -c, further
 * words its $0, $1...  "put" and "get" (copy files; argv[0] is the path in the guest,
 * streams carry copy records, stream 2 carries remarks for the user).  Others are the
 * keeper's (vm/keeper.h).
 *
 * Copy records, on stream 0 of "put" and stream 1 of "get":
 *
 *	u32 PROTO_COPY_MAGIC
 *	u8  kind	enum proto_copy_kind
 *	u8[3] zero
 *	u32 mode	07777 bits
 *	u32 uid, u32 gid
 *	u64 mtime	seconds since 1970
 *	u64 size	of the content, a hint: a file may grow, and /proc has no sizes
 *	string name	one name: not empty, no slash, not ".." (nor ".", but see below)
 *	string target	of a symbolic link, else empty
 *	content		only after a file: chunks of u32 size (1..PROTO_COPY_CHUNK_MAX) and
 *			bytes; size 0 ends it; PROTO_COPY_BROKEN ends it where reading
 *			failed (the receiver drops the file)
 *
 * The tree is sent depth first.  A directory is entered by its record; what follows is in
 * it, until a record of kind "up" (with empty strings) leaves it.  There are no paths, so
 * none can lead outside.  One file, link or directory is at the top; its name is the base
 * name of the source, or "." for the contents of a directory ("dir/." or "/").  The record
 * of kind "end" (empty strings) ends the stream; without it something was lost.  What
 * could not be read, other file systems below a directory, and devices are left out, with
 * a remark on stream 2 and EXIT status 1.
 *
 * "put" words: the destination; then "into" if it must be an existing directory, "owner"
 * if uid and gid are to be kept.  With the destination an existing directory the tree is
 * put below it, else it is put as it; its parent must exist (docker cp's rules).
 */
#ifndef KLAB_AGENT_PROTO_H
#define KLAB_AGENT_PROTO_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_MAGIC 0x62616c6bu /* "klab" */
#define PROTO_VERSION 1
#define PROTO_HEADER_SIZE 12
#define PROTO_PAYLOAD_MAX (64u * 1024)
#define PROTO_CREDIT_INITIAL (256u * 1024)
#define PROTO_CREDIT_MAX (1024u * 1024)
#define PROTO_SESSIONS_MAX 256
#define PROTO_ANSWER "answer=yes"      /* fact of a HELLO that answers another */
#define PROTO_PORT_NAME "klab.agent.0" /* of the virtio-serial port */

#define PROTO_COPY_MAGIC 0x3159504bu /* "KPY1" */
#define PROTO_COPY_HEADER_SIZE 36    /* without the strings */
#define PROTO_COPY_NAME_MAX 255
#define PROTO_COPY_TARGET_MAX 4095
#define PROTO_COPY_DEPTH_MAX 128
#define PROTO_COPY_CHUNK_MAX (32u * 1024)
#define PROTO_COPY_BROKEN 0xffffffffu

enum proto_type {
	PROTO_HELLO = 1,
	PROTO_START,
	PROTO_STARTED,
	PROTO_DATA,
	PROTO_CREDIT,
	PROTO_CLOSE,
	PROTO_SIGNAL,
	PROTO_RESIZE,
	PROTO_CANCEL,
	PROTO_EXIT,
	PROTO_PING,
	PROTO_PONG,
	PROTO_SHUTDOWN,
	PROTO_FAULT,
	PROTO_TYPE_COUNT,
};

enum proto_stream { PROTO_STDIN, PROTO_STDOUT, PROTO_STDERR, PROTO_STREAM_COUNT };

enum proto_start_flag {
	PROTO_START_TTY = 1,	   /* a terminal for all three streams; 2 stays unused */
	PROTO_START_NO_STDIN = 2,  /* stream 0 is closed from the start */
	PROTO_START_KEEP_UIDS = 4, /* uid and gid are valid; else as the agent (root) */
};

enum proto_exit {
	PROTO_EXIT_STATUS,	/* value: exit status */
	PROTO_EXIT_SIGNAL,	/* value: signal that ended it */
	PROTO_EXIT_NOT_FOUND,	/* the command does not exist (127); value: errno */
	PROTO_EXIT_NOT_STARTED, /* it exists but cannot be run (126); value: errno */
	PROTO_EXIT_REFUSED,	/* the service is unknown or said no; see message */
	PROTO_EXIT_CANCELED,
	/* The guest, or its agent, went first (said by the keeper); value: proto_loss. */
	PROTO_EXIT_LOST,
	PROTO_EXIT_COUNT,
};

enum proto_loss {
	PROTO_LOSS_GONE, /* it ended or reset */
	PROTO_LOSS_PANIC,
};

enum proto_shutdown {
	PROTO_SHUTDOWN_POWEROFF,
	PROTO_SHUTDOWN_REBOOT,
	PROTO_SHUTDOWN_HALT,
	PROTO_SHUTDOWN_COUNT,
};

enum proto_copy_kind {
	PROTO_COPY_FILE = 'f',
	PROTO_COPY_DIRECTORY = 'd',
	PROTO_COPY_UP = 'u',
	PROTO_COPY_SYMLINK = 'l',
	PROTO_COPY_END = 'e',
};

struct proto_header {
	uint32_t length;
	uint8_t type;
	uint8_t stream;
	uint16_t zero;
	uint32_t session;
};

static inline uint32_t proto_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void proto_put_u32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
}

static inline struct proto_header proto_header_get(const uint8_t *p)
{
	return (struct proto_header){
		.length = proto_u32(p),
		.type = p[4],
		.stream = p[5],
		.zero = (uint16_t)(p[6] | p[7] << 8),
		.session = proto_u32(p + 8),
	};
}

static inline void proto_header_put(uint8_t *p, const struct proto_header *header)
{
	proto_put_u32(p, header->length);
	p[4] = header->type;
	p[5] = header->stream;
	p[6] = p[7] = 0;
	proto_put_u32(p + 8, header->session);
}

/* What is wrong with a header, whoever sent it; NULL: nothing. */
static inline const char *proto_check(const struct proto_header *header)
{
	enum { CONNECTION = 1, STREAM = 2 };
	static const struct {
		uint8_t flags;
		uint32_t min, max;
	} rules[PROTO_TYPE_COUNT] = {
		[PROTO_HELLO] = { CONNECTION, 16, PROTO_PAYLOAD_MAX },
		[PROTO_START] = { 0, 32, PROTO_PAYLOAD_MAX },
		[PROTO_STARTED] = { 0, 4, 4 },
		[PROTO_DATA] = { STREAM, 1, PROTO_PAYLOAD_MAX },
		[PROTO_CREDIT] = { STREAM, 4, 4 },
		[PROTO_CLOSE] = { STREAM, 0, 0 },
		[PROTO_SIGNAL] = { 0, 4, 4 },
		[PROTO_RESIZE] = { 0, 4, 4 },
		[PROTO_CANCEL] = { 0, 0, 0 },
		[PROTO_EXIT] = { 0, 12, PROTO_PAYLOAD_MAX },
		[PROTO_PING] = { CONNECTION, 8, 8 },
		[PROTO_PONG] = { CONNECTION, 8, 8 },
		[PROTO_SHUTDOWN] = { CONNECTION, 4, 4 },
		[PROTO_FAULT] = { CONNECTION, 4, PROTO_PAYLOAD_MAX },
	};

	if (header->type == 0 || header->type >= PROTO_TYPE_COUNT)
		return "a frame of unknown type";
	if (header->length < rules[header->type].min ||
	    header->length > rules[header->type].max)
		return "a frame of impossible length";
	if (header->zero != 0)
		return "a frame with reserved bits set";
	if (rules[header->type].flags & STREAM ? header->stream >= PROTO_STREAM_COUNT
					       : header->stream != 0)
		return "a frame for a stream that there is not";
	if (!(rules[header->type].flags & CONNECTION) != (header->session != 0))
		return "a frame with a wrong session number";
	return NULL;
}

#endif
