// SPDX-License-Identifier: GPL-2.0-or-later
/* One line of a test report, by itself. */
#include "format/ktap-line.h"

#include <ctype.h>
#include <strings.h>

#include "base/text.h"

#define NUMBER_MAX 1000000000u

/* What may stand behind a '#'.  The last three tell why a test failed, no more. */
static const struct {
	const char *word;
	enum ktap_directive directive;
} directives[] = {
	{ "SKIP", KTAP_DIRECTIVE_SKIP },      { "TODO", KTAP_DIRECTIVE_EXPECTED },
	{ "XFAIL", KTAP_DIRECTIVE_EXPECTED }, { "ERROR", KTAP_DIRECTIVE_NONE },
	{ "TIMEOUT", KTAP_DIRECTIVE_NONE },   { "exit", KTAP_DIRECTIVE_NONE },
};

/* A number and what is behind it; NULL: there is none. */
static const char *read_number(const char *s, uint64_t *ret)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++) {
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > NUMBER_MAX)
			return NULL;
	}
	*ret = value;
	return s;
}

/* At the '#': what stands behind the directive; NULL: it is none. */
static const char *read_directive(const char *s, enum ktap_directive *ret)
{
	s += 1 + strspn(s + 1, " ");
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		size_t length = strlen(directives[i].word);

		if (strncasecmp(s, directives[i].word, length) != 0 ||
		    isalnum((unsigned char)s[length]))
			continue;
		*ret = directives[i].directive;
		return s + length + strspn(s + length, ": ");
	}
	return NULL;
}

/* "name # SKIP reason"; kselftests also write "# SKIP name". */
static void read_description(const char *s, struct ktap_line *ret)
{
	ret->name = s;
	ret->name_size = strlen(s);
	for (const char *at = strchr(s, '#'); at; at = strchr(at + 1, '#')) {
		const char *rest;

		if (at != s && at[-1] != ' ')
			continue;
		rest = read_directive(at, &ret->directive);
		if (!rest)
			continue;
		ret->name = at == s ? rest : s;
		ret->name_size = at == s ? strlen(rest) : (size_t)(at - s);
		break;
	}
	while (ret->name_size && ret->name[ret->name_size - 1] == ' ')
		ret->name_size--;
}

static bool is_version(const char *s)
{
	const char *number = after_prefix(*s == 'K' ? s + 1 : s, "TAP version ");

	return number && isdigit((unsigned char)*number);
}

static bool read_plan(const char *s, struct ktap_line *ret)
{
	const char *rest = after_prefix(s, "1..");

	rest = rest ? read_number(rest, &ret->number) : NULL;
	if (!rest || (*rest && *rest != ' '))
		return false;
	read_description(rest, ret);
	return true;
}

static bool read_result(const char *s, struct ktap_line *ret)
{
	const char *bad = after_prefix(s, "not ");
	const char *rest = after_prefix(bad ? bad : s, "ok");
	const char *behind;

	if (!rest || (*rest && *rest != ' '))
		return false;
	rest += strspn(rest, " ");
	behind = read_number(rest, &ret->number);
	ret->ok = !bad;
	ret->numbered = behind != NULL;
	rest = behind ? behind : rest;
	rest += strspn(rest, " ");
	if (*rest == '-')
		rest += 1 + strspn(rest + 1, " ");
	read_description(rest, ret);
	return true;
}

static bool read_bail(const char *s, struct ktap_line *ret)
{
	const char *reason = after_prefix(s, "Bail out!");

	if (!reason)
		return false;
	ret->name = reason + strspn(reason, " ");
	ret->name_size = strlen(ret->name);
	return true;
}

void ktap_line_read(const char *s, struct ktap_line *ret)
{
	*ret = (struct ktap_line){ .kind = KTAP_LINE_OTHER };
	if (is_version(s))
		ret->kind = KTAP_LINE_VERSION;
	else if (read_plan(s, ret))
		ret->kind = KTAP_LINE_PLAN;
	else if (read_result(s, ret))
		ret->kind = KTAP_LINE_RESULT;
	else if (read_bail(s, ret))
		ret->kind = KTAP_LINE_BAIL;
}

const char *ktap_skip_stamps(const char *s)
{
	size_t n;

	if (*s == '<' && isdigit((unsigned char)s[1])) {
		n = strspn(s + 1, "0123456789");
		s = s[n + 1] == '>' ? s + n + 2 : s;
	}
	while (*s == '[') {
		n = strspn(s + 1, " .0123456789TC");
		if (!n || s[n + 1] != ']')
			return s;
		s += n + 2;
		if (*s == ' ' && s[1] != '[')
			return s + 1;
	}
	return s;
}
