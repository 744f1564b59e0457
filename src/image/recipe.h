/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recipe: the short file that says what a root file system holds.  Its lines are those
 * of the kernel's usr/gen_init_cpio, so that such a list is a recipe too, and a few words
 * of klab's own:
 *
 *	about TEXT			one line for `klab image list`
 *	format initramfs|ext4		what it becomes (initramfs)
 *	init PROGRAM [WORD...]		PID 1 (klab's agent).  The agent stands beside it, unless
 *					WORD is alone; console: a run without a command is on
 *					the console; ready: commands wait until somebody
 *					writes a line to RECIPE_READY_PIPE
 *
 *	dir NAME MODE UID GID
 *	slink NAME TARGET MODE UID GID
 *	nod NAME MODE UID GID b|c MAJOR MINOR
 *	pipe NAME MODE UID GID
 *	sock NAME MODE UID GID
 *	file NAME SOURCE MODE UID GID [NAME...]
 *					a file of the host (relative: beside the recipe), and
 *					further names of it
 *	text NAME MODE UID GID		a file whose lines follow, each behind "|" or "| "
 *	program NAME SOURCE MODE UID GID [OPTION...]
 *					SOURCE.c made a static program for the guest, with
 *					these options of the compiler
 *	busybox NAME [applets]		a static busybox, and beside it links of its applets
 *
 * and for an ext4 file system:
 *
 *	suite SUITE			of Debian (the host's own)
 *	packages NAME...		these of Debian's packages, all that is essential, and what
 *					they need: what runs dpkg is unpacked here
 *	setup PROGRAM			what klab runs in a guest to make it whole, once; the
 *					packages are in RECIPE_PACKAGES_PATH
 *
 * Later lines win.  Empty lines and those that begin with "#" say nothing.
 */
#ifndef KLAB_IMAGE_RECIPE_H
#define KLAB_IMAGE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "os/digest.h"

/* The one that klab run boots into. */
#define RECIPE_DEFAULT "busybox"
#define RECIPE_SUFFIX ".recipe"
/* In the guest, made by the agent (guest/ready.c). */
#define RECIPE_READY_PIPE "/dev/klab-ready"
#define RECIPE_PACKAGES_PATH "/run/klab-packages"

enum recipe_format { RECIPE_INITRAMFS, RECIPE_EXT4 };

enum recipe_kind {
	RECIPE_DIRECTORY,
	RECIPE_SYMLINK, /* to source */
	RECIPE_NODE,	/* device, fifo or socket, as in mode */
	RECIPE_FILE,
	RECIPE_TEXT,
	RECIPE_PROGRAM,
	RECIPE_BUSYBOX,
	RECIPE_PACKAGES,
};

struct recipe_item {
	enum recipe_kind kind;
	unsigned int line; /* of the recipe */
	char *name;	   /* in the image; no component is ".." */
	char *source;
	mode_t mode; /* with the type, as in st_mode */
	uid_t uid;
	gid_t gid;
	dev_t device;
	struct text content; /* RECIPE_TEXT */
	struct strv more;    /* RECIPE_FILE: further names, RECIPE_PROGRAM: options */
	bool applets;	     /* RECIPE_BUSYBOX */
};

struct recipe {
	char *path; /* of the file */
	char *about;
	enum recipe_format format;
	char *init;   /* PID 1, absolute; NULL: klab's agent */
	bool alone;   /* no agent in the guest */
	bool console; /* where a run without a command is */
	bool ready;   /* it says when commands can be run */
	char *suite;  /* of Debian; NULL: the host's */
	char *setup;  /* absolute; NULL: none */
	struct strv packages;
	char digest[DIGEST_HEX_SIZE]; /* of its text */
	struct recipe_item *items;
	size_t count, capacity;
};

void recipe_deinit(struct recipe *recipe);
#define _cleanup_recipe_ _cleanup_(recipe_deinit)

/* The text of a recipe; path names it in errors, which are ERROR_CORRUPT and begin with
 * "PATH:LINE: ", and is what SOURCEs are beside. */
struct error *recipe_parse(const char *path, const char *text, size_t size,
			   struct recipe *ret) _must_check_;

/* Its "init" line, for who keeps what was made by it; NULL: it has none. */
char *recipe_init_line(const struct recipe *recipe);
/* The recipe of a disk of which only that line is known. */
struct error *recipe_parse_init(const char *path, const char *line,
				struct recipe *ret) _must_check_;

/* A recipe by its name, of the user's (in images/ of the directory of settings) or of
 * klab's own, or by the path of its file: with a slash, or ending in ".recipe". */
bool recipe_is_path(const char *word);
struct error *recipe_find(const char *word, struct recipe *ret) _must_check_;
/* Whether there is one of that name. */
bool recipe_exists(const char *name);
/* The names of all, sorted. */
void recipe_names(struct strv *ret);

#endif
