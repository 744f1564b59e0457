// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions of Kconfig files, evaluated as they are read:
 *
 *	or: and { "||" and }    and: not { "&&" not }
 *	not: "!" not | "(" or ")" | operand [ comparison operand ]
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/kconfig-symbols.h"

#define DEPTH_MAX 64

struct expression {
	const char *p;
	kconfig_value_fn value;
	void *argument;
	unsigned int depth;
};

static int read_or(struct expression *e);

static void skip_space(struct expression *e)
{
	while (isspace((unsigned char)*e->p))
		e->p++;
}

static bool take(struct expression *e, const char *word)
{
	const char *rest;

	skip_space(e);
	rest = after_prefix(e->p, word);
	if (rest)
		e->p = rest;
	return rest != NULL;
}

/* $(name,arguments), with its inner ones. */
static const char *end_of_macro(const char *p)
{
	unsigned int open = 0;

	for (; *p; p++) {
		if (*p == '(')
			open++;
		else if (*p == ')' && --open == 0)
			return p + 1;
	}
	return p;
}

/* The value of a name, string, number or macro, as a string. */
static char *read_operand(struct expression *e)
{
	_cleanup_free_ char *name = NULL;
	const char *start, *value;

	skip_space(e);
	start = e->p;
	if (*start == '"' || *start == '\'') {
		const char *end = strchr(start + 1, *start);

		e->p = end ? end + 1 : start + strlen(start);
		return xstrndup(start + 1, (size_t)(e->p - start) - (end ? 2 : 1));
	}
	if (*start == '$') {
		e->p = start[1] == '(' ? end_of_macro(start + 1) : start + 1;
		return xstrdup("y");
	}
	while (isalnum((unsigned char)*e->p) || *e->p == '_' || *e->p == '-' ||
	       *e->p == '.')
		e->p++;
	name = xstrndup(start, (size_t)(e->p - start));
	if (streq(name, "y") || streq(name, "m") || streq(name, "n"))
		return take_ptr(name);
	value = e->value(name, e->argument);
	/* Kconfig takes a name that it doesn't know for a constant. */
	return value ? xstrdup(value) : take_ptr(name);
}

static int truth(const char *value)
{
	return streq(value, "y") ? 2 : streq(value, "m") ? 1 : 0;
}

static int order(const char *a, const char *b)
{
	char *end_a, *end_b;
	long long x = strtoll(a, &end_a, 0), y = strtoll(b, &end_b, 0);

	if (*a && *b && !*end_a && !*end_b)
		return (x > y) - (x < y);
	return strcmp(a, b);
}

static int read_comparison(struct expression *e)
{
	static const char *const signs[] = { "!=", "<=", ">=", "=", "<", ">" };
	_cleanup_free_ char *left = read_operand(e);

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		_cleanup_free_ char *right = NULL;
		int result;

		if (!take(e, signs[i]))
			continue;
		right = read_operand(e);
		result = order(left, right);
		switch (i) {
		case 0:
			return result != 0 ? 2 : 0;
		case 1:
			return result <= 0 ? 2 : 0;
		case 2:
			return result >= 0 ? 2 : 0;
		case 3:
			return result == 0 ? 2 : 0;
		case 4:
			return result < 0 ? 2 : 0;
		default:
			return result > 0 ? 2 : 0;
		}
	}
	return truth(left);
}

static int read_not(struct expression *e)
{
	int result;

	if (++e->depth > DEPTH_MAX) {
		e->p += strlen(e->p);
		return 2;
	}
	if (take(e, "!")) {
		result = 2 - read_not(e);
	} else if (take(e, "(")) {
		result = read_or(e);
		(void)take(e, ")"); /* kconfig itself complains where it is missing */
	} else {
		result = read_comparison(e);
	}
	e->depth--;
	return result;
}

static int read_and(struct expression *e)
{
	int result = read_not(e);

	while (take(e, "&&")) {
		int right = read_not(e);

		result = MIN(result, right);
	}
	return result;
}

static int read_or(struct expression *e)
{
	int result = read_and(e);

	while (take(e, "||")) {
		int right = read_and(e);

		result = MAX(result, right);
	}
	return result;
}

char kconfig_evaluate(const char *expression, kconfig_value_fn value, void *argument)
{
	struct expression e = { .p = expression, .value = value, .argument = argument };

	return "nmy"[read_or(&e)];
}

/* Where the sign stands outside of parentheses, strings and macros; NULL: nowhere. */
static const char *find_sign(const char *s, const char *sign)
{
	unsigned int open = 0;
	char quote = 0;

	for (; *s; s++) {
		if (quote)
			quote = *s == quote ? 0 : quote;
		else if (*s == '"' || *s == '\'')
			quote = *s;
		else if (*s == '(')
			open++;
		else if (*s == ')' && open)
			open--;
		else if (!open && has_prefix(s, sign))
			return s;
	}
	return NULL;
}

static char *trimmed(const char *s, size_t length)
{
	while (length && isspace((unsigned char)*s))
		s++, length--;
	while (length && isspace((unsigned char)s[length - 1]))
		length--;
	return xstrndup(s, length);
}

/* "(…)" all around? */
static bool is_parenthesised(const char *s)
{
	return *s == '(' && !*end_of_macro(s) && has_suffix(s, ")");
}

static void unmet(const char *expression, char wanted, kconfig_value_fn value,
		  void *argument, unsigned int depth, struct strv *ret)
{
	/* Of the two the one that binds less decides. */
	const char *both =
		find_sign(expression, "||") ? NULL : find_sign(expression, "&&");
	_cleanup_free_ char *left = NULL;
	char result;

	if (depth < DEPTH_MAX && both) {
		left = trimmed(expression, (size_t)(both - expression));
		unmet(left, wanted, value, argument, depth + 1, ret);
		unmet(both + 2, wanted, value, argument, depth + 1, ret);
		return;
	}
	left = trimmed(expression, strlen(expression));
	if (depth < DEPTH_MAX && is_parenthesised(left)) {
		_cleanup_free_ char *inner = trimmed(left + 1, strlen(left) - 2);

		unmet(inner, wanted, value, argument, depth + 1, ret);
		return;
	}
	result = kconfig_evaluate(left, value, argument);
	if ((result == 'n' || (result == 'm' && wanted == 'y')) &&
	    !strv_contains(ret, left))
		strv_push_take(ret, take_ptr(left));
}

void kconfig_unmet(const char *expression, char wanted, kconfig_value_fn value,
		   void *argument, struct strv *ret)
{
	unmet(expression, wanted, value, argument, 0, ret);
}
