// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs that go into guests.  They must run without any library, so the host's own is
 * taken only when its ELF header says so (no interpreter) and names the guest's machine.
 */
#include <elf.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "kernel/apt.h"
#include "kernel/packages.h"
#include "kernel/unpack.h"
#include "os/file.h"

#define HEAD_SIZE 4096
#define PROGRAM_MAX (64 << 20)

/* The program headers of a 64-bit little-endian ELF file, or NULL.  All of klab's
 * architectures but 32-bit arm are that. */
static const Elf64_Phdr *program_headers(const struct bytes *bytes, uint16_t machine,
					 size_t *ret_count)
{
	const Elf64_Ehdr *header = (const void *)bytes->data;

	if (bytes->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != machine ||
	    header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff % 8 ||
	    header->e_phoff > bytes->size ||
	    header->e_phnum > (bytes->size - header->e_phoff) / sizeof(Elf64_Phdr))
		return NULL;
	*ret_count = header->e_phnum;
	return (const void *)(bytes->data + header->e_phoff);
}

bool program_is_static(const char *path, const struct arch *arch)
{
	_cleanup_bytes_ struct bytes bytes = { 0 };
	_cleanup_error_ struct error *err = file_read(path, PROGRAM_MAX, &bytes);
	const Elf64_Phdr *headers;
	size_t count;

	if (err)
		return false;
	headers = program_headers(&bytes, arch->elf_machine, &count);
	if (!headers || count == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (headers[i].p_type == PT_INTERP)
			return false;
	}
	return true;
}

/* "busybox-static_1:1.35.0-4_amd64", with nothing that a path minds. */
static char *package_key(const struct apt_package *package, const struct arch *arch)
{
	return xasprintf("%s_%s_%s", package->name, package->version, arch->debian);
}

static char *find_in(const char *directory, const char *file)
{
	char *path = path_join(directory, path_base(file));

	if (path_exists(path))
		return path;
	free(path);
	return NULL;
}

/* The newest one in the store of the package for the architecture. */
static char *find_stored(struct store *store, const struct package_file_options *options)
{
	_cleanup_free_ char *prefix = xasprintf("%s_", options->package);
	_cleanup_free_ char *suffix = xasprintf("_%s", options->arch->debian);
	_cleanup_strv_ struct strv keys = { 0 };
	_cleanup_free_ char *directory = NULL;
	const char *best = NULL;

	error_ignore(
		store_keys(store, "package", &keys)); /* an unreadable store is empty */
	for (size_t i = 0; i < keys.count; i++) {
		const char *key = keys.items[i];

		if (has_prefix(key, prefix) && has_suffix(key, suffix) &&
		    (!best || version_compare(key, best) > 0))
			best = key;
	}
	if (best)
		directory = store_lookup(store, "package", best);
	return directory ? find_in(directory, options->file) : NULL;
}

static struct error *unpack_into_store(struct store *store, const char *deb,
				       const char *key,
				       const struct package_file_options *options,
				       char **ret)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *with_usr = xasprintf("usr/%s", options->file);
	_cleanup_free_ char *directory = NULL;
	const char *name = path_base(options->file);
	const struct unpack_rule rules[] = {
		{ options->file, name },
		{ with_usr, name },
	};

	TRY(store_draft_new(store, "package", key, &draft));
	TRY(store_explain(store, package_unpack(deb, rules, ARRAY_SIZE(rules),
						store_draft_path(draft),
						options->fetch->progress)));
	*ret = find_in(store_draft_path(draft), options->file);
	if (!*ret)
		return error_new(ERROR_NOT_FOUND, "%s has no %s", path_base(deb),
				 options->file);
	free(*ret);
	TRY(store_draft_publish(take_ptr(draft), &directory));
	*ret = path_join(directory, name);
	return NULL;
}

static struct error *fetch(struct store *store,
			   const struct package_file_options *options, char **ret)
{
	_cleanup_repository_ struct repository repository = { 0 };
	_cleanup_packages_ struct apt_packages packages = { 0 };
	_cleanup_(apt_freep) struct apt *apt = NULL;
	_cleanup_free_ char *key = NULL;
	_cleanup_free_ char *deb = NULL;

	TRY(repository_find(
		&(struct repository_options){
			.suite = options->fetch->suite,
			.mirror = options->fetch->mirror,
			.keyring = options->fetch->keyring,
		},
		&repository));
	TRY(apt_open(store, &repository, options->arch, options->fetch->progress, &apt));
	/* Another klab may have been first while we waited. */
	*ret = find_stored(store, options);
	if (*ret)
		return NULL;
	TRY(apt_update(apt, true));
	TRY(apt_show(apt, options->package, &packages));
	key = package_key(&packages.items[0], options->arch);
	TRY(apt_download(apt, &packages.items[0], &deb));
	TRY(unpack_into_store(store, deb, key, options, ret));
	apt_forget(apt);
	return NULL;
}

struct error *package_file(struct store *store,
			   const struct package_file_options *options, char **ret)
{
	if (options->host && program_is_static(options->host, options->arch)) {
		*ret = xstrdup(options->host);
		return NULL;
	}
	*ret = find_stored(store, options);
	if (*ret)
		return NULL;
	if (!options->fetch)
		return error_hint(error_new(ERROR_MISSING,
					    "%s for %s is not in the store",
					    options->package, options->arch->name),
				  "klab fetch debian --arch %s brings it",
				  options->arch->name);
	TRY_WRAP(fetch(store, options, ret), "fetching %s for %s", options->package,
		 options->arch->name);
	return NULL;
}
