/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying files to and from a guest: copy records (proto.h) made from a tree of the host,
 * and turned into one.  The guest is hostile: what it sends becomes files below the
 * destination and nowhere else, owned by us, without set-uid bits.
 */
#ifndef KLAB_AGENT_COPY_H
#define KLAB_AGENT_COPY_H

#include "agent/client.h"
#include "agent/proto.h"

/* One line about something left out; text of a guest may be in it. */
typedef void (*copy_remark_fn)(const char *text, void *argument);

struct copy_stats {
	uint64_t files, directories, links;
	uint64_t bytes;
	bool incomplete; /* something was left out, with a remark */
};

struct copy_options {
	const char *from; /* trailing slash, or "/.": what is in the directory */
	const char *to;
	bool into;	       /* `to` must be an existing directory */
	bool owner;	       /* to a guest: keep uid and gid */
	copy_remark_fn remark; /* may be NULL */
	/* Once; takes err (NULL: all was copied).  ERROR_FAILED: some was left out. */
	struct error *(*on_end)(struct error *err, const struct copy_stats *stats,
				void *argument);
	void *argument;
};

/* Errors that can be seen at once are returned; then on_end() is not called. */
struct error *copy_to_guest(struct client *client,
			    const struct copy_options *options) _must_check_;
struct error *copy_from_guest(struct client *client,
			      const struct copy_options *options) _must_check_;

/* A tree of the host as a stream of records. */
struct copy_source;

struct error *copy_source_new(const char *path, copy_remark_fn remark, void *argument,
			      struct copy_source **ret) _must_check_;
void copy_source_free(struct copy_source *source);
DEFINE_CLEANUP(struct copy_source *, copy_source_free)
/* The next bytes; *ret_size 0: that was all. */
struct error *copy_source_read(struct copy_source *source, void *buffer, size_t size,
			       size_t *ret_size) _must_check_;
const struct copy_stats *copy_source_stats(const struct copy_source *source);

/* A stream of records as a tree of the host. */
struct copy_sink;

struct error *copy_sink_new(const char *path, bool into, copy_remark_fn remark,
			    void *argument, struct copy_sink **ret) _must_check_;
/* A file that is half written is removed. */
void copy_sink_free(struct copy_sink *sink);
DEFINE_CLEANUP(struct copy_sink *, copy_sink_free)
struct error *copy_sink_write(struct copy_sink *sink, const void *data,
			      size_t size) _must_check_;
/* An error unless the stream came to its end. */
struct error *copy_sink_finish(const struct copy_sink *sink) _must_check_;
const struct copy_stats *copy_sink_stats(const struct copy_sink *sink);

#endif
