// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drawing progress.  The line is as wide as the terminal at that moment: what must give
 * way does so in the order bar, rate, time, and at last the name is cut.
 */
#include "ui/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/colour.h"

#define BAR_MIN 10
#define BAR_MAX 40
/* The rate is that of the last seconds: one sample each, a ring of them. */
#define SAMPLE_COUNT 8
#define SAMPLE_MS 1000

struct sample {
	uint64_t ms;
	uint64_t done;
};

struct progress {
	struct progress_options options;
	uint64_t begin_ms;
	uint64_t drawn_ms; /* when; 0: never */
	bool visible;
	char *stage; /* as the caller names it; NULL before the first */
	char *label; /* as it is shown */
	uint64_t stage_ms;
	uint64_t done;
	uint64_t total;
	struct sample samples[SAMPLE_COUNT];
	size_t sample_count; /* taken in this stage */
};

enum progress_mode progress_mode_for(int fd, bool insisted)
{
	if (colour_is_smart_terminal(fd))
		return PROGRESS_BAR;
	return insisted ? PROGRESS_LINES : PROGRESS_SILENT;
}

struct progress *progress_new(const struct progress_options *options)
{
	struct progress *progress = xnew(struct progress);

	progress->options = *options;
	progress->begin_ms = options->now_ms();
	return progress;
}

/* In one piece; a terminal that is gone is not worth an error. */
static void put(const struct progress *progress, const struct text *text)
{
	(void)!write(progress->options.fd, text_str(text), text->length);
}

static void take_sample(struct progress *progress, uint64_t now_ms)
{
	size_t last = (progress->sample_count - 1) % SAMPLE_COUNT;

	if (progress->sample_count && now_ms - progress->samples[last].ms < SAMPLE_MS)
		return;
	progress->samples[progress->sample_count++ % SAMPLE_COUNT] = (struct sample){
		.ms = now_ms,
		.done = progress->done,
	};
}

/* What is done in a second; 0: not known yet, or standing still. */
static double rate(const struct progress *progress, uint64_t now_ms)
{
	size_t count = progress->sample_count;
	const struct sample *oldest =
		&progress->samples[count > SAMPLE_COUNT ? count % SAMPLE_COUNT : 0];
	uint64_t elapsed_ms = now_ms - oldest->ms;

	if (!count || elapsed_ms < PROGRESS_DELAY_MS || progress->done <= oldest->done)
		return 0;
	return (double)(progress->done - oldest->done) * 1000 / (double)elapsed_ms;
}

static void append_time(struct text *text, uint64_t seconds)
{
	if (seconds >= 3600)
		text_appendf(text, "%llu:%02u:%02u", (unsigned long long)seconds / 3600,
			     (unsigned int)(seconds / 60 % 60),
			     (unsigned int)(seconds % 60));
	else
		text_appendf(text, "%u:%02u", (unsigned int)(seconds / 60),
			     (unsigned int)(seconds % 60));
}

static char *format_amount(const struct progress *progress, uint64_t amount)
{
	if (progress->options.unit)
		return xasprintf("%llu", (unsigned long long)amount);
	return format_size(amount);
}

static void append_amount(struct text *text, const struct progress *progress)
{
	_cleanup_free_ char *done = format_amount(progress, progress->done);
	_cleanup_free_ char *total = format_amount(progress, progress->total);
	const char *unit = progress->options.unit;

	if (progress->total)
		text_appendf(text, "  %s of %s", done, total);
	else if (progress->done)
		text_appendf(text, "  %s", done);
	if (unit && progress->done)
		text_appendf(text, " %s", unit);
}

static void append_rate(struct text *text, const struct progress *progress,
			uint64_t now_ms)
{
	uint64_t bytes = (uint64_t)rate(progress, now_ms);
	_cleanup_free_ char *size = format_size(bytes);

	if (bytes && !progress->options.unit)
		text_appendf(text, "  %s/s", size);
}

/* What is left if it is known, else what has passed. */
static void append_duration(struct text *text, const struct progress *progress,
			    uint64_t now_ms)
{
	double speed = rate(progress, now_ms);

	text_append(text, "  ");
	if (progress->total > progress->done) {
		if (speed <= 0) {
			text_append(text, "-:-- left");
			return;
		}
		append_time(text, (uint64_t)((double)(progress->total - progress->done) /
					     speed) +
					  1);
		text_append(text, " left");
	} else {
		append_time(text, (now_ms - progress->stage_ms) / 1000);
	}
}

static void append_bar(struct text *text, const struct progress *progress, size_t width)
{
	double part = (double)progress->done / (double)progress->total;
	size_t filled = (size_t)(part * (double)width);

	text_append(text, "  [");
	for (size_t i = 0; i < width; i++)
		text_append_char(text, i < filled ? '#' : '.');
	text_appendf(text, "] %3u%%", (unsigned int)(part * 100));
}

/* What follows the name, within room columns. */
static void append_figures(struct text *text, const struct progress *progress,
			   size_t room, uint64_t now_ms)
{
	const size_t frame = strlen("  [] 100%");
	_cleanup_text_ struct text amount = { 0 }, speed = { 0 }, duration = { 0 };

	append_amount(&amount, progress);
	append_rate(&speed, progress, now_ms);
	append_duration(&duration, progress, now_ms);
	if (amount.length + speed.length + duration.length > room)
		text_truncate(&duration, 0);
	if (amount.length + speed.length + duration.length > room)
		text_truncate(&speed, 0);
	if (amount.length > room)
		return;
	room -= amount.length + speed.length + duration.length;
	if (progress->total && room >= frame + BAR_MIN)
		append_bar(text, progress, MIN(room - frame, (size_t)BAR_MAX));
	text_append(text, text_str(&amount));
	text_append(text, text_str(&speed));
	text_append(text, text_str(&duration));
}

static void draw(struct progress *progress, uint64_t now_ms)
{
	_cleanup_text_ struct text line = { 0 };
	size_t columns = 80, name;

	if (progress->options.columns)
		columns = progress->options.columns(progress->options.fd);
	/* The last column stays free: some terminals wrap there. */
	columns = columns ? columns - 1 : 79;
	name = MIN(strlen(progress->label), columns);
	text_append_char(&line, '\r');
	text_append_bytes(&line, progress->label, name);
	append_figures(&line, progress, columns - name, now_ms);
	text_append(&line, "\033[K");
	put(progress, &line);
	progress->visible = true;
	progress->drawn_ms = now_ms;
}

static void announce(const struct progress *progress)
{
	_cleanup_text_ struct text line = { 0 };
	_cleanup_free_ char *total = format_amount(progress, progress->total);

	text_append(&line, progress->label);
	if (progress->total && !progress->options.unit)
		text_appendf(&line, " (%s)", total);
	text_append(&line, "...\n");
	put(progress, &line);
}

static void start_stage(struct progress *progress, const char *stage, uint64_t now_ms)
{
	_cleanup_text_ struct text safe = { 0 };

	/* Names of packages and files come from outside, and stay on one line. */
	text_append_harmless(&safe, stage, strcspn(stage, "\n"));
	free(progress->stage);
	free(progress->label);
	progress->stage = xstrdup(stage);
	progress->label = text_take(&safe);
	progress->stage_ms = now_ms;
	progress->sample_count = 0;
}

void progress_update(struct progress *progress, const char *stage, uint64_t done,
		     uint64_t total)
{
	uint64_t now_ms = progress->options.now_ms();
	bool fresh = !progress->stage || !streq(progress->stage, stage);

	if (progress->options.mode == PROGRESS_SILENT)
		return;
	if (fresh)
		start_stage(progress, stage, now_ms);
	progress->total = total;
	progress->done = total ? MIN(done, total) : done;
	take_sample(progress, now_ms);
	if (progress->options.mode == PROGRESS_LINES) {
		if (fresh)
			announce(progress);
		return;
	}
	if (now_ms - progress->begin_ms < PROGRESS_DELAY_MS)
		return;
	if (!progress->drawn_ms || now_ms - progress->drawn_ms >= PROGRESS_REDRAW_MS)
		draw(progress, now_ms);
}

void progress_hide(struct progress *progress)
{
	_cleanup_text_ struct text erase = { 0 };

	if (!progress->visible)
		return;
	text_append(&erase, "\r\033[K");
	put(progress, &erase);
	progress->visible = false;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	progress_hide(progress);
	free(progress->stage);
	free(progress->label);
	free(progress);
}
