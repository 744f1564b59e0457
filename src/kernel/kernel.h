/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel: what a spec (the user's words) resolves to.  All paths are absolute; what a
 * kernel lacks is NULL.  Nothing here boots it.
 */
#ifndef KLAB_KERNEL_KERNEL_H
#define KLAB_KERNEL_KERNEL_H

#include <stdbool.h>

#include "arch/arch.h"
#include "base/error.h"
#include "base/text.h"
#include "store/store.h"

enum kernel_source {
	KERNEL_TREE,   /* a build tree */
	KERNEL_FILE,   /* an image file */
	KERNEL_HOST,   /* the running host's own */
	KERNEL_STORED, /* fetched into the store */
};

struct kernel {
	enum kernel_source source;
	char *name;    /* for people: "debian-6.1.0-49-amd64", "/src/linux" */
	char *suite;   /* of Debian, that it was fetched from; NULL: not known */
	char *release; /* uname -r, e.g. "6.1.0-49-amd64"; NULL if not known */
	const struct arch *arch;
	char *image;   /* bootable: bzImage, Image, zboot or ELF */
	char *plain;   /* if image is a vmlinux: what its tree made of it, or NULL */
	char *vmlinux; /* ELF with symbols, and DWARF if it was built so */
	char *modules; /* directory lib/modules/RELEASE; a tree: see modules_tree */
	char *config;  /* .config */
	char *source_directory; /* for gdb */
	char *remark; /* why it is not the one that the user may expect; NULL: it is */
	bool modules_tree; /* modules is a build tree with modules.order instead */
	bool has_btf;
	bool has_dwarf;
};

void kernel_free(struct kernel *kernel);
DEFINE_CLEANUP(struct kernel *, kernel_free)

/* "CONFIG_X" is 'y', 'm' or 'n'; only where there is a configuration does 'n' mean it. */
char kernel_option(const struct kernel *kernel, const char *option);

struct fetch_options;

struct kernel_resolve_options {
	const char *spec; /* NULL: the default order of docs/ (tree, stored, fetch) */
	const struct arch *arch; /* NULL: the host's, or what the kernel is for */
	const char *output;	 /* O= / KBUILD_OUTPUT; NULL: none */
	/* How to fetch one (kernel/fetch.h); what the spec says goes before it.  NULL: a
	 * kernel that must be fetched is an error. */
	const struct fetch_options *fetch;
};

/* The errors have hints that say what to pass instead. */
struct error *kernel_resolve(struct store *store,
			     const struct kernel_resolve_options *options,
			     struct kernel **ret) _must_check_;

/* The uncompressed vmlinux of the image for a PVH boot or for symbols, extracted once and
 * kept in the store.  *ret is NULL if the image has no PVH note. The caller frees it. */
struct error *kernel_pvh_image(struct store *store, const struct kernel *kernel,
			       char **ret) _must_check_;
/* The uncompressed kernel, to look into: a vmlinux, or arm64's flat Image.  The caller
 * frees it. */
struct error *kernel_uncompressed(struct store *store, const struct kernel *kernel,
				  char **ret) _must_check_;
/* What QEMU's -kernel takes for BOOT_IMAGE: the image, or (zboot, Image.gz) its
 * extraction from the store.  The caller frees it. */
struct error *kernel_plain_image(struct store *store, const struct kernel *kernel,
				 char **ret) _must_check_;

/* The files of the modules that make `wanted` (module names or aliases) work, in load
 * order, each once; built-in ones are left out.  A wanted module that the kernel neither
 * has nor has built in is listed in *ret_missing. */
struct kernel_module {
	char *name;
	char *path;
};
void kernel_modules_free(struct kernel_module *modules, size_t count);
struct error *kernel_modules_closure(const struct kernel *kernel,
				     const char *const *wanted,
				     struct kernel_module **ret, size_t *ret_count,
				     struct strv *ret_missing) _must_check_;

/* The kernels in the store. */
void kernels_free(struct kernel **kernels, size_t count);
struct error *kernels_stored(struct store *store, struct kernel ***ret,
			     size_t *ret_count) _must_check_;

#endif
