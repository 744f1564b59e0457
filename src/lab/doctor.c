// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of checks, and those of klab's own places and settings. */
#include "lab/doctor.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "os/dirs.h"
#include "os/file.h"

struct doctor_check *doctor_add(struct doctor *doctor, const char *area,
				const char *subject)
{
	struct doctor_check *check;

	array_reserve(doctor->checks, doctor->count, doctor->capacity);
	check = &doctor->checks[doctor->count++];
	*check = (struct doctor_check){ .area = area, .subject = xstrdup(subject) };
	return check;
}

void doctor_fail(struct doctor_check *check, enum doctor_status status, struct error *err)
{
	const char *hint = error_hint_text(err);

	check->status = status;
	check->why = xstrdup(error_sentence(err));
	check->fix = hint ? xstrdup(hint) : NULL;
	error_free(err);
}

const char *doctor_status_name(enum doctor_status status)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_LIMIT] = "limit",
		[DOCTOR_BAD] = "bad",
	};

	return names[status];
}

bool doctor_is_well(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		if (doctor->checks[i].status == DOCTOR_BAD)
			return false;
	}
	return true;
}

/* Can a file be made in it?  Asked by making one: a read-only mount, a full disk and a
 * quota all look fine to access(2). */
static struct error *try_directory(const char *path)
{
	_cleanup_draft_ struct file_draft draft = FILE_DRAFT_NONE;
	_cleanup_free_ char *file = path_join(path, "doctor");

	TRY(dir_make(path, 0700));
	TRY(file_draft_open(&draft, file, 0600));
	return fd_write_all(draft.fd, "?", 1);
}

static void check_directory(struct doctor *doctor, const char *subject,
			    struct error *(*find)(char **ret))
{
	struct doctor_check *check = doctor_add(doctor, "klab", subject);
	_cleanup_free_ char *path = NULL;
	struct error *err = find(&path);

	if (!err)
		err = try_directory(path);
	check->value = take_ptr(path);
	if (err)
		doctor_fail(check, DOCTOR_BAD, err);
}

static uint64_t store_bytes(struct store *store)
{
	struct store_entry *entries = NULL;
	size_t count = 0;
	uint64_t bytes = 0;
	struct error *err = store_list(store, NULL, &entries, &count);

	for (size_t i = 0; i < count; i++)
		bytes += entries[i].bytes;
	store_entries_free(entries, count);
	/* The figure is for show; that the store is broken shows in other checks. */
	error_ignore(err);
	return bytes;
}

static void check_store(struct doctor *doctor)
{
	struct doctor_check *check = doctor_add(doctor, "klab", "store");
	_cleanup_free_ char *used = NULL, *left = NULL, *budget = NULL;
	struct error *err = store_open(NULL, &doctor->store);
	struct statvfs fs;

	if (!err)
		err = try_directory(store_root(doctor->store));
	if (err) {
		doctor_fail(check, DOCTOR_BAD, err);
		return;
	}
	used = format_size(store_bytes(doctor->store));
	budget = format_size(doctor->settings.store_budget);
	check->value = xstrdup(store_root(doctor->store));
	if (statvfs(check->value, &fs) < 0)
		fs.f_bavail = 0;
	left = format_size((uint64_t)fs.f_bavail * fs.f_frsize);
	check->why = xasprintf("holds %s of at most %s; the disk has %s left", used,
			       budget, left);
	/* A fetched kernel and the lists of packages. */
	if ((uint64_t)fs.f_bavail * fs.f_frsize < UINT64_C(1) << 30) {
		check->status = DOCTOR_LIMIT;
		check->fix = xstrdup("klab store prune");
	}
}

/* Takes err, of loading them. */
static void check_settings(struct doctor *doctor, struct error *err)
{
	const struct settings *settings = &doctor->settings;

	for (size_t i = 0; i < settings->effective_count; i++) {
		const struct setting *setting = &settings->effective[i];
		struct doctor_check *check =
			doctor_add(doctor, "settings", setting->row->name);

		check->value = xstrdup(setting->value);
		check->why = xasprintf("from %s", setting->source);
	}
	for (size_t i = 0; i < settings->notes.count; i++) {
		struct doctor_check *check =
			doctor_add(doctor, "settings", SETTINGS_FILE);

		check->status = DOCTOR_LIMIT;
		check->why = xstrdup(settings->notes.items[i]);
	}
	if (err)
		doctor_fail(doctor_add(doctor, "settings", SETTINGS_FILE), DOCTOR_BAD,
			    err);
	else if (!settings->effective_count && !settings->notes.count)
		doctor_add(doctor, "settings", SETTINGS_FILE)->why =
			xstrdup("nothing is set: the defaults hold");
}

static void check_klab(struct doctor *doctor)
{
	struct doctor_check *check = doctor_add(doctor, "klab", "version");
	struct error *err;

	check->value = xstrdup(KLAB_VERSION);
	err = dirs_self(&check->why);
	error_ignore(err); /* the path is for show */
	check_directory(doctor, "logs", dirs_state);
	check_directory(doctor, "sockets", dirs_runtime);
}

void doctor_examine(struct doctor *doctor)
{
	struct error *err;

	*doctor = (struct doctor){ 0 };
	settings_init(&doctor->settings);
	err = settings_load(&doctor->settings, NULL);
	check_klab(doctor);
	check_store(doctor);
	check_settings(doctor, err);
	doctor_check_host(doctor);
	doctor_check_guest(doctor);
}

void doctor_deinit(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->checks[i].subject);
		free(doctor->checks[i].value);
		free(doctor->checks[i].why);
		free(doctor->checks[i].fix);
	}
	free(doctor->checks);
	free(doctor->qemu);
	settings_deinit(&doctor->settings);
	if (doctor->store)
		store_free(doctor->store);
	*doctor = (struct doctor){ 0 };
}
