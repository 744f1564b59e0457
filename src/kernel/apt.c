// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The private root of apt: a work directory of the store with a configuration file that
 * is read after the host's own, so that it has the last word on every directory and on
 * the hooks that the host wants to run for its own packages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/apt-internal.h"
#include "kernel/unpack.h"
#include "os/digest.h"
#include "os/file.h"

/* What counts as lately: a kernel and a busybox in one go need one look at the lists. */
#define LATELY_S (15 * 60)
#define LOCK_SLICE_MS 250

static const char *const directories[] = {
	"state/lists/partial",
	"cache/archives/partial",
	"download",
};

static void apt_packages_drop(struct apt_package *package)
{
	free(package->name);
	free(package->version);
	free(package->sha256);
	strv_deinit(&package->depends);
}

void apt_packages_deinit(struct apt_packages *packages)
{
	for (size_t i = 0; i < packages->count; i++)
		apt_packages_drop(&packages->items[i]);
	free(packages->items);
}

void apt_packages_list(const struct apt_packages *packages, struct strv *ret)
{
	for (size_t i = 0; i < packages->count; i++)
		strv_pushf(ret, "%s %s", packages->items[i].name,
			   packages->items[i].version);
}

bool apt_packages_have(const struct apt_packages *packages, const char *name)
{
	for (size_t i = 0; i < packages->count; i++) {
		if (streq(packages->items[i].name, name))
			return true;
	}
	return false;
}

void apt_free(struct apt *apt)
{
	if (!apt)
		return;
	free(apt->suite);
	free(apt->directory);
	free(apt->config);
	free(apt->download);
	close_fd(apt->lock);
	free(apt);
}

/* The lists of two archives must not meet in one directory. */
static char *work_name(const struct repository *repository, const struct arch *arch)
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	char hex[DIGEST_HEX_SIZE];

	digest_add_string(digest, repository->uri);
	digest_add_string(digest, repository->signed_by ? repository->signed_by : "");
	digest_hex(digest, hex);
	return xasprintf("apt-%s-%s-%.8s", repository->suite, arch->debian, hex);
}

/* In slices, so that the user sees what is waited for and can stop it. */
static struct error *take_directory(struct apt *apt, const char *name)
{
	for (;;) {
		struct error *err = store_work(apt->store, name, LOCK_SLICE_MS,
					       &apt->directory, &apt->lock);

		if (!error_is(err, ERROR_BUSY))
			return err;
		error_free(err);
		TRY(progress_report(apt->progress, "waiting for another klab", 0, 0));
	}
}

static struct error *write_source(const struct apt *apt,
				  const struct repository *repository)
{
	_cleanup_text_ struct text text = { 0 };
	_cleanup_free_ char *path = path_join(apt->directory, "archive.sources");

	text_appendf(&text, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n",
		     repository->uri, repository->suite);
	if (repository->signed_by)
		text_appendf(&text, "Signed-By: %s\n", repository->signed_by);
	return file_write(path, text.data, text.length, 0644);
}

/* Read by apt after the host's configuration (-c).  The sandbox user could not enter a
 * private directory, so apt stays whoever runs klab. */
static struct error *write_config(const struct apt *apt)
{
	_cleanup_text_ struct text text = { 0 };

	text_appendf(
		&text,
		"Dir::State \"%1$s/state\";\n"
		"Dir::State::lists \"lists\";\n"
		"Dir::State::status \"/dev/null\";\n"
		"Dir::State::extended_states \"/dev/null\";\n"
		"Dir::Cache \"%1$s/cache\";\n"
		"Dir::Cache::archives \"archives\";\n"
		"Dir::Cache::pkgcache \"pkgcache.bin\";\n"
		"Dir::Cache::srcpkgcache \"\";\n"
		"Dir::Etc::sourcelist \"%1$s/archive.sources\";\n"
		"Dir::Etc::sourceparts \"/dev/null\";\n"
		"Dir::Etc::preferences \"/dev/null\";\n"
		"Dir::Etc::preferencesparts \"/dev/null\";\n"
		"Dir::Log \"/dev/null\";\n"
		"#clear APT::Architectures;\n"
		"APT::Architecture \"%2$s\";\n"
		"APT::Architectures { \"%2$s\"; };\n"
		"#clear APT::Default-Release;\n"
		"#clear APT::Update::Pre-Invoke;\n"
		"#clear APT::Update::Post-Invoke;\n"
		"#clear APT::Update::Post-Invoke-Success;\n"
		"APT::Update::Error-Mode \"any\";\n"
		"APT::Get::AllowUnauthenticated \"false\";\n"
		"Acquire::AllowInsecureRepositories \"false\";\n"
		"Acquire::AllowWeakRepositories \"false\";\n"
		"Acquire::AllowDowngradeToInsecureRepositories \"false\";\n"
		"APT::Sandbox::User \"\";\n"
		"Acquire::Languages \"none\";\n"
		"Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\n"
		"Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
		"Acquire::Retries \"2\";\n"
		"APT::Color \"false\";\n"
		"APT::Status-Fd \"3\";\n"
		"quiet \"2\";\n",
		apt->directory, apt->arch->debian);
	return file_write(apt->config, text.data, text.length, 0644);
}

static struct error *make_root(struct apt *apt, const struct repository *repository)
{
	apt->config = path_join(apt->directory, "apt.conf");
	apt->download = path_join(apt->directory, "download");
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = path_join(apt->directory, directories[i]);

		TRY(dir_make(path, 0700));
	}
	TRY(write_source(apt, repository));
	return write_config(apt);
}

/* These words go into files that apt reads. */
static struct error *check_words(const struct repository *repository)
{
	if (strpbrk(repository->uri, " \t\n\"") || strpbrk(repository->suite, " \t\n\"/"))
		return error_new(ERROR_USAGE, "%s %s is no address and suite of packages",
				 repository->uri, repository->suite);
	return NULL;
}

struct error *apt_open(struct store *store, const struct repository *repository,
		       const struct arch *arch, const struct fetch_progress *progress,
		       struct apt **ret)
{
	_cleanup_(apt_freep) struct apt *apt = xnew(struct apt);
	_cleanup_free_ char *name = work_name(repository, arch);
	_cleanup_free_ char *program = program_find("apt-get");

	apt->lock = -1;
	apt->store = store;
	apt->arch = arch;
	apt->progress = progress;
	apt->suite = xstrdup(repository->suite);
	if (!program)
		return error_hint(error_new(ERROR_MISSING,
					    "this host has no apt-get, by which klab "
					    "fetches kernels"),
				  "pass a kernel that you have: -k FILE (bzImage, Image, "
				  "vmlinux), -k TREE, -k host");
	TRY(check_words(repository));
	TRY(store_explain(store, take_directory(apt, name)));
	TRY(store_explain(store, make_root(apt, repository)));
	*ret = take_ptr(apt);
	return NULL;
}

struct error *apt_command(const struct apt *apt, const char *directory,
			  const struct apt_package *package, const char *const *words,
			  struct text *ret_output)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *file =
		package && package->name ? xasprintf("%s_", package->name) : NULL;
	struct apt_run run = {
		.directory = directory,
		.stage = !package	 ? "package lists"
			 : package->name ? package->name
					 : "packages",
		.total = package ? package->size : 0,
		.file = file,
		.progress = apt->progress,
	};

	strv_push(&argv, words[0]);
	strv_push(&argv, "-c");
	strv_push(&argv, apt->config);
	strv_push_all(&argv, words + 1);
	run.argv = strv_argv(&argv);
	return store_explain(apt->store, apt_run(&run, ret_output));
}

static bool is_recent(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_mtime <= time(NULL) &&
	       time(NULL) - st.st_mtime < LATELY_S;
}

struct error *apt_update(struct apt *apt, bool lately)
{
	static const char *const words[] = { "apt-get", "update", NULL };
	_cleanup_free_ char *stamp = path_join(apt->directory, "updated");

	if (lately && is_recent(stamp))
		return NULL;
	TRY(apt_command(apt, apt->directory, NULL, words, NULL));
	return store_explain(apt->store, file_write(stamp, "", 0, 0644));
}

/* "linux-base-6 (= 6.1-1), a | b:any" */
static void parse_depends(const char *value, struct strv *ret)
{
	_cleanup_strv_ struct strv items = { 0 };

	strv_split(value, ",", &items);
	for (size_t i = 0; i < items.count; i++) {
		const char *name = items.items[i] + strspn(items.items[i], " ");
		_cleanup_free_ char *word = xstrndup(name, strcspn(name, " (|:"));

		if (*word)
			strv_push(ret, word);
	}
}

/* A stanza of apt-cache show; false without a name. */
static bool parse_stanza(char *text, struct apt_package *ret)
{
	struct apt_package package = { 0 };
	char *line;

	while ((line = strsep(&text, "\n")) && *line) {
		const char *value;

		if ((value = after_prefix(line, "Package: ")) && !package.name)
			package.name = xstrdup(value);
		else if ((value = after_prefix(line, "Version: ")) && !package.version)
			package.version = xstrdup(value);
		else if ((value = after_prefix(line, "Size: ")))
			package.size = strtoull(value, NULL, 10);
		else if ((value = after_prefix(line, "SHA256: ")) && !package.sha256)
			package.sha256 = xstrdup(value);
		else if ((value = after_prefix(line, "Depends: ")) ||
			 (value = after_prefix(line, "Pre-Depends: ")))
			parse_depends(value, &package.depends);
	}
	if (!package.name || !package.version) {
		apt_packages_drop(&package);
		return false;
	}
	*ret = package;
	return true;
}

static struct error *not_found(const struct apt *apt, const char *name)
{
	return error_hint(error_new(ERROR_NOT_FOUND, "%s has no package %s for %s",
				    apt->suite, name, apt->arch->debian),
			  "another suite (debian:SUITE) or flavour (--flavour) may have "
			  "it");
}

struct error *apt_show(struct apt *apt, const char *name, struct apt_packages *packages)
{
	const char *const words[] = { "apt-cache", "show", "--no-all-versions",
				      "--",	   name,   NULL };
	_cleanup_text_ struct text text = { 0 };
	struct apt_package package;
	struct error *err = apt_command(apt, apt->directory, NULL, words, &text);

	if (error_is(err, ERROR_NOT_FOUND)) {
		error_free(err);
		return not_found(apt, name);
	}
	TRY(err);
	/* A virtual package shows its providers. */
	if (!text.data || !parse_stanza(text.data, &package))
		return not_found(apt, name);
	if (!streq(package.name, name)) {
		apt_packages_drop(&package);
		return not_found(apt, name);
	}
	array_reserve(packages->items, packages->count, packages->capacity);
	packages->items[packages->count++] = package;
	return NULL;
}

/* apt checks what it downloads, but takes a file that is there in full for good, and an
 * interrupted download lies there under its final name. */
struct error *apt_check_digest(const struct apt_package *package, const char *path)
{
	char hex[DIGEST_HEX_SIZE];

	TRY(digest_file(path, hex));
	if (package->sha256 && streq(hex, package->sha256))
		return NULL;
	(void)unlink(path); /* else the next try would find it again */
	return error_hint(error_new(ERROR_CORRUPT,
				    "%s is not what the archive has signed",
				    path_base(path)),
			  "try again, or another mirror with --mirror URL");
}

struct error *apt_download(struct apt *apt, const struct apt_package *package,
			   char **ret_path)
{
	_cleanup_free_ char *wanted = xasprintf("%s=%s", package->name, package->version);
	const char *const words[] = { "apt-get", "download", wanted, NULL };
	_cleanup_free_ char *file = xasprintf("%s_", package->name);
	_cleanup_free_ char *path = NULL;

	TRY(apt_command(apt, apt->download, package, words, NULL));
	path = apt_find_deb(apt->download, file);
	if (!path)
		return error_new(ERROR_FAILED, "apt-get downloaded no file for %s",
				 package->name);
	TRY(apt_check_digest(package, path));
	*ret_path = take_ptr(path);
	return NULL;
}

struct error *apt_unpack(struct apt *apt, const struct apt_packages *packages,
			 const struct unpack_rule *rules, size_t rule_count,
			 const char *directory)
{
	for (size_t i = 0; i < packages->count; i++) {
		_cleanup_free_ char *deb = NULL;

		TRY(apt_download(apt, &packages->items[i], &deb));
		TRY(store_explain(apt->store, package_unpack(deb, rules, rule_count,
							     directory, apt->progress)));
	}
	return NULL;
}

void apt_forget(struct apt *apt)
{
	/* What stays is found and used, or overwritten, by the next download. */
	error_ignore(tree_remove(apt->download));
	error_ignore(dir_make(apt->download, 0700));
}
