// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tar has ACLs as text, "user:name:rwx:1000,...", which libarchive reads; the kernel has
 * them in the format of linux/posix_acl_xattr.h, little endian, the entries in the order of
 * their tags and then of their ids.
 */
#include "image/archive-acl.h"

#include <archive_entry.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define ACL_VERSION 2
#define ACL_NO_ID UINT32_MAX
/* Linux has no limit of its own, but an attribute ends at 64 KiB. */
#define ACL_ENTRIES_MAX 8000

struct acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id;
} __attribute__((packed));

/* uapi/linux/posix_acl.h */
enum {
	TAG_USER_OBJ = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

static const struct {
	int theirs;
	uint16_t tag;
	bool named;
} tags[] = {
	{ ARCHIVE_ENTRY_ACL_USER_OBJ, TAG_USER_OBJ, false },
	{ ARCHIVE_ENTRY_ACL_USER, TAG_USER, true },
	{ ARCHIVE_ENTRY_ACL_GROUP_OBJ, TAG_GROUP_OBJ, false },
	{ ARCHIVE_ENTRY_ACL_GROUP, TAG_GROUP, true },
	{ ARCHIVE_ENTRY_ACL_MASK, TAG_MASK, false },
	{ ARCHIVE_ENTRY_ACL_OTHER, TAG_OTHER, false },
};

static const struct {
	int type;
	const char *xattr;
} kinds[] = {
	{ ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access" },
	{ ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default" },
};

struct acl {
	struct acl_entry *entries; /* in the order of this machine */
	size_t count, capacity;
};

static void acl_deinit(struct acl *acl)
{
	free(acl->entries);
}

static struct error *add(struct acl *acl, int theirs, int permissions, int id,
			 const char *name)
{
	struct acl_entry *entry;
	size_t i = 0;

	while (i < ARRAY_SIZE(tags) && tags[i].theirs != theirs)
		i++;
	if (i == ARRAY_SIZE(tags) || acl->count == ACL_ENTRIES_MAX)
		return error_new(ERROR_CORRUPT, "an ACL that Linux does not have");
	/* Whose the name is in the guest nobody knows here. */
	if (tags[i].named && id < 0)
		return error_new(ERROR_UNSUPPORTED,
				 "its ACL says \"%s\" and no number (bsdtar writes "
				 "numbers, tar --no-acls leaves ACLs out)",
				 name ? name : "");
	array_reserve(acl->entries, acl->count, acl->capacity);
	entry = &acl->entries[acl->count++];
	entry->tag = tags[i].tag;
	entry->permissions = (uint16_t)(permissions & 7);
	entry->id = tags[i].named ? (uint32_t)id : ACL_NO_ID;
	return NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static struct error *acl_read(struct archive_entry *from, int kind, struct acl *acl)
{
	int type, permissions, tag, id;
	const char *name;

	/* What says no more than the mode is none. */
	if (archive_entry_acl_reset(from, kind) <= 0)
		return NULL;
	while (archive_entry_acl_next(from, kind, &type, &permissions, &tag, &id,
				      &name) == 0)
		TRY(add(acl, tag, permissions, id, name));
	if (acl->count > 1)
		qsort(acl->entries, acl->count, sizeof(*acl->entries), compare_entries);
	return NULL;
}

static const struct acl_entry *acl_find(const struct acl *acl, uint16_t tag)
{
	for (size_t i = 0; i < acl->count; i++)
		if (acl->entries[i].tag == tag)
			return &acl->entries[i];
	return NULL;
}

/* posix_acl_valid() of Linux, as far as libarchive leaves something to check. */
static struct error *acl_check(const struct acl *acl)
{
	bool named = acl_find(acl, TAG_USER) || acl_find(acl, TAG_GROUP);

	for (size_t i = 1; i < acl->count; i++)
		if (compare_entries(&acl->entries[i - 1], &acl->entries[i]) == 0)
			return error_new(ERROR_CORRUPT,
					 "an ACL that says something twice");
	if (!acl_find(acl, TAG_USER_OBJ) || !acl_find(acl, TAG_GROUP_OBJ) ||
	    !acl_find(acl, TAG_OTHER) || (named && !acl_find(acl, TAG_MASK)))
		return error_new(ERROR_CORRUPT, "an ACL that is not whole");
	return NULL;
}

static void *acl_pack(const struct acl *acl, size_t *ret_size)
{
	size_t size = sizeof(uint32_t) + acl->count * sizeof(struct acl_entry);
	uint32_t version = htole32(ACL_VERSION);
	uint8_t *value = xcalloc(1, size);

	memcpy(value, &version, sizeof(version));
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_entry entry = {
			.tag = htole16(acl->entries[i].tag),
			.permissions = htole16(acl->entries[i].permissions),
			.id = htole32(acl->entries[i].id),
		};

		memcpy(value + sizeof(version) + i * sizeof(entry), &entry,
		       sizeof(entry));
	}
	*ret_size = size;
	return value;
}

/* libarchive has made the group's bits those of the group's own entry. */
static void set_group_bits(struct archive_entry *entry, const struct acl *acl)
{
	const struct acl_entry *mask = acl_find(acl, TAG_MASK);
	mode_t mode = archive_entry_perm(entry) & ~(mode_t)S_IRWXG;

	if (mask)
		archive_entry_set_perm(entry, mode | (mode_t)mask->permissions << 3);
}

struct error *archive_take_acls(struct archive_entry *entry,
				struct plan_attributes *attributes, size_t *capacity)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(acl_deinit) struct acl acl = { 0 };
		struct plan_xattr *xattr;

		TRY(acl_read(entry, kinds[i].type, &acl));
		if (!acl.count)
			continue;
		TRY(acl_check(&acl));
		if (kinds[i].type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS)
			set_group_bits(entry, &acl);
		array_reserve(attributes->xattrs, attributes->xattr_count, *capacity);
		xattr = &attributes->xattrs[attributes->xattr_count++];
		xattr->name = xstrdup(kinds[i].xattr);
		xattr->value = acl_pack(&acl, &xattr->size);
	}
	return NULL;
}
