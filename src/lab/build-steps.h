/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many steps a build takes, learned from those before.  A whole one takes what the
 * last whole one took, less what was made until it was interrupted; any other one what
 * the last one of that kind took.
 */
#ifndef KLAB_LAB_BUILD_STEPS_H
#define KLAB_LAB_BUILD_STEPS_H

#include <stdbool.h>
#include <stdint.h>

struct build_steps {
	uint64_t whole;	  /* of the last build from nothing; 0: not known */
	uint64_t partial; /* made since there was nothing, by builds that did not end */
	uint64_t again;	  /* of the last build after that */
};

/* Is the line one of kbuild's, "  CC      init/main.o"? */
bool build_is_step(const char *line);
/* Will a build of this output begin from nothing, or where such a one was interrupted? */
bool build_is_whole(const char *output);
/* 0: not known. */
uint64_t build_steps_estimate(const struct build_steps *steps, bool whole);
void build_steps_count(struct build_steps *steps, bool whole, bool done, uint64_t count);
/* In a directory of state; what can't be read or written is not worth an error. */
void build_steps_load(const char *directory, struct build_steps *ret);
void build_steps_save(const char *directory, const struct build_steps *steps);

#endif
