/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: a growing string, a vector of strings (argv, environment), and the few questions
 * that are asked of strings everywhere.
 */
#ifndef KLAB_BASE_TEXT_H
#define KLAB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* A growing string.  `struct text t = {0};` is empty; data is NUL-terminated once
 * anything was appended, and may hold NULs of its own (then use length). */
struct text {
	char *data;
	size_t length;
	size_t capacity;
};

void text_deinit(struct text *text);
#define _cleanup_text_ _cleanup_(text_deinit)
void text_append(struct text *text, const char *s);
void text_append_bytes(struct text *text, const void *bytes, size_t size);
void text_append_char(struct text *text, char c);
void text_appendf(struct text *text, const char *fmt, ...) _printf_(2, 3);
/* As one word of sh: quoted only if it must be. */
void text_append_shell(struct text *text, const char *word);
/* Text of a guest made harmless for a terminal: control characters except newline and
 * tab, and bytes that are not UTF-8, become \xHH. */
void text_append_harmless(struct text *text, const char *bytes, size_t size);
void text_truncate(struct text *text, size_t length);
/* The string, never NULL; borrowed until the next change. */
const char *text_str(const struct text *text);
/* The string, handed over; the text is empty afterwards.  Never NULL. */
char *text_take(struct text *text);

/* A NULL-terminated vector of strings that it owns.  `struct strv v = {0};` is empty. */
struct strv {
	char **items; /* NULL while empty */
	size_t count;
	size_t capacity;
};

void strv_deinit(struct strv *strv);
#define _cleanup_strv_ _cleanup_(strv_deinit)
void strv_push(struct strv *strv, const char *s);
void strv_pushf(struct strv *strv, const char *fmt, ...) _printf_(2, 3);
void strv_push_take(struct strv *strv, char *s); /* s is the vector's from now on */
void strv_push_all(struct strv *strv, const char *const *items); /* NULL: nothing */
void strv_insert_all(struct strv *strv, size_t at, const char *const *items);
bool strv_contains(const struct strv *strv, const char *s);
void strv_sort(struct strv *strv);
/* For execve and the like; never NULL. */
char *const *strv_argv(const struct strv *strv);
/* Joined as a line that can be pasted into sh. */
char *strv_shell(const struct strv *strv);
char *strv_join(const struct strv *strv, const char *separator);
/* Split at white space; quotes ('', "") and backslash as in sh, nothing expanded. */
struct error *strv_split_shell(const char *line, struct strv *ret) _must_check_;
/* Split at any of the characters; empty pieces are dropped. */
void strv_split(const char *s, const char *separators, struct strv *ret);

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* What follows the prefix, or NULL if s does not begin with it. */
static inline const char *after_prefix(const char *s, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(s, prefix, length) == 0 ? s + length : NULL;
}

static inline bool has_prefix(const char *s, const char *prefix)
{
	return after_prefix(s, prefix) != NULL;
}

bool has_suffix(const char *s, const char *suffix);
/* "a/b" from "a" or "a/" and "b" or "/b". */
char *path_join(const char *directory, const char *name);
/* The last component, borrowed from path; "" if it ends in a slash. */
const char *path_base(const char *path);
char *path_parent(const char *path); /* "." if there is none */

/* Version order as in dpkg/strverscmp, so that 6.10 comes after 6.9. */
int version_compare(const char *a, const char *b);

/* A whole string that is a number in [min, max], decimal or 0x. */
struct error *parse_u64(const char *s, uint64_t min, uint64_t max,
			uint64_t *ret) _must_check_;
/* A size with an optional suffix K, M, G, T (powers of 1024); `unit` is what a bare
 * number counts (1 or 1 << 20).  In bytes. */
struct error *parse_size(const char *s, uint64_t unit, uint64_t *ret) _must_check_;
/* Seconds, perhaps with a fraction, or a suffix ms, s, m, h.  In milliseconds. */
struct error *parse_duration(const char *s, uint64_t *ret_ms) _must_check_;
/* "1.5 GiB", "320 KiB". */
char *format_size(uint64_t bytes);

#endif
