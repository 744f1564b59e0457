/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that wait to be written: pushed behind, popped in front.  Whoever pushes bounds
 * the size (credit does it for streams).
 */
#ifndef KLAB_AGENT_QUEUE_H
#define KLAB_AGENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct queue {
	uint8_t *data;
	size_t start, end; /* the bytes are data[start..end) */
	size_t capacity;
};

static inline void queue_deinit(struct queue *queue)
{
	free(queue->data);
	*queue = (struct queue){ 0 };
}

static inline size_t queue_size(const struct queue *queue)
{
	return queue->end - queue->start;
}

/* Borrowed until the next push or pop. */
static inline const uint8_t *queue_front(const struct queue *queue)
{
	return queue->data ? queue->data + queue->start : (const uint8_t *)"";
}

static inline void queue_pop(struct queue *queue, size_t size)
{
	queue->start += size;
	if (queue->start == queue->end)
		queue->start = queue->end = 0;
}

static inline void queue_push(struct queue *queue, const void *bytes, size_t size)
{
	size_t used = queue_size(queue);

	if (!size)
		return;
	if (queue->end + size > queue->capacity && queue->start) {
		memmove(queue->data, queue->data + queue->start, used);
		queue->start = 0;
		queue->end = used;
	}
	if (used + size > queue->capacity) {
		queue->capacity = MAX(2 * queue->capacity, used + size);
		queue->data = xreallocarray(queue->data, queue->capacity, 1);
	}
	memcpy(queue->data + queue->end, bytes, size);
	queue->end += size;
}

#endif
