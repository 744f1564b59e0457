// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, sizes and durations as people write them. */
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"

/* An unsigned number at the start of s; no sign, no blanks. */
static bool scan_u64(const char *s, uint64_t *ret, const char **ret_rest)
{
	unsigned long long value;
	char *end;
	int base = has_prefix(s, "0x") || has_prefix(s, "0X") ? 16 : 10;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	value = strtoull(s, &end, base);
	if (errno)
		return false;
	*ret = value;
	*ret_rest = end;
	return true;
}

struct error *parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *rest;
	uint64_t value;

	if (!scan_u64(s, &value, &rest) || *rest)
		return error_new(ERROR_USAGE, "\"%s\" is not a number", s);
	if (value < min || value > max)
		return error_new(ERROR_USAGE, "%s is not between %llu and %llu", s,
				 (unsigned long long)min, (unsigned long long)max);
	*ret = value;
	return NULL;
}

struct error *parse_size(const char *s, uint64_t unit, uint64_t *ret)
{
	static const struct {
		char letter;
		unsigned int shift;
	} suffixes[] = { { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 } };
	const char *rest;
	uint64_t value;

	if (!scan_u64(s, &value, &rest))
		goto bad;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if ((*rest & ~0x20) != suffixes[i].letter)
			continue;
		unit = 1ULL << suffixes[i].shift;
		rest++;
		/* "MiB" and "MB" say the same here as "M". */
		if (*rest == 'i')
			rest++;
		if (*rest == 'B')
			rest++;
		break;
	}
	if (*rest || __builtin_mul_overflow(value, unit, ret))
		goto bad;
	return NULL;
bad:
	return error_hint(error_new(ERROR_USAGE, "\"%s\" is not a size", s),
			  "write it as 512M or 2G");
}

struct error *parse_duration(const char *s, uint64_t *ret_ms)
{
	static const struct {
		const char *suffix;
		double ms;
	} units[] = {
		{ "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "m", 60e3 }, { "h", 3600e3 }
	};
	double value;
	char *end;

	errno = 0;
	value = strtod(s, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		/* A digit first: strtod would take "inf", "nan" and signs. */
		if (errno || *s < '0' || *s > '9' || !streq(end, units[i].suffix))
			continue;
		if (value * units[i].ms > 1e15)
			break;
		*ret_ms = (uint64_t)(value * units[i].ms + 0.5);
		return NULL;
	}
	return error_hint(error_new(ERROR_USAGE, "\"%s\" is not a duration", s),
			  "write seconds, or 500ms, 10s, 2m, 1h");
}
