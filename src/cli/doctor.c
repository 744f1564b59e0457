// SPDX-License-Identifier: GPL-2.0-or-later
/* klab doctor: prints what lab/doctor found; status 0 only if a default run would work. */
#include "lab/doctor.h"

#include <stdio.h>

#include "cli/command.h"
#include "format/json.h"

struct doctor_options {
	bool json;
};

static void print_json(const struct doctor *doctor)
{
	_cleanup_json_ struct json_object *object = json_new_object();
	struct json_object *checks;
	_cleanup_free_ char *text = NULL;

	json_add_bool(object, "well", doctor_is_well(doctor));
	checks = json_add_array(object, "checks");
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_check *check = &doctor->checks[i];
		struct json_object *row = json_append_object(checks);

		json_add_string(row, "area", check->area);
		json_add_string(row, "subject", check->subject);
		json_add_string(row, "status", doctor_status_name(check->status));
		json_add_string(row, "value", check->value);
		json_add_string(row, "why", check->why);
		json_add_string(row, "fix", check->fix);
	}
	text = json_pretty(object);
	fputs(text, stdout);
}

/* Settings and other programs' words are shown: nothing for the terminal in them. */
static void print_below(const char *lead, const char *s)
{
	_cleanup_text_ struct text line = {};

	if (!s)
		return;
	text_append_harmless(&line, s, strlen(s));
	printf("          %s%s\n", lead, text_str(&line));
}

static void print_check(const struct doctor_check *check)
{
	_cleanup_text_ struct text value = {};

	if (check->value)
		text_append_harmless(&value, check->value, strlen(check->value));
	printf("  %-6s  %s%s%s\n", doctor_status_name(check->status), check->subject,
	       check->value ? ": " : "", text_str(&value));
	print_below("", check->why);
	print_below("try: ", check->fix);
}

static void print_text(const struct doctor *doctor)
{
	const char *area = "";

	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_check *check = &doctor->checks[i];

		if (!streq(area, check->area))
			printf("%s%s\n", i ? "\n" : "", check->area);
		area = check->area;
		print_check(check);
	}
	puts(doctor_is_well(doctor) ? "\nklab run would work."
				    : "\nklab run would not work: see \"bad\" above.");
}

static struct error *doctor_run(struct call *call)
{
	const struct doctor_options *options = call->options;
	_cleanup_(doctor_deinit) struct doctor doctor = {};

	doctor_examine(&doctor);
	if (options->json)
		print_json(&doctor);
	else
		print_text(&doctor);
	call->status = doctor_is_well(&doctor) ? STATUS_OK : STATUS_FAILED;
	return NULL;
}

static const struct option_row options[] = {
	OPTION_JSON(struct doctor_options),
	OPTION_ROWS_END,
};

const struct command command_doctor = {
	.name = "doctor",
	.group = COMMAND_KLAB,
	.summary = "what this host can do, what klab would choose, and why",
	.description =
		"Nothing is fetched and no guest is started. Each line is ok, a limit "
		"(a default run works, something else does not), or bad (a default run "
		"does not work), with the command that mends it. The exit status is 0 only "
		"if nothing is bad. Settings are listed with the place they come from.",
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.run = doctor_run,
};
