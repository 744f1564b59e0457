/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module into a running guest: in place of the one that is loaded, with what the kernel
 * says about it.
 */
#ifndef KLAB_LAB_MODULE_LOAD_H
#define KLAB_LAB_MODULE_LOAD_H

#include <stdbool.h>

#include "kernel/module-info.h"

struct module_load {
	const char *guest_name; /* NULL: the only one that runs */
	bool host;		/* into this machine's own kernel; check it before */
	const char *file;	/* .ko */
	const struct strv *parameters;
};

/* What the guest answered. */
struct module_answer {
	bool host; /* it was this machine */
	struct module_info info;
	char *failed;	/* "": it is loaded; "unload" or "load": what failed */
	char *old;	/* "unloaded": one was loaded before and is not any more; "" */
	char *crashed;	/* the kernel, with an oops: "", "before" this, or "now" */
	char *said;	/* the words of rmmod or insmod */
	char *release;	/* of the guest's kernel */
	char *loaded;	/* names of all loaded modules, each followed by a blank */
	char *sections; /* where it is: ".text=0xffffffffc0000000 ..."; "" */
	char *log;	/* the kernel's log since; the guest's text */
};
void module_answer_deinit(struct module_answer *answer);
#define _cleanup_module_answer_ _cleanup_(module_answer_deinit)

/* Can this file be loaded into the kernel that runs klab, as far as that shows before it
 * is done?  *ret_loaded: one of its name is. */
struct error *module_host_check(const char *file, bool *ret_loaded) _must_check_;
/* An error is one of klab's or of the guest's end; whether the kernel took the module the
 * answer says. */
struct error *module_load(const struct module_load *load,
			  struct module_answer *ret) _must_check_;
/* Why it failed, in a sentence, with what to do; NULL if it did not. */
struct error *module_explain(const struct module_answer *answer) _must_check_;
/* Things in the log of a module that was taken which people ask about; one sentence, or
 * NULL. */
const char *module_remark(const struct module_answer *answer);
/* For the guest's answer as it comes; exported for tests.  Takes nothing over. */
struct error *module_answer_parse(const char *text,
				  struct module_answer *ret) _must_check_;

#endif
