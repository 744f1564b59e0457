// SPDX-License-Identifier: GPL-2.0-or-later
/* A test report, line by line, with a stack of what is nested in what. */
#include "format/ktap.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/ktap-line.h"

#define LINE_MAX_SIZE 1024
#define NAME_MAX_SIZE 200

static uint64_t results_of(const struct ktap *ktap)
{
	return ktap->passed + ktap->failed + ktap->skipped + ktap->xfailed;
}

static struct ktap_level *innermost(struct ktap *ktap)
{
	return ktap->depth ? &ktap->levels[ktap->depth - 1] : NULL;
}

/* The first one is told. */
static void set_problem(struct ktap *ktap, char *sentence)
{
	if (ktap->problem)
		free(sentence);
	else
		ktap->problem = sentence;
}

static void check_plan(struct ktap *ktap, const struct ktap_level *level)
{
	if (level->planned && level->seen != level->plan)
		set_problem(ktap, xasprintf("of %llu planned tests %llu gave a result",
					    (unsigned long long)level->plan,
					    (unsigned long long)level->seen));
	/* KUnit does not know ahead how many parameters a test has. */
	else if (!level->planned && level->declared && !ktap->depth)
		set_problem(ktap, xstrdup("there is no plan (1..N), so it may not have "
					  "come to its end"));
}

/* Tests inside of one have ended, that is to be told of when its own result comes. */
static void close_level(struct ktap *ktap)
{
	const struct ktap_level *level = &ktap->levels[--ktap->depth];
	struct ktap_inside *inside = &ktap->orphans;
	size_t prefix = strlen(level->prefix);

	check_plan(ktap, level);
	if (ktap->depth)
		inside = &innermost(ktap)->inside;
	if (results_of(ktap) == level->results_before)
		return;
	/* Else there was another one like it before, in the same test. */
	if (inside->prefix != prefix)
		*inside = (struct ktap_inside){
			.prefix = prefix,
			.first_failure = level->failures_before,
		};
	inside->failed |= ktap->failed > level->failed_before;
}

static struct ktap_level *open_level(struct ktap *ktap, const char *prefix)
{
	struct ktap_level *level;

	if (ktap->depth == KTAP_DEPTH_MAX)
		return NULL;
	level = &ktap->levels[ktap->depth++];
	*level = (struct ktap_level){
		.results_before = results_of(ktap),
		.failed_before = ktap->failed,
		.failures_before = ktap->failures.count,
	};
	strcpy(level->prefix, prefix); /* both have KTAP_PREFIX_MAX */
	return level;
}

/* Lines behind "# " are comments unless a report was begun there. */
static bool is_comment(const struct ktap *ktap, const char *prefix)
{
	if (!strchr(prefix, '#'))
		return false;
	for (size_t i = 0; i < ktap->depth; i++) {
		if (streq(ktap->levels[i].prefix, prefix))
			return false;
	}
	return true;
}

/* The level of a line with this prefix; those inside of it have ended. */
static struct ktap_level *find_level(struct ktap *ktap, const char *prefix)
{
	while (ktap->depth && !streq(innermost(ktap)->prefix, prefix) &&
	       strlen(innermost(ktap)->prefix) >= strlen(prefix))
		close_level(ktap);
	if (ktap->depth && streq(innermost(ktap)->prefix, prefix))
		return innermost(ktap);
	return open_level(ktap, prefix);
}

static void on_version(struct ktap *ktap, const char *prefix,
		       const struct ktap_line *line)
{
	struct ktap_level *level = find_level(ktap, prefix);

	if (level && (level->declared || level->seen)) { /* one after the other */
		close_level(ktap);
		level = open_level(ktap, prefix);
	}
	if (level)
		level->declared = true;
	if (ktap->orphans.prefix > strlen(prefix)) /* whose test never ended */
		ktap->orphans = (struct ktap_inside){ 0 };
}

static void on_plan(struct ktap *ktap, const char *prefix, const struct ktap_line *line)
{
	struct ktap_level *level = find_level(ktap, prefix);

	if (!level)
		return;
	level->planned = level->declared = true;
	level->plan = line->number;
	if (!line->number && line->directive == KTAP_DIRECTIVE_SKIP)
		ktap->skipped_all = true;
}

static char *test_name(const struct ktap_line *line, uint64_t number)
{
	_cleanup_text_ struct text name = { 0 };

	if (!line->name_size)
		return xasprintf("%llu", (unsigned long long)number);
	text_append_harmless(&name, line->name,
			     MIN(line->name_size, (size_t)NAME_MAX_SIZE));
	return text_take(&name);
}

static void add_failure(struct ktap *ktap, const char *name)
{
	ktap->failed++;
	if (ktap->failures.count < KTAP_FAILURES_MAX)
		strv_push(&ktap->failures, name);
}

/* A test with others inside has ended: those that failed get its name in front. */
static void end_of_group(struct ktap *ktap, struct ktap_inside *inside,
			 const struct ktap_line *line, const char *name)
{
	for (size_t i = inside->first_failure; i < ktap->failures.count; i++) {
		char *inner = ktap->failures.items[i];

		ktap->failures.items[i] = xasprintf("%s.%s", name, inner);
		free(inner);
	}
	if (!line->ok && line->directive == KTAP_DIRECTIVE_NONE && !inside->failed)
		add_failure(ktap, name);
	*inside = (struct ktap_inside){ 0 };
}

static void add_result(struct ktap *ktap, const struct ktap_line *line, const char *name)
{
	if (line->directive == KTAP_DIRECTIVE_SKIP)
		ktap->skipped++;
	else if (line->directive == KTAP_DIRECTIVE_EXPECTED)
		ktap->xfailed++;
	else if (line->ok)
		ktap->passed++;
	else
		add_failure(ktap, name);
}

static void on_result(struct ktap *ktap, const char *prefix, const struct ktap_line *line)
{
	struct ktap_level *level = find_level(ktap, prefix);
	_cleanup_free_ char *name = NULL;

	if (!level)
		return;
	level->seen++;
	name = test_name(line, line->numbered ? line->number : level->seen);
	if (level->inside.prefix)
		end_of_group(ktap, &level->inside, line, name);
	else if (ktap->depth == 1 && ktap->orphans.prefix > strlen(prefix))
		end_of_group(ktap, &ktap->orphans, line, name);
	else
		add_result(ktap, line, name);
}

static void on_bail(struct ktap *ktap, const char *prefix, const struct ktap_line *line)
{
	_cleanup_text_ struct text problem = { 0 };

	text_append(&problem, "it bailed out");
	if (line->name_size) {
		text_append(&problem, ": ");
		text_append_harmless(&problem, line->name,
				     MIN(line->name_size, (size_t)NAME_MAX_SIZE));
	}
	free(ktap->problem);
	ktap->problem = text_take(&problem);
	ktap->bailed = true;
}

/* Is the line part of a report here, or does it only look like it? */
static bool counts(struct ktap *ktap, const char *prefix, const struct ktap_line *line)
{
	const struct ktap_level *level = innermost(ktap);

	if (line->kind == KTAP_LINE_VERSION)
		return true;
	if (line->kind == KTAP_LINE_OTHER || is_comment(ktap, prefix))
		return false;
	/* Only what has begun as TAP may leave the numbers out. */
	return line->kind != KTAP_LINE_RESULT || line->numbered ||
	       (level && level->declared);
}

static void end_line(struct ktap *ktap)
{
	typedef void (*kind_fn)(struct ktap *, const char *, const struct ktap_line *);
	static const kind_fn kinds[] = {
		[KTAP_LINE_VERSION] = on_version,
		[KTAP_LINE_PLAN] = on_plan,
		[KTAP_LINE_RESULT] = on_result,
		[KTAP_LINE_BAIL] = on_bail,
	};
	const char *s = text_str(&ktap->line);
	char prefix[KTAP_PREFIX_MAX + 1];
	struct ktap_line line;
	size_t length;

	if (ktap->anywhere)
		s = ktap_skip_stamps(s);
	length = strspn(s, " #");
	if (ktap->bailed || length > KTAP_PREFIX_MAX)
		return;
	memcpy(prefix, s, length);
	prefix[length] = '\0';
	ktap_line_read(s + length, &line);
	if (!ktap->anywhere && !ktap->begun && (line.kind != KTAP_LINE_VERSION || length))
		ktap->refused = true;
	else if (counts(ktap, prefix, &line)) {
		ktap->begun = true;
		kinds[line.kind](ktap, prefix, &line);
	}
}

static void take_line(struct ktap *ktap)
{
	while (ktap->line.length && ktap->line.data[ktap->line.length - 1] == '\r')
		text_truncate(&ktap->line, ktap->line.length - 1);
	end_line(ktap);
	text_truncate(&ktap->line, 0);
}

void ktap_feed(struct ktap *ktap, const void *data, size_t size)
{
	const char *s = data, *end = s + size;

	while (s < end && !ktap->refused) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		size_t length = (size_t)((newline ? newline : end) - s);
		size_t room = LINE_MAX_SIZE - ktap->line.length;

		text_append_bytes(&ktap->line, s, MIN(length, room));
		s += length + (newline != NULL);
		if (!ktap->anywhere && !ktap->begun && length > room)
			ktap->refused = true;
		else if (newline)
			take_line(ktap);
	}
}

void ktap_finish(struct ktap *ktap)
{
	if (ktap->line.length && !ktap->refused)
		take_line(ktap);
	while (ktap->depth)
		close_level(ktap);
}

void ktap_deinit(struct ktap *ktap)
{
	strv_deinit(&ktap->failures);
	text_deinit(&ktap->line);
	free(ktap->problem);
	*ktap = (struct ktap){ 0 };
}

enum ktap_result ktap_result(const struct ktap *ktap)
{
	if (!ktap->begun)
		return KTAP_NOTHING;
	if (ktap->failed || ktap->problem)
		return KTAP_FAILED;
	if (ktap->passed || ktap->xfailed)
		return KTAP_PASSED;
	return ktap->skipped || ktap->skipped_all ? KTAP_SKIPPED : KTAP_NOTHING;
}

const char *ktap_result_name(enum ktap_result result)
{
	static const char *const names[] = {
		[KTAP_NOTHING] = "nothing",
		[KTAP_PASSED] = "passed",
		[KTAP_FAILED] = "failed",
		[KTAP_SKIPPED] = "skipped",
	};

	return names[result];
}
