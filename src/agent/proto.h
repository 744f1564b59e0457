/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire protocol of klab: between the keeper and the agent (a virtio-serial port), and
 * between a klab command and the keeper (a unix socket).  It is the same protocol, so a
 * keeper forwards sessions by renumbering them.  This header is self-contained: the guest
 * agent includes nothing else of klab.
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
 * A session is one service at work: a command, a file copy, a monitor line.  It has three
 * byte streams: 0 to the service, 1 and 2 from it.  One stream must not block another, so
 * each has credit: the sender may send as many DATA bytes as the receiver has granted
 * (PROTO_CREDIT_INITIAL to begin with, then CREDIT frames).  EXIT is the last frame of a
 * session from the service's side; the client sends nothing more on it afterwards (what
 * was under way is dropped silently).  Both peers treat the other as hostile: a frame
 * that breaks these rules ends the connection (agent: is reported by FAULT and dropped).
 *
 * Payloads are fixed little-endian fields followed by strings; a string is u32 length and
 * its bytes without a NUL (embedded NULs are an error).  A vector is u32 count and strings.
 *
 * type		from	payload
 * HELLO	both	u32 PROTO_MAGIC, u16 lowest version, u16 highest version spoken,
 *			string who ("klab 0.1"), vector facts ("release=6.1.0-49-amd64",
 *			"arch=x86_64", "pid=1"...)
 * START	client	u32 flags (PROTO_START_*), u16 rows, u16 columns, u32 uid, u32 gid,
 *			string service, string cwd, vector argv, vector environment
 * STARTED	service	u32 pid (0: none)
 * DATA		both	bytes of a stream
 * CREDIT	both	u32 bytes granted more on a stream
 * CLOSE	both	empty: the end of a stream
 * SIGNAL	client	u32 signal number (of the generic Linux table, as on x86 and arm64)
 * RESIZE	client	u16 rows, u16 columns
 * CANCEL	client	empty: nobody waits any longer; the service hangs up (SIGHUP, then
 *			SIGKILL) its process group and sends EXIT
 * EXIT		service	u32 how (enum proto_exit), u32 value, string message
 * PING, PONG	both	u64 cookie; a PONG repeats it.  Session 0
 * SHUTDOWN	client	u32 how (enum proto_shutdown), session 0: the agent syncs, ends
 *			processes, unmounts and does it
 * FAULT	agent	string: what went wrong that no session can carry.  Session 0
 *
 * Services of the agent: "exec" (argv as given), "shell" (argv[0] is one line for
 * /bin/sh -c, further words its $0, $1...), "put" and "get" (copy files; argv[0] is the
 * path in the guest, streams carry copy records, see below).  Others are the keeper's.
 *
 * Copy records, on stream 0 of "put" and stream 1 of "get" (the same format):
 *	u32 COPY_MAGIC, u8 kind ('f' file, 'd' directory, 'l' symbolic link, 'e' end,
 *	'h' is not used), u8[3] zero, u32 mode (07777 bits), u32 uid, u32 gid, u64 mtime
 *	(seconds), u64 size (of file content), string path (relative, "." or
 *	below, never absolute and without ".." components), string link target; then size
 *	bytes of content.  A directory comes before what is in it.  'e' ends the stream.
 *	The first record's path is the base name of the source.  "put" argv: destination
 *	path, and "into" if it must be an existing directory; with the destination an
 *	existing directory the tree is put below it, else it is put as it (docker cp's
 *	rules).
 */
#ifndef KLAB_AGENT_PROTO_H
#define KLAB_AGENT_PROTO_H

#include <stdint.h>

#define PROTO_MAGIC 0x62616c6bu /* "klab" */
#define PROTO_VERSION 1
#define PROTO_HEADER_SIZE 12
#define PROTO_PAYLOAD_MAX (64u * 1024)
#define PROTO_CREDIT_INITIAL (256u * 1024)
#define PROTO_SESSIONS_MAX 256
#define PROTO_PORT_NAME "klab.agent.0" /* of the virtio-serial port */

#define PROTO_COPY_MAGIC 0x3159504bu /* "KPY1" */
#define PROTO_COPY_PATH_MAX 4096

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
};

enum proto_shutdown {
	PROTO_SHUTDOWN_POWEROFF,
	PROTO_SHUTDOWN_REBOOT,
	PROTO_SHUTDOWN_HALT
};

#endif
